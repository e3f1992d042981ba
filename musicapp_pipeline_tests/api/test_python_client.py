"""The typed client says what the facade says, and never pays for a lost answer twice."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from musicapp_pipeline.api.client import Client, JobFailed, Refused
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import wav
from musicapp_pipeline_tests.api.world import World


@pytest.fixture
def sdk(api: Api) -> Client:
    return Client(http=api)


def test_a_song_becomes_a_video(sdk: Client, world: World, tmp_path: Path) -> None:
    world.launcher.work = world.work
    (tmp_path / "song.wav").write_bytes(wav())
    song = sdk.upload(tmp_path / "song.wav")
    project = sdk.create_project({"title": "T", "audioUrl": song.url, "budgetCapUsd": 25})
    face = sdk.create_character(project.id, {"name": "TZELEM", "isPrimary": True})
    assert face.name == "TZELEM"
    assert sdk.wait(sdk.generate_storyboard(project.id).job_id).status == "completed"
    assert sdk.timeline(project.id).bpm == sdk.storyboard(project.id).beat_grid.bpm == 120
    scenes = sdk.scenes(project.id)
    assert sdk.update_scene(project.id, scenes[0].id, {"mood": "calm"}).mood == "calm"
    estimate = sdk.estimate(project.id)
    made = sdk.generate(project.id)
    assert made.reserved_usd == pytest.approx(estimate.reserved_usd)
    world.complete_takes(project.id)
    sdk.wait(*made.job_ids)
    first = sdk.scenes(project.id)[0]
    take = first.versions[0]
    again = sdk.remix(project.id, first.id, take.id, "tighter")
    more = sdk.generate_scene(project.id, first.id, takes=2)
    assert [v.take for v in (again.version, *more.versions)] == [2, 3, 4]
    assert sdk.cancel(again.job_id).status == "cancelled"
    assert sdk.score(project.id, first.id, take.id, {"userScore": 4.5}).user_score == 4.5
    assert sdk.select(project.id, first.id, take.id).is_selected
    world.complete_takes(project.id)
    sdk.wait(sdk.export(project.id, {"autoSelect": True}).job_id)
    assert [p.id for p in sdk.projects()] == [project.id]
    assert [e.stale for e in sdk.exports(project.id)] == [False]
    singing = next(s for s in scenes if s.scene_type == "performance")
    sung = sdk.scenes(project.id)[singing.order - 1].versions[0]
    assert sdk.prompt_diff(project.id, singing.id, sung.id).summary == []
    assert sdk.nudge_lips(project.id, singing.id, sung.id, {"offsetMs": -40}).job.held_usd == 0
    assert sdk.lip_sync(project.id, singing.id, sung.id).nudges.offset_ms == -40
    assert sdk.project(project.id).actual_cost_usd == sdk.costs(project.id).actual_cost_usd > 0
    assert take.url is not None
    assert sdk.download(take.url, tmp_path / "take.mp4").stat().st_size > 0


def test_a_refusal_carries_the_problem(sdk: Client) -> None:
    with pytest.raises(Refused) as refused:
        sdk.create_project({"title": ""})
    assert refused.value.problem.status == 422
    assert {e.field for e in refused.value.problem.errors} >= {"title", "audioUrl"}


def test_waiting_for_a_job_that_ends_badly_says_so(sdk: Client, world: World) -> None:
    project = sdk.create_project({"title": "T", "audioUrl": "s3://bucket/a.mp3"})
    job_id = sdk.generate_storyboard(project.id).job_id
    sdk.cancel(job_id)
    with pytest.raises(JobFailed) as failed:
        sdk.wait(job_id)
    assert failed.value.job.status == "cancelled"


def test_a_lost_answer_is_asked_for_with_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicapp_pipeline.api.client.time.sleep", lambda _s: None)
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) < 3:
            raise httpx.ReadError("gone")
        return httpx.Response(200, json={})

    sdk = Client(http=_talking_to(answer))
    sdk.request("POST", "/api/projects", json={})
    sdk.request("POST", "/api/projects", json={})
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_an_answer_of_something_in_between_is_still_a_refusal() -> None:
    sdk = Client(http=_talking_to(lambda _r: httpx.Response(502, text="bad gateway")))
    with pytest.raises(Refused, match="bad gateway"):
        sdk.job("job-1")


def _talking_to(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://facade")
