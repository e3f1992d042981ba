"""What a provider tells by itself, and what a person says about a take in doubt."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt, now
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.steps import planned
from musicapp_pipeline_tests.api.world import World

SECRET = base64.b64encode(b"provider secret 24 bytes").decode()
HOOK = "/api/provider/webhooks"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[World, Api]]:
    world = World(
        tmp_path,
        sora_webhook_secret=SecretStr("whsec_" + SECRET),
        musicapp_api_tokens=(SecretStr("a-token"),),
    )
    with Client(create_app(world.context), headers={"Authorization": "Bearer a-token"}) as client:
        yield world, client.http
    world.database.dispose()


def signed(body: bytes, at: int | None = None) -> dict[str, str]:
    stamp = str(at if at is not None else int(time.time()))
    text = f"wh_1.{stamp}.".encode() + body
    mac = base64.b64encode(hmac.new(base64.b64decode(SECRET), text, hashlib.sha256).digest())
    return {
        "webhook-id": "wh_1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{mac.decode()}",
    }


def in_doubt(api: Api, world: World, state: str) -> tuple[str, str, float]:
    """A take whose attempt is ``state``: its path, its id, its price."""
    at, scenes = planned(api, world)
    scene = scenes[0]
    version = api.post(f"{at}/scenes/{scene['id']}/generate").json()["versions"][0]
    with world.database.write() as session:
        attempt = ledger.attempts_of(session, version["id"])[0]
        ledger.move(session, attempt, "submitting", submitted_at=now())
        if state == "unknown":
            ledger.move(session, attempt, "unknown", next_action_at=None)
        else:
            ledger.move(session, attempt, "submitted", provider_job_id="video_1")
            ledger.move(session, attempt, "stuck", next_action_at=now() + timedelta(hours=1))
        takes.set_status(session, takes.get(session, version["id"]), state)
    return f"{at}/scenes/{scene['id']}/versions/{version['id']}", at, scene["estimatedCostUsd"]


def test_a_signed_webhook_makes_us_look_now(told: tuple[World, Api]) -> None:
    world, api = told
    in_doubt(api, world, "stuck")
    body = json.dumps({"type": "video.completed", "data": {"id": "video_1"}}).encode()
    with Client(api.app) as stranger:
        answer = stranger.http.post(HOOK, content=body, headers=signed(body))
    assert answer.status_code == 204
    with world.database.read() as session:
        attempt = session.scalars(select(GenerationAttempt)).one()
        assert attempt.next_action_at <= now()
        assert attempt.state == "stuck", "what happened is asked of the provider"


def due(world: World) -> datetime:
    with world.database.read() as session:
        moment = session.scalars(select(GenerationAttempt.next_action_at)).one()
        assert moment is not None
        return moment


def test_the_same_webhook_twice_is_one(told: tuple[World, Api]) -> None:
    world, api = told
    in_doubt(api, world, "stuck")
    body = json.dumps({"type": "video.completed", "data": {"id": "video_1"}}).encode()
    assert api.post(HOOK, content=body, headers=signed(body)).status_code == 204
    first = due(world)
    assert api.post(HOOK, content=body, headers=signed(body)).status_code == 204
    assert due(world) == first


def test_a_webhook_does_not_hurry_the_next_download(told: tuple[World, Api]) -> None:
    """Each round of downloads that fails brings the clip nearer to being given up."""
    world, api = told
    in_doubt(api, world, "stuck")
    later = now() + timedelta(minutes=20)
    with world.database.write() as session:
        attempt = session.scalars(select(GenerationAttempt)).one()
        ledger.spend(session, attempt)
        ledger.move(session, attempt, "completed", next_action_at=later)
    body = json.dumps({"type": "video.completed", "data": {"id": "video_1"}}).encode()
    assert api.post(HOOK, content=body, headers=signed(body)).status_code == 204
    assert due(world) == later


@pytest.mark.parametrize("wrong", ["body", "age", "headers"])
def test_an_unsigned_webhook_is_refused(told: tuple[World, Api], wrong: str) -> None:
    _, api = told
    body = b'{"type": "video.completed", "data": {"id": "video_1"}}'
    headers = signed(body, int(time.time()) - 4000 if wrong == "age" else None)
    sent = body.replace(b"video_1", b"video_2") if wrong == "body" else body
    answer = api.post(HOOK, content=sent, headers={} if wrong == "headers" else headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_webhook"


def test_without_a_secret_no_webhook_is_taken(api: Api) -> None:
    assert api.post(HOOK, content=b"{}").status_code == 403


def test_a_take_in_doubt_holds_its_money_until_somebody_knows(api: Api, world: World) -> None:
    here, at, price = in_doubt(api, world, "unknown")
    assert api.get(here).json()["status"] == "unknown"
    assert api.get(at).json()["heldUsd"] == pytest.approx(price)
    answer = api.post(f"{here}/resolve", json={"outcome": "not_charged", "note": "checked"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "failed"
    project = api.get(at).json()
    assert (project["heldUsd"], project["actualCostUsd"]) == (0, 0)
    again = api.post(f"{here}/resolve", json={"outcome": "not_charged"})
    assert again.status_code == 409


def test_a_take_that_was_charged_and_lost_is_booked(api: Api, world: World) -> None:
    here, at, price = in_doubt(api, world, "stuck")
    assert api.post(f"{here}/resolve", json={"outcome": "charged"}).status_code == 200
    assert api.get(at).json()["actualCostUsd"] == pytest.approx(price)


def test_a_job_found_in_the_console_is_attached(api: Api, world: World) -> None:
    here, at, price = in_doubt(api, world, "unknown")
    body = {"outcome": "attach", "soraClipId": "video_found"}
    answer = api.post(f"{here}/resolve", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["soraClipId"] == "video_found"
    assert answer.json()["status"] == "generating"
    assert api.get(at).json()["heldUsd"] == pytest.approx(price)


def test_a_paid_clip_that_was_given_up_is_fetched_again(api: Api, world: World) -> None:
    here, at, price = in_doubt(api, world, "stuck")
    assert api.post(f"{here}/resolve", json={"outcome": "fetch_again"}).status_code == 409
    assert api.post(f"{here}/resolve", json={"outcome": "charged"}).status_code == 200
    answer = api.post(f"{here}/resolve", json={"outcome": "fetch_again"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "generating"
    project = api.get(at).json()
    assert (project["actualCostUsd"], project["heldUsd"]) == (pytest.approx(price), 0)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "perhaps"},
        {"outcome": "attach"},
        {"outcome": "charged", "soraClipId": "video_1"},
    ],
)
def test_a_resolution_says_what_is_true(api: Api, world: World, body: dict) -> None:
    here, _, _ = in_doubt(api, world, "unknown")
    assert api.post(f"{here}/resolve", json=body).status_code == 422
