"""Exports, costs, estimates and analytics."""

from datetime import timedelta

import pytest

from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline.store.models import Export, SceneVersion, now
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, mp4, new_project, planned, upload
from musicapp_pipeline_tests.api.waiting import until
from musicapp_pipeline_tests.api.world import World


def selected(api: Api, world: World, **fields: object) -> str:
    """The path of a project in which every scene has a selected take."""
    at, scenes = planned(api, world, **fields)
    for scene in scenes:
        version = generated(api, world, at, scene["id"])[0]
        api.post(f"{at}/scenes/{scene['id']}/versions/{version['id']}/select")
    return at


def test_an_export_names_the_scenes_without_a_selected_take(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    version = generated(api, world, at, scenes[0]["id"])[0]
    api.post(f"{at}/scenes/{scenes[0]['id']}/versions/{version['id']}/select")
    answer = api.post(f"{at}/export")
    assert answer.status_code == 409
    named = [e["value"] for e in answer.json()["errors"] if e["field"] == "sceneId"]
    assert named == [s["id"] for s in scenes[1:]]
    assert api.get(f"{at}/exports").json() == []


def test_nothing_to_export_is_409(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    assert api.post(f"{at}/export", json={"autoSelect": True}).status_code == 409


def test_auto_select_takes_what_people_then_measurements_like(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    for scene in scenes:
        versions = generated(api, world, at, scene["id"], takes=2)
    last = f"{at}/scenes/{scenes[-1]['id']}"
    api.post(f"{last}/versions/{versions[0]['id']}/score", json={"userScore": 5})
    answer = api.post(f"{at}/export", json={"autoSelect": True})
    assert answer.status_code == 202, answer.text
    assert len(answer.json()["autoSelectedVersionIds"]) == len(scenes)
    assert api.get(last).json()["selectedVersionId"] == versions[0]["id"]
    first = api.get(f"{at}/scenes/{scenes[0]['id']}").json()
    assert first["selectedVersionId"] == first["versions"][1]["id"], "of equals the newest"


def test_auto_select_with_scenes_without_takes_selects_nothing(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"])
    assert api.post(f"{at}/export", json={"autoSelect": True}).status_code == 409
    assert api.get(f"{at}/scenes").json()[0]["selectedVersionId"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"formats": []},
        {"formats": ["avi"]},
        {"aspectRatios": ["round"]},
        {"includeSubtitles": "perhaps"},
        {"fps": 60},
    ],
)
def test_bad_options_are_refused(api: Api, world: World, body: dict) -> None:
    at = selected(api, world)
    assert api.post(f"{at}/export", json=body).status_code == 422


def test_defaults_are_the_projects_own_shape(api: Api, world: World) -> None:
    at = selected(api, world, format="portrait")
    options = api.post(f"{at}/export").json()["export"]["options"]
    assert options == {"formats": ["mp4"], "aspectRatios": ["vertical"], "includeSubtitles": False}


def test_an_export_of_other_takes_is_another_one(api: Api, world: World) -> None:
    at = selected(api, world)
    scene = api.get(f"{at}/scenes").json()[0]["id"]
    other = generated(api, world, at, scene)[0]
    first = api.post(f"{at}/export").json()["jobId"]
    api.post(f"{at}/scenes/{scene}/versions/{other['id']}/select")
    second = api.post(f"{at}/export").json()["jobId"]
    assert second != first, "the first may have its cut already"
    assert api.post(f"{at}/export").json()["jobId"] == second
    with world.database.write() as session:
        jobs.claim(session, second, "r")
    api.post(f"/api/jobs/{second}/cancel")
    assert api.post(f"{at}/export").json()["jobId"] not in (first, second), "it is about to stop"


def test_a_finished_job_carries_its_files(api: Api, world: World) -> None:
    at = selected(api, world)
    queued = api.post(f"{at}/export", json={"formats": ["mp4"]}).json()
    again = api.post(f"{at}/export", json={"formats": ["mp4"]}).json()
    assert again["jobId"] == queued["jobId"], "the same export while it is open"
    key = f"{at.removeprefix('/api/')}/final/cut.mp4"
    with world.media.writing(key) as path:
        path.write_bytes(b"video")
    with world.database.write() as session:
        export = session.get(Export, queued["export"]["id"])
        assert export is not None
        export.renditions = [
            {
                "format": "mp4",
                "aspectRatio": "landscape",
                "key": key,
                "width": 1280,
                "height": 720,
                "duration": 40.0,
                "bytes": 5,
            }
        ]
        export.poster_key = key.replace(".mp4", ".jpg")
        jobs.claim(session, queued["jobId"], "r")
        jobs.finish(session, queued["jobId"], "completed", result={})
    result = api.get(f"/api/jobs/{queued['jobId']}").json()["result"]
    assert result["renditions"][0].keys() == {
        "format",
        "aspectRatio",
        "url",
        "width",
        "height",
        "duration",
        "bytes",
    }
    assert api.get(result["renditions"][0]["url"]).content == b"video"
    assert result["posterUrl"].endswith(".jpg")
    shown = api.get(f"{at}/exports/{queued['export']['id']}").json()
    assert shown["status"] == "completed"
    assert shown["renditions"] == result["renditions"]
    assert api.get(f"{at}/exports").json() == [shown]


def test_costs_are_itemised_and_add_up(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"], takes=2)
    api.post(f"{at}/scenes/{scenes[1]['id']}/generate")
    cancelled = api.post(f"{at}/scenes/{scenes[2]['id']}/generate").json()["jobIds"][0]
    api.post(f"/api/jobs/{cancelled}/cancel")
    costs = api.get(f"{at}/costs").json()
    assert [e["kind"] for e in costs["entries"]] == [
        "reserve",
        "reserve",
        "settle",
        "settle",
        "reserve",
        "reserve",
        "release",
    ]
    assert costs["actualCostUsd"] == pytest.approx(2 * scenes[0]["estimatedCostUsd"])
    assert costs["heldUsd"] == pytest.approx(scenes[1]["estimatedCostUsd"])
    assert costs["committedUsd"] + costs["remainingUsd"] == pytest.approx(costs["budgetCapUsd"])
    assert sum(s["actualCostUsd"] for s in costs["scenes"]) == pytest.approx(costs["actualCostUsd"])
    assert all(e["simulated"] for e in costs["entries"])
    project = api.get(at).json()
    assert project["actualCostUsd"] == costs["actualCostUsd"]


def test_an_estimate_says_whether_it_would_be_accepted(api: Api, world: World) -> None:
    at, scenes = planned(api, world, budgetCapUsd=1.0)
    one = api.get(f"{at}/estimate", params={"sceneIds": [scenes[0]["id"]], "numTakes": 2}).json()
    assert one["reservedUsd"] == pytest.approx(2 * scenes[0]["estimatedCostUsd"])
    assert one["estimatedCostUsd"] == pytest.approx(1.2 * one["reservedUsd"])
    assert one["withinBudget"] is True
    everything = api.get(f"{at}/estimate").json()
    assert everything["withinBudget"] is False
    assert everything["warning"]
    assert everything["etaSeconds"] >= 120
    assert api.get(f"{at}/estimate?sceneIds=s-nobody").status_code == 404
    assert api.get(f"{at}/estimate?numTakes=11").status_code == 422


def test_an_estimate_of_everything_is_what_generating_everything_reserves(
    api: Api, world: World
) -> None:
    """Also where a scene with takes is longer than the clips that may be bought now."""
    at, scenes = planned(api, world, clipSeconds=8)
    long = max(scenes, key=lambda s: s["endFrame"] - s["startFrame"])
    generated(api, world, at, long["id"])
    others = [s["id"] for s in scenes if s["endFrame"] - s["startFrame"] > 4 * 24 and s != long]
    for scene_id in others:
        generated(api, world, at, scene_id)
    assert api.put(at, json={"clipSeconds": 4}).status_code == 200
    estimate = api.get(f"{at}/estimate")
    assert estimate.status_code == 200, estimate.text
    reserved = api.post(f"{at}/generate").json()["reservedUsd"]
    assert estimate.json()["reservedUsd"] == pytest.approx(reserved)
    assert len(estimate.json()["scenes"]) == len(scenes) - 1 - len(others)
    assert api.get(f"{at}/estimate").json()["reservedUsd"] == 0
    assert api.get(f"{at}/estimate", params={"sceneIds": [long["id"]]}).status_code == 422


def test_the_time_estimate_learns_from_finished_takes(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    version = generated(api, world, at, scenes[0]["id"])[0]
    with world.database.write() as session:
        attempt = ledger.attempts_of(session, version["id"])[0]
        attempt.created_at = now() - timedelta(seconds=30)
        attempt.ended_at = now()
    assert api.get(f"{at}/estimate").json()["secondsPerTake"] == pytest.approx(30, abs=1)


def test_analytics_of_one_project_and_of_all(api: Api, world: World) -> None:
    nothing = api.get("/api/analytics").json()
    assert nothing["projects"] == 0
    assert nothing["medianGenerationSecondsPerScene"] is None
    assert nothing["averageScores"]["userScore"] is None
    at, scenes = planned(api, world)
    version = generated(api, world, at, scenes[0]["id"], takes=2)[0]
    api.post(f"{at}/scenes/{scenes[0]['id']}/versions/{version['id']}/score", json={"userScore": 4})
    other, _ = planned(api, world)
    one, both = api.get(f"{at}/analytics").json(), api.get("/api/analytics").json()
    assert (one["projects"], both["projects"]) == (1, 2)
    assert one["takes"] == 2
    assert one["actualCostUsd"] == one["simulatedCostUsd"] == both["actualCostUsd"] > 0
    assert one["averageScores"] == {
        "userScore": 4,
        "qualityScore": 0.75,
        "characterConsistency": None,
        "mouthVisibility": None,
        "ratedTakes": 1,
    }
    assert one["medianGenerationSecondsPerScene"] >= 0
    provider = one["providers"][0]
    assert (provider["provider"], provider["completed"], provider["failed"]) == ("mock", 2, 0)
    assert api.get(f"{other}/analytics").json()["providers"] == []


def test_the_time_of_a_scene_counts_what_failed_and_not_what_was_taken_back(
    api: Api, world: World
) -> None:
    at, scenes = planned(api, world)
    scene = f"{at}/scenes/{scenes[0]['id']}"
    taken_back, failed = (api.post(f"{scene}/generate").json() for _ in range(2))
    api.post(f"/api/jobs/{taken_back['jobIds'][0]}/cancel")
    begun = now()
    with world.database.write() as session:
        for made, seconds in ((taken_back, 5000), (failed, 1000)):
            attempt = ledger.attempts_of(session, made["versions"][0]["id"])[0]
            attempt.created_at = begun - timedelta(seconds=seconds)
        ledger.move(session, attempt, "submitting")
        ledger.move(session, attempt, "submitted", provider_job_id="video_0")
        ledger.release(session, attempt, "the provider failed")
        takes.set_status(session, takes.get(session, failed["versions"][0]["id"]), "failed")
    assert api.get(f"{at}/analytics").json()["medianGenerationSecondsPerScene"] is None
    version = generated(api, world, at, scenes[0]["id"])[0]
    with world.database.write() as session:
        attempt = ledger.attempts_of(session, version["id"])[0]
        attempt.created_at, attempt.ended_at = begun - timedelta(seconds=100), begun
    shown = api.get(f"{at}/analytics").json()
    assert shown["medianGenerationSecondsPerScene"] == pytest.approx(1000, abs=1)


def test_attempts_that_are_stuck_are_counted(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    made = api.post(f"{at}/scenes/{scenes[0]['id']}/generate", json={"numTakes": 2}).json()
    with world.database.write() as session:
        for n, version in enumerate(made["versions"]):
            attempt = ledger.attempts_of(session, version["id"])[0]
            ledger.move(session, attempt, "submitting")
            ledger.move(session, attempt, "submitted", provider_job_id=f"video_{n}")
        ledger.move(session, attempt, "stuck")
    provider = api.get(f"{at}/analytics").json()["providers"][0]
    names = ("attempts", "completed", "failed", "underWay", "unknown", "stuck")
    assert [provider[n] for n in names] == [2, 0, 0, 1, 0, 1]


def test_splitting_a_scene_adds_no_takes_and_no_ratings(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = max(scenes, key=lambda s: s["endFrame"] - s["startFrame"])
    versions = f"{at}/scenes/{scene['id']}/versions"
    version = generated(api, world, at, scene["id"])[0]
    api.post(f"{versions}/{version['id']}/score", json={"userScore": 4})
    clip = upload(api, "clip.mp4", mp4(9))["url"]
    assert api.post(versions, json={"url": clip}).status_code == 201
    until(
        lambda: api.get(versions).json()[-1]["status"], lambda s: s not in ("queued", "generating")
    )
    before = api.get(f"{at}/analytics").json()
    assert (before["takes"], before["averageScores"]["ratedTakes"]) == (2, 1)
    with world.database.write() as session:
        external = session.get(SceneVersion, api.get(versions).json()[-1]["id"])
        assert external is not None
        takes.set_status(session, external, "completed")
    assert api.post(f"{at}/scenes/{scene['id']}/split", json={}).status_code == 201
    after = api.get(f"{at}/analytics").json()
    assert (after["takes"], after["averageScores"]) == (2, before["averageScores"])
