"""What was made and is no longer what would be made now is shown as such."""

from typing import Any

import pytest

from musicapp_pipeline.api.projects.freshness import FINAL_CUT as FINAL_CUT_HERE
from musicapp_pipeline.api.projects.freshness import SONG as SONG_HERE
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.final import renditions
from musicapp_pipeline.defs.stages import FINAL_CUT, SONG
from musicapp_pipeline.store import artifacts, jobs, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Export, SceneVersion
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, new_project, planned
from musicapp_pipeline_tests.api.world import World


def hear(world: World, project_id: str) -> None:
    """What the song's stage notes."""
    bench = Workbench(world.settings, world.database, world.media)
    with world.database.write() as session:
        print_ = SONG.fingerprint(session, bench, project_id)
        artifacts.put(session, "song", project_id, print_, Made("song-1"), None)


def export(api: Api, world: World, at: str, **options: Any) -> str:
    """An export with all that its stages note; they are asked for their own fingerprints."""
    project_id = at.rpartition("/")[2]
    bench = Workbench(world.settings, world.database, world.media)
    queued = api.post(f"{at}/export", json=options).json()
    with world.database.write() as session:
        print_ = FINAL_CUT.fingerprint(session, bench, project_id)
        made = Made(f"video-of-{print_}")
        artifacts.put(session, "final_cut", project_id, print_, made, None)
        session.flush()
        row = session.get(Export, queued["export"]["id"])
        assert row is not None
        row.fingerprint = artifacts.fingerprint(renditions.inputs(session, bench, project_id))
        jobs.claim(session, queued["jobId"], "r")
        jobs.finish(session, queued["jobId"], "completed", result={})
    return str(queued["export"]["id"])


@pytest.fixture
def cut(api: Api, world: World) -> tuple[str, list[dict[str, Any]]]:
    """A project all of whose scenes have two takes, of which the first is selected."""
    at, scenes = planned(api, world)
    hear(world, at.rpartition("/")[2])
    for scene in scenes:
        first, second = generated(api, world, at, scene["id"], takes=2)
        api.post(f"{at}/scenes/{scene['id']}/versions/{first['id']}/select")
        scene |= {"first": first["id"], "second": second["id"]}
    return at, scenes


def stale(api: Api, at: str) -> list[bool]:
    return [e["stale"] for e in api.get(f"{at}/exports").json()]


def test_names_and_versions_are_those_of_the_stages() -> None:
    assert (SONG.name, SONG.version) == SONG_HERE
    assert (FINAL_CUT.name, FINAL_CUT.version) == FINAL_CUT_HERE


def test_choosing_another_take_makes_the_export_stale_until_it_is_chosen_back(
    api: Api, world: World, cut: tuple[str, list[dict[str, Any]]]
) -> None:
    at, scenes = cut
    made = export(api, world, at)
    fresh = api.get(at).json()
    assert (fresh["progress"]["stage"], fresh["progress"]["fraction"]) == ("done", 1.0)
    assert stale(api, at) == [False]
    scene = f"{at}/scenes/{scenes[0]['id']}/versions"
    api.post(f"{scene}/{scenes[0]['second']}/select")
    shown = api.get(at).json()
    assert shown["progress"]["stage"] == "export"
    assert shown["progress"]["stages"]["export"] == "pending"
    assert shown["progress"]["fraction"] == pytest.approx(0.85)
    assert any("export again" in w for w in shown["warnings"])
    assert api.get("/api/projects").json()[0]["progress"] == shown["progress"]
    assert stale(api, at) == [True]
    assert api.get(f"{at}/exports/{made}").json()["stale"] is True
    api.post(f"{scene}/{scenes[0]['first']}/select")
    assert api.get(at).json()["progress"] == fresh["progress"]
    assert stale(api, at) == [False]


def test_an_export_of_what_is_there_now_is_fresh_and_the_former_stale(
    api: Api, world: World, cut: tuple[str, list[dict[str, Any]]]
) -> None:
    at, scenes = cut
    export(api, world, at)
    api.post(f"{at}/scenes/{scenes[0]['id']}/versions/{scenes[0]['second']}/select")
    export(api, world, at, includeSubtitles=True)
    assert stale(api, at) == [False, True]
    line = {"text": "other words", "startTime": 1, "endTime": 2}
    api.put(f"{at}/storyboard", json={"lyricsData": [line]})
    assert stale(api, at) == [True, True], "subtitles are part of the picture"


def test_whatever_the_stage_would_make_anew_is_seen(
    api: Api, world: World, cut: tuple[str, list[dict[str, Any]]]
) -> None:
    at, scenes = cut
    export(api, world, at)
    with world.database.write() as session:
        version = takes.get(session, scenes[0]["first"])
        version.lip_sync = {"applied": True, "key": "projects/x/lips.mp4"}
    assert stale(api, at) == [True]
    bench = Workbench(world.settings, world.database, world.media)
    with world.database.write() as session:
        session.get(SceneVersion, scenes[0]["first"]).lip_sync = None
    assert stale(api, at) == [False]
    with world.database.write() as session:
        session.get(SceneVersion, scenes[0]["first"]).mezzanine = None
        project_id = at.rpartition("/")[2]
        print_ = FINAL_CUT.fingerprint(session, bench, project_id)
        artifacts.put(session, "final_cut", project_id, print_, Made("v"), None)
    assert api.get(at).json()["progress"]["stages"]["export"] == "completed", "equal prints"


def test_a_new_song_says_that_it_has_to_be_heard(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    project_id = at.rpartition("/")[2]
    assert api.get(at).json()["progress"]["stages"]["analysis"] == "completed"
    hear(world, project_id)
    before = api.get(at).json()
    assert before["progress"]["stages"]["analysis"] == "completed"
    assert before["warnings"] == []
    after = api.put(at, json={"audioUrl": "s3://bucket/another.mp3"}).json()
    assert any("generate the storyboard again" in w for w in after["warnings"])
    assert after["progress"]["stages"]["analysis"] == "pending"
    hear(world, project_id)
    again = api.get(at).json()
    assert again["warnings"] == []
    assert again["progress"]["stages"]["analysis"] == "completed"


def test_a_fetched_song_is_the_one_it_was_fetched_for(api: Api, world: World) -> None:
    project = new_project(api)
    world.plan(project["id"])
    hear(world, project["id"])
    with world.database.write() as session:
        from musicapp_pipeline.store import projects

        projects.get(session, project["id"]).audio_key = "projects/x/upload-1.mp3"
    assert api.get(f"/api/projects/{project['id']}").json()["warnings"] == []


def test_exports_come_a_page_at_a_time(
    api: Api, world: World, cut: tuple[str, list[dict[str, Any]]]
) -> None:
    at, _ = cut
    made = [export(api, world, at) for _ in range(5)]
    seen: list[str] = []
    url: str | None = f"{at}/exports?limit=2"
    while url is not None:
        answer = api.get(url)
        assert len(answer.json()) <= 2
        seen += [e["id"] for e in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == made[::-1]
