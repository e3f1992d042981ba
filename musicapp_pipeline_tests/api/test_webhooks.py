"""Outbound webhooks: signed, repeated with pauses, the same id each time."""

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.api.webhooks import outbox, sender
from musicapp_pipeline.store.models import Project, WebhookDelivery, WebhookEndpoint, now
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.serving import Receiver, receiving
from musicapp_pipeline_tests.api.steps import generated, planned
from musicapp_pipeline_tests.api.waiting import until
from musicapp_pipeline_tests.api.world import World


@pytest.fixture
def hooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[World, Api, Receiver]]:
    monkeypatch.setattr(sender, "TICK", 0.02)
    world = World(tmp_path, musicapp_allow_private_urls=True)
    with receiving() as receiver, Client(create_app(world.context)) as client:
        until(lambda: position(world), lambda p: p is not None)
        yield world, client.http, receiver
    world.database.dispose()


def position(world: World) -> int | None:
    from musicapp_pipeline.store.models import EventCursor

    with world.database.read() as session:
        row = session.get(EventCursor, outbox.READER)
        return row.position if row else None


def deliveries(api: Api, hook: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/api/webhooks/{hook['id']}/deliveries").json()
    return found


def test_an_ended_job_is_told_once_and_signed(hooked: tuple[World, Api, Receiver]) -> None:
    world, api, receiver = hooked
    hook = api.post("/api/webhooks", json={"url": receiver.url}).json()
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"])
    until(lambda: deliveries(api, hook), lambda d: d and d[0]["state"] == "delivered")
    assert len(receiver.seen) == 1
    headers, body = receiver.seen[0]
    key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    told = json.loads(body)
    assert told["type"] == "job.completed"
    assert told["data"]["sceneId"] == scenes[0]["id"]
    assert deliveries(api, hook)[0]["eventId"] == headers["webhook-id"]


def test_a_failed_delivery_is_repeated_with_the_same_id(
    hooked: tuple[World, Api, Receiver],
) -> None:
    world, api, receiver = hooked
    receiver.answers = [500, 503]
    hook = api.post("/api/webhooks", json={"url": receiver.url}).json()
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"])
    done = until(lambda: deliveries(api, hook), lambda d: d and d[0]["state"] == "delivered")
    assert done[0]["tries"] == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.seen}) == 1
    assert len(receiver.seen) == 3


def test_it_is_given_up_after_the_last_try_and_says_why(
    hooked: tuple[World, Api, Receiver],
) -> None:
    world, api, receiver = hooked
    receiver.answers = [500] * 10
    hook = api.post("/api/webhooks", json={"url": receiver.url}).json()
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"])
    ended = until(lambda: deliveries(api, hook), lambda d: d and d[0]["state"] == "given_up")
    assert ended[0]["problem"] == "answered 500"
    assert ended[0]["tries"] == 3


def test_a_receiver_that_is_gone_is_switched_off(hooked: tuple[World, Api, Receiver]) -> None:
    world, api, receiver = hooked
    receiver.answers = [410]
    hook = api.post("/api/webhooks", json={"url": receiver.url}).json()
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"])
    shown = until(lambda: api.get(f"/api/webhooks/{hook['id']}").json(), lambda h: not h["active"])
    assert "410" in shown["problem"]


def test_only_the_events_that_were_asked_for_are_told(
    hooked: tuple[World, Api, Receiver],
) -> None:
    world, api, receiver = hooked
    body = {"url": receiver.url, "events": ["job.cancelled"]}
    hook = api.post("/api/webhooks", json=body).json()
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"])
    job_id = api.post(f"{at}/storyboard/generate").json()["jobId"]
    api.post(f"/api/jobs/{job_id}/cancel")
    until(lambda: deliveries(api, hook), lambda d: d and d[0]["state"] == "delivered")
    assert [json.loads(body)["type"] for _, body in receiver.seen] == ["job.cancelled"]


def test_a_silent_endpoint_delays_nobody_else(
    hooked: tuple[World, Api, Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TIMEOUT", 60.0)
    world, api, receiver = hooked
    with socket.create_server(("127.0.0.1", 0)) as silent:
        deaf = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        quiet = [api.post("/api/webhooks", json={"url": deaf}).json() for _ in range(3)]
        hook = api.post("/api/webhooks", json={"url": receiver.url}).json()
        at, scenes = planned(api, world)
        for scene in scenes[:3]:
            generated(api, world, at, scene["id"])
        until(
            lambda: [d["state"] for d in deliveries(api, hook)],
            lambda states: states == ["delivered"] * 3,
        )
        waiting = [d for one in quiet for d in deliveries(api, one)]
        assert [(d["state"], d["tries"]) for d in waiting] == [("waiting", 0)] * 9
    # Closed now: the tries under way end.


def test_an_endpoint_that_did_not_answer_is_left_alone_with_all_it_is_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as idle:
        # The application's own sender would still be at it when this test's begins.
        idle.setattr(sender.WebhookSender, "_lease", lambda *_: [])
        with Client(create_app(world.context)) as client:
            api = client.http
            hook = api.post("/api/webhooks", json={"url": "https://example.org/h"}).json()
            at, scenes = planned(api, world)
            for scene in scenes[:3]:
                generated(api, world, at, scene["id"])
            until(lambda: outbox.collect(world.database), lambda read: read == 0)
    sending = sender.WebhookSender(world.database, world.settings, [300.0, 600.0])
    with world.database.write() as session:
        session.execute(update(WebhookDelivery).values(next_try_at=now(), state="waiting", tries=0))
    [turn] = sending._lease(())
    assert sending._lease({hook["id"]}) == [], "one try at a time"
    monkeypatch.setattr(sending, "_send", lambda _turn: (None, "no answer"))
    sending._try(turn)
    assert sending._lease(()) == []
    with world.database.read() as session:
        rows = list(session.scalars(select(WebhookDelivery)))
    assert len(rows) == 3
    assert all(row.next_try_at and row.next_try_at > now() + timedelta(seconds=290) for row in rows)


@pytest.mark.parametrize(
    ("endpoint", "project", "adopter", "hears"),
    [
        ("", "", "", True),
        ("", "alice", "", True),
        ("bob", "", "", False),
        ("alice", "", "alice", True),
        ("", "alice", "alice", True),
        ("", "bob", "alice", False),
        ("bob", "", "alice", False),
        ("bob", "alice", "alice", False),
        ("bob", "bob", "alice", True),
    ],
)
def test_a_webhook_hears_what_its_owner_owns(
    endpoint: str, project: str, adopter: str, hears: bool
) -> None:
    listens = WebhookEndpoint(owner=endpoint)
    assert outbox._hears(listens, Project(owner=project), adopter) is hears


def test_reading_the_events_twice_tells_nothing_twice(world: World) -> None:
    with Client(create_app(world.context)) as client:
        hook = client.http.post("/api/webhooks", json={"url": "https://example.org/h"}).json()
        outbox.collect(world.database)
        at, scenes = planned(client.http, world)
        generated(client.http, world, at, scenes[0]["id"])
        outbox.collect(world.database)
        first = deliveries(client.http, hook)
        with world.database.write() as session:
            from musicapp_pipeline.store.models import EventCursor

            cursor = session.get(EventCursor, outbox.READER)
            assert cursor is not None
            cursor.position -= 3
        outbox.collect(world.database)
        assert [d["id"] for d in deliveries(client.http, hook)] == [d["id"] for d in first]
        assert len(first) == 1


@pytest.mark.parametrize(
    "url", ["http://example.org/hook", "https://127.0.0.1/hook", "s3://bucket/hook", "nonsense"]
)
def test_webhooks_go_only_to_public_addresses(api: Api, url: str) -> None:
    assert api.post("/api/webhooks", json={"url": url}).status_code == 422


def test_a_webhook_is_listed_and_deleted(api: Api) -> None:
    hook = api.post("/api/webhooks", json={"url": "https://example.org/h"}).json()
    assert [h["id"] for h in api.get("/api/webhooks").json()] == [hook["id"]]
    assert api.delete(f"/api/webhooks/{hook['id']}").status_code == 204
    assert api.get("/api/webhooks").json() == []
    assert api.get(f"/api/webhooks/{hook['id']}").status_code == 404


def test_the_first_token_hears_of_projects_from_before_there_were_tokens(tmp_path: Path) -> None:
    tokens = (SecretStr("alice-secret-token"), SecretStr("bob-secret-token"))
    world = World(tmp_path, musicapp_api_tokens=tokens)
    sending = sender.WebhookSender(world.database, world.settings, [])
    with Client(create_app(world.context)) as client:
        for token in tokens:
            headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
            body = {"url": "https://example.org/h"}
            assert client.http.post("/api/webhooks", json=body, headers=headers).is_success
    with world.database.read() as session:
        hooks = session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.created_at))
        heard = [outbox._hears(hook, Project(owner=""), sending._adopter) for hook in hooks]
    assert heard == [True, False]
    world.database.dispose()
