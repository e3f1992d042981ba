"""Kill -9 of each child in the middle of a project: it completes, and nothing is paid twice.

One stack and one project; each test goes on where the one before left it.
"""

import os
import signal
import sqlite3
from collections import Counter
from typing import Any

import pytest

from musicapp_pipeline_tests.api.waiting import until
from musicapp_pipeline_tests.songs import click_song
from musicapp_pipeline_tests.supervisor.stack import CHILDREN, Stack, children, has_ended, running

pytestmark = pytest.mark.full
TAKES = 2


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill")
    with running(folder) as made:
        yield made


@pytest.fixture(scope="module")
def at(stack: Stack) -> str:
    return project(stack, 0)


def project(stack: Stack, seed: int) -> str:
    """A new one, with a song of its own; where it is."""
    song = click_song(stack.folder / f"song{seed}.wav", seconds=9, seed=seed)
    upload = stack.http.post("/api/uploads", files={"file": song.open("rb")}).json()
    body = {"title": "Kill", "audioUrl": upload["url"], "clipSeconds": 4, "budgetCapUsd": 10}
    return f"/api/projects/{stack.post('/api/projects', json=body)['id']}"


def hearing(stack: Stack, at: str) -> dict[str, Any] | None:
    """A job in the hands of the worker, which is stopped; None if it was done already."""
    job_id = stack.post(f"{at}/storyboard/generate")["jobId"]
    stack.until(lambda: stack.get(f"/api/jobs/{job_id}"), lambda job: job["status"] != "queued")
    worker = stack.pid("worker")
    assert worker is not None
    os.kill(worker, signal.SIGSTOP)
    job: dict[str, Any] = stack.get(f"/api/jobs/{job_id}")
    if job["status"] == "running":
        return job
    os.kill(worker, signal.SIGCONT)
    return None


def test_a_job_whose_worker_died_is_taken_up_by_the_next_one(stack: Stack, at: str) -> None:
    tried = (place for seed in range(10) for place in [at if seed == 0 else project(stack, seed)])
    begun = next(job for place in tried if (job := hearing(stack, place)) is not None)
    stack.kill("worker")
    job = stack.job(begun["id"])
    assert (job["status"], job["error"]) == ("completed", None)
    assert job["runId"] != begun["runId"]
    assert stack.get(f"{at}/scenes")


def test_generation_outlives_every_process(stack: Stack, at: str) -> None:
    pids = {name: stack.pid(name) for name in CHILDREN}
    body = {"sceneIds": [s["id"] for s in stack.get(f"{at}/scenes")], "numTakes": TAKES}
    made = stack.post(f"{at}/generate", json=body)
    stack.until(
        lambda: stack.get(f"{at}/jobs?type=generate_scene"),
        lambda jobs: any(job["status"] != "queued" for job in jobs),
    )
    for name in ("api", "web", "code", "daemon"):
        stack.kill(name)
    stack.until(
        lambda: stack.get(f"{at}/jobs?type=generate_scene"),
        lambda jobs: any(job["runId"] for job in jobs),
    )
    stack.kill("worker")
    for name in CHILDREN:
        stack.wait_until_replaced(name, pids[name])
    ended = [stack.job(job_id) for job_id in made["jobIds"]]
    assert [job["error"] for job in ended if job["status"] != "completed"] == []


def test_an_answer_that_was_lost_is_asked_for_again(stack: Stack, at: str) -> None:
    """The API dies with a request in it; the same key afterwards makes one thing."""
    scene = stack.get(f"{at}/scenes")[0]["id"]
    before = len(stack.get(f"{at}/scenes/{scene}/versions"))
    killed = []

    def kill_once(_request: object) -> None:
        if not killed:
            killed.append("api")
            stack.kill("api")

    stack.http.event_hooks["request"] = [kill_once]
    made = stack.post(f"{at}/scenes/{scene}/generate")
    stack.http.event_hooks["request"] = []
    assert stack.job(made["jobIds"][0])["status"] == "completed"
    assert len(stack.get(f"{at}/scenes/{scene}/versions")) == before + 1


def test_an_export_outlives_its_worker_and_the_code_server(stack: Stack, at: str) -> None:
    made = stack.post(f"{at}/export", json={"formats": ["mp4", "webm"], "autoSelect": True})
    stack.until(
        lambda: stack.get(f"/api/jobs/{made['jobId']}"), lambda job: job["status"] != "queued"
    )
    for name in ("worker", "code"):
        stack.kill(name)
    job = stack.job(made["jobId"])
    assert job["status"] == "completed", job
    assert {r["format"] for r in job["result"]["renditions"]} == {"mp4", "webm"}
    for rendition in job["result"]["renditions"]:
        assert stack.http.get(rendition["url"]).status_code == 200


def test_nothing_was_paid_twice_and_nothing_is_left_over(stack: Stack, at: str) -> None:
    scenes = stack.get(f"{at}/scenes")
    takes = [take for scene in scenes for take in scene["versions"]]
    assert {take["status"] for take in takes} == {"completed"}
    entries = stack.get(f"{at}/costs")["entries"]
    assert Counter(e["kind"] for e in entries) == {"reserve": len(takes), "settle": len(takes)}
    # A folder without its request is what was left of a process that was killed in the middle.
    mock = stack.home / "mock-provider"
    submitted = {folder.name for folder in mock.iterdir() if (folder / "request.json").is_file()}
    asked = {take["soraClipId"] for take in takes}
    assert len(asked) == len(takes)
    assert submitted == asked
    assert {job["status"] for job in stack.get(f"{at}/jobs?limit=100")} == {"completed"}
    with sqlite3.connect(f"file:{stack.home}/musicapp.db?mode=ro", uri=True) as rows:
        beats = "SELECT count(*) FROM run_beats"
        stack.until(lambda: rows.execute(beats).fetchone(), lambda count: count == (0,))


def test_nothing_outlives_a_killed_supervisor(stack: Stack) -> None:
    before = children(stack.process.pid)
    assert len(before) == len(CHILDREN)
    stack.process.kill()
    stack.process.wait()
    until(lambda: [pid for pid in before if not has_ended(pid)], lambda left: not left)
