"""``Idempotency-Key``: replayed and concurrent requests create one thing."""

import threading
from typing import Any

import pytest

from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, new_project, planned, png
from musicapp_pipeline_tests.api.world import World

PROJECT = {"title": "T", "audioUrl": "s3://bucket/a.mp3"}


def test_the_same_key_and_body_replays_the_first_answer(api: Api) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = api.post("/api/projects", json=PROJECT, headers=headers)
    again = api.post("/api/projects", json=PROJECT, headers=headers)
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(api.get("/api/projects").json()) == 1


def test_another_body_with_the_same_key_is_422(api: Api) -> None:
    headers = {"Idempotency-Key": "k1"}
    api.post("/api/projects", json=PROJECT, headers=headers)
    other = api.post("/api/projects", json={**PROJECT, "title": "U"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"


def test_without_a_key_repetitions_are_separate(api: Api) -> None:
    for _ in range(2):
        api.post("/api/projects", json=PROJECT)
    assert len(api.get("/api/projects").json()) == 2


def test_keys_are_scoped_to_the_route(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    headers = {"Idempotency-Key": "same"}
    jobs = [
        api.post(f"{at}/scenes/{s['id']}/generate", headers=headers).json()["jobIds"][0]
        for s in scenes[:2]
    ]
    assert jobs[0] != jobs[1]


def test_a_refused_request_may_be_repeated_with_the_same_key(api: Api, world: World) -> None:
    at, scenes = planned(api, world, budgetCapUsd=0)
    here, headers = f"{at}/scenes/{scenes[0]['id']}/generate", {"Idempotency-Key": "k"}
    assert api.post(here, headers=headers).status_code == 402
    api.put(at, json={"budgetCapUsd": 10})
    assert api.post(here, headers=headers).status_code == 202
    assert len(api.get(f"{at}/jobs").json()) == 1


@pytest.mark.parametrize("count", [8])
def test_concurrent_requests_with_one_key_create_one_thing(
    api: Api, world: World, count: int
) -> None:
    at, scenes = planned(api, world)
    answers: list[Any] = []
    start = threading.Barrier(count)

    def ask() -> None:
        start.wait()
        answers.append(
            api.post(
                f"{at}/scenes/{scenes[0]['id']}/generate",
                json={"numTakes": 2},
                headers={"Idempotency-Key": "double click"[:6]},
            )
        )

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} <= {202, 409}
    told = {tuple(a.json()["jobIds"]) for a in answers if a.status_code == 202}
    assert len(told) == 1
    assert len(api.get(f"{at}/scenes/{scenes[0]['id']}/versions").json()) == 2


def test_every_post_that_creates_or_spends_is_replayed(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = f"{at}/scenes/{scenes[0]['id']}"
    version = generated(api, world, at, scenes[0]["id"])[0]
    singing = next(s for s in scenes if s["sceneType"] == "performance")
    sung = generated(api, world, at, singing["id"])[0]
    long = max(scenes[1:], key=lambda s: s["endTime"] - s["startTime"])
    wanted: list[tuple[str, Any]] = [
        (f"{at}/characters", {"name": "A"}),
        (f"{at}/storyboard/generate", None),
        (f"{scene}/generate", {"numTakes": 1}),
        (f"{at}/generate", None),
        (f"{scene}/remix", {"versionId": version["id"], "revisedPrompt": "x"}),
        (f"{scene}/versions", {"url": "https://no-such-host.invalid/a.mp4"}),
        (f"{at}/scenes/{singing['id']}/versions/{sung['id']}/lip-sync", {"offsetMs": 10}),
        ("/api/webhooks", {"url": "https://example.org/hook"}),
    ]
    for n, (url, body) in enumerate(wanted):
        headers = {"Idempotency-Key": f"key-{n}"}
        first = api.post(url, json=body, headers=headers)
        again = api.post(url, json=body, headers=headers)
        assert first.status_code in (200, 201, 202), (url, first.text)
        assert again.json() == first.json(), url
        assert again.headers["idempotency-replayed"] == "true", url
    world.complete_takes(at.rpartition("/")[2])
    for url, body in (
        (f"{at}/export", {"autoSelect": True}),
        (f"{at}/scenes/{long['id']}/split", {}),
    ):
        headers = {"Idempotency-Key": "last"}
        first = api.post(url, json=body, headers=headers)
        assert first.status_code in (201, 202), first.text
        assert api.post(url, json=body, headers=headers).json() == first.json(), url


def test_an_upload_is_kept_once(api: Api, world: World) -> None:
    headers = {"Idempotency-Key": "up"}
    answers = [
        api.post("/api/uploads", files={"file": ("a.png", png())}, headers=headers)
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert api.get(answers[0].json()["url"]).status_code == 200
    kept = [p for p in (world.media.root / "uploads").iterdir() if p.is_file()]
    assert len(kept) == 1
    other = api.post("/api/uploads", files={"file": ("a.png", png(9, 9))}, headers=headers)
    assert other.status_code == 422


@pytest.mark.parametrize("key", ["", "x" * 256, "with blank", "ümlaut"])
def test_a_key_is_short_and_plain(api: Api, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    assert api.post("/api/projects", json=PROJECT, headers=headers).status_code == 422


def test_a_replay_launches_nothing(api: Api, world: World) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    for _ in range(3):
        api.post(f"{at}/storyboard/generate", headers={"Idempotency-Key": "k"})
    assert len(world.launcher.launched) == 1
