"""Live events: over a real server, resumed where they broke off, nothing lost."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.api.events import endpoints
from musicapp_pipeline.api.events.hub import Hub, Tail
from musicapp_pipeline.store import events, projects
from musicapp_pipeline.store.models import ProjectEvent
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.serving import running
from musicapp_pipeline_tests.api.steps import new_project
from musicapp_pipeline_tests.api.world import World


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[World, httpx.Client]]:
    world = World(tmp_path)
    with (
        running(create_app(world.context)) as url,
        httpx.Client(base_url=url, timeout=600, trust_env=False) as client,
    ):
        yield world, client
    world.database.dispose()


def read(lines: Iterator[str]) -> dict[str, str]:
    """The next event."""
    event: dict[str, str] = {}
    for line in lines:
        if not line and "data" in event:
            return event
        name, _, value = line.partition(": ")
        if name:
            event[name] = value
    raise AssertionError("the stream ended")


def test_changes_arrive_as_they_happen_and_go_on_after_a_break(
    server: tuple[World, httpx.Client],
) -> None:
    _, client = server
    body = {"title": "T", "audioUrl": "s3://bucket/a.mp3"}
    project = client.post("/api/projects", json=body).json()
    at = f"/api/projects/{project['id']}"
    with client.stream("GET", project["eventsUrl"], timeout=600) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == ": connected"
        job_id = client.post(f"{at}/storyboard/generate").json()["jobId"]
        event = read(lines)
        assert event["event"] == "job"
        told = json.loads(event["data"])
        assert (told["id"], told["status"], told["type"]) == (job_id, "queued", "analyze_audio")
        last = event["id"]
    client.post(f"/api/jobs/{job_id}/cancel")
    client.put(at, json={"title": "U"})
    headers = {"Last-Event-ID": last}
    with client.stream("GET", project["eventsUrl"], headers=headers, timeout=600) as stream:
        lines = stream.iter_lines()
        missed = [read(lines), read(lines)]
    assert [e["event"] for e in missed] == ["job", "project"]
    assert json.loads(missed[0]["data"])["status"] == "cancelled"


def test_a_comment_keeps_the_connection_open(
    server: tuple[World, httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "HEARTBEAT", 1)
    _, client = server
    body = {"title": "T", "audioUrl": "s3://bucket/a.mp3"}
    project = client.post("/api/projects", json=body).json()
    with client.stream("GET", project["eventsUrl"], timeout=600) as stream:
        comments = (line for line in stream.iter_lines() if line.startswith(": "))
        assert next(comments) == ": connected"
        assert next(comments).startswith(": ping")


@pytest.mark.parametrize("other", ["999999999", "-1", "e-4711", "²"])
def test_an_event_nobody_can_have_seen_is_none(
    server: tuple[World, httpx.Client], other: str
) -> None:
    """Of another database, for example: whatever happens from now on is heard all the same."""
    _, client = server
    body = {"title": "T", "audioUrl": "s3://bucket/a.mp3"}
    project = client.post("/api/projects", json=body).json()
    headers = {"Last-Event-ID": other.encode()}
    with client.stream("GET", project["eventsUrl"], headers=headers, timeout=600) as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": connected"
        client.put(f"/api/projects/{project['id']}", json={"seed": 1})
        assert read(lines)["event"] == "project"


def test_what_was_can_be_read_without_following(api: Api) -> None:
    project = new_project(api)
    at = f"/api/projects/{project['id']}"
    api.put(at, json={"title": "U"})
    answer = api.get(f"{at}/events?follow=false")
    ids = [int(x.partition(": ")[2]) for x in answer.text.splitlines() if x.startswith("id: ")]
    assert len(ids) == 2
    later = api.get(f"{at}/events?follow=false", headers={"Last-Event-ID": str(ids[0])})
    assert [x for x in later.text.splitlines() if x.startswith("id: ")] == [f"id: {ids[1]}"]


def test_events_of_other_projects_and_unknown_ones_are_not_told(api: Api) -> None:
    first, second = new_project(api), new_project(api)
    api.put(f"/api/projects/{second['id']}", json={"title": "U"})
    told = api.get(f"/api/projects/{first['id']}/events?follow=false").text
    assert told.count("event: ") == 1
    assert api.get("/api/projects/nobody/events").status_code == 404
    strange = api.get(
        f"/api/projects/{first['id']}/events?follow=false", headers={"Last-Event-ID": "x"}
    )
    assert "event: " not in strange.text


def test_a_number_that_appears_late_is_still_told(world: World) -> None:
    """As on PostgreSQL, where a lower number may commit after a higher one."""
    with world.database.write() as session:
        new = projects.NewProject(title="T", audio_url="s3://bucket/a.mp3")
        project_id = projects.create(session, new).id
    tail = Tail(world.database)
    assert tail.read() == []

    def add(number: int) -> None:
        with world.database.write() as session:
            session.add(ProjectEvent(id=number, project_id=project_id, kind="scene", payload={}))

    add(10)
    assert [c.id for c in tail.read()] == [10]
    add(9)
    add(11)
    assert [c.id for c in tail.read()] == [9, 11]
    assert tail.read() == []


def test_many_changes_at_once_reach_every_listener_in_order(world: World) -> None:
    with world.database.write() as session:
        new = projects.NewProject(title="T", audio_url="s3://bucket/a.mp3")
        project_id = projects.create(session, new).id

    def write() -> None:
        for n in range(40):
            with world.database.write() as session:
                events.tell(session, project_id, "scene", n=n)

    async def listen(hub: Hub) -> list[int]:
        heard: list[int] = []
        async for change in hub.listen(project_id, None):
            heard.append(change.payload["n"])
            if len(heard) == 40:
                break
        return heard

    async def scenario() -> list[list[int]]:
        hub = Hub(world.database)
        listeners = [asyncio.create_task(listen(hub)) for _ in range(3)]
        while len(hub._listeners[project_id]) < 3:
            await asyncio.sleep(0.01)
        threading.Thread(target=write).start()
        async with asyncio.timeout(600):
            heard = await asyncio.gather(*listeners)
        await hub.close()
        return list(heard)

    assert asyncio.run(scenario()) == [list(range(40))] * 3


def test_what_happened_is_told_whole_however_much_it_was(api: Api, world: World) -> None:
    project = new_project(api)
    with world.database.write() as session:
        for n in range(2500):
            events.tell(session, project["id"], "scene", id=f"s-{n}")
    answer = api.get(f"{project['eventsUrl']}?follow=false")
    told = [json.loads(line[6:])["id"] for line in answer.text.splitlines() if line[:6] == "data: "]
    assert told[-2500:] == [f"s-{n}" for n in range(2500)]
