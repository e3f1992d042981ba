"""Takes: generating within the budget, remixing, choosing, rating, external clips."""

import itertools
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, mp4, planned, png, upload
from musicapp_pipeline_tests.api.waiting import until
from musicapp_pipeline_tests.api.world import World


@pytest.mark.parametrize("count", [0, 11, -1, "two", None, 1.5])
def test_one_to_ten_takes_at_a_time(api: Api, world: World, count: object) -> None:
    at, scenes = planned(api, world)
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/generate", json={"numTakes": count})
    assert answer.status_code == 422


def test_generating_reserves_and_answers_with_jobs_and_takes(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = scenes[0]
    answer = api.post(f"{at}/scenes/{scene['id']}/generate", json={"numTakes": 3}).json()
    assert len(answer["jobIds"]) == len(set(answer["jobIds"])) == 3
    assert [v["take"] for v in answer["versions"]] == [1, 2, 3]
    assert {v["status"] for v in answer["versions"]} == {"queued"}
    assert answer["reservedUsd"] == pytest.approx(3 * scene["estimatedCostUsd"])
    project = api.get(at).json()
    assert project["heldUsd"] == pytest.approx(answer["reservedUsd"])
    assert project["actualCostUsd"] == 0
    job = api.get(f"/api/jobs/{answer['jobIds'][0]}").json()
    assert (job["type"], job["status"], job["sceneId"]) == ("generate_scene", "queued", scene["id"])


def test_a_request_without_body_makes_one_take(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/generate")
    assert len(answer.json()["jobIds"]) == 1


def test_take_numbers_never_repeat(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    here = f"{at}/scenes/{scenes[0]['id']}/generate"
    first = api.post(here, json={"numTakes": 2}).json()
    for job_id in first["jobIds"]:
        assert api.post(f"/api/jobs/{job_id}/cancel").status_code == 200
    second = api.post(here, json={"numTakes": 2}).json()
    assert [v["take"] for v in second["versions"]] == [3, 4]


def test_over_budget_is_402_and_queues_nothing(api: Api, world: World) -> None:
    at, scenes = planned(api, world, budgetCapUsd=1.0)
    scene = scenes[0]
    fits = int(Decimal("1.0") / Decimal(str(scene["estimatedCostUsd"])))
    here = f"{at}/scenes/{scene['id']}/generate"
    refused = api.post(here, json={"numTakes": fits + 1})
    assert refused.status_code == 402
    assert refused.json()["code"] == "over_budget"
    assert refused.json()["errors"][0]["field"] == "budgetCapUsd"
    assert api.get(f"{at}/jobs").json() == []
    assert api.get(f"{at}/scenes/{scene['id']}/versions").json() == []
    assert api.get(at).json()["heldUsd"] == 0
    assert api.post(here, json={"numTakes": fits}).status_code == 202
    assert api.post(here, json={"numTakes": 1}).status_code == 402


def test_many_scenes_are_generated_all_or_none(api: Api, world: World) -> None:
    at, scenes = planned(api, world, budgetCapUsd=1.0)
    assert api.post(f"{at}/generate").status_code == 402
    assert api.get(f"{at}/jobs").json() == []
    api.put(at, json={"budgetCapUsd": 100})
    chosen = [s["id"] for s in scenes[:2]]
    some = api.post(f"{at}/generate", json={"sceneIds": chosen, "numTakes": 2}).json()
    assert [v["sceneId"] for v in some["versions"]] == [i for i in chosen for _ in range(2)]
    rest = api.post(f"{at}/generate").json()
    assert {v["sceneId"] for v in rest["versions"]} == {s["id"] for s in scenes[2:]}
    assert api.post(f"{at}/generate").json()["jobIds"] == []


def test_without_a_provider_everything_but_generating_works(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    api.app.state.context = _without_provider(world)
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/generate")
    assert answer.status_code == 503
    assert answer.json()["code"] == "no_provider"
    estimate = api.get(f"{at}/estimate")
    assert (estimate.status_code, estimate.json()["code"]) == (503, "no_provider")
    shown = api.get(f"{at}/scenes").json()[0]
    assert shown["estimatedCostUsd"] is None
    assert shown["prompt"] == scenes[0]["prompt"]
    assert any("price" in warning for warning in api.get(at).json()["warnings"])


def test_a_retired_model_is_told_before_anything_is_asked_for(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, _ = planned(api, world)
    assert api.get(f"{at}/estimate").status_code == 200
    provider = world.context.provider
    assert provider is not None
    sold = provider.capabilities
    gone = date(2026, 9, 24)
    monkeypatch.setattr(
        provider, "capabilities", lambda model: sold(model).model_copy(update={"retires_on": gone})
    )
    for answer in (api.get(f"{at}/estimate"), api.post(f"{at}/generate")):
        assert answer.status_code == 422
        assert "was retired on 2026-09-24" in answer.json()["detail"]
    assert "was retired on 2026-09-24" in api.get(f"{at}/costs").json()["warning"]
    assert any("was retired on" in told for told in api.get(at).json()["warnings"])


def _without_provider(world: World) -> object:
    return replace(world.context, provider=None)


def test_a_remix_is_the_next_take_with_its_own_prompt(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    source = generated(api, world, at, scenes[0]["id"])[0]
    body = {"versionId": source["id"], "revisedPrompt": "Tighter framing"}
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/remix", json=body)
    assert answer.status_code == 202, answer.text
    made = answer.json()
    assert made["job"]["type"] == "remix_scene"
    assert (made["version"]["take"], made["version"]["prompt"]) == (2, "Tighter framing")
    assert (made["version"]["kind"], made["version"]["sourceVersionId"]) == ("remix", source["id"])
    assert made["version"]["remixMode"] in ("native", "emulated")


@pytest.mark.parametrize(("mode", "emulated"), [("native", False), ("emulated", True)])
def test_a_remix_says_whether_the_provider_has_one(
    api: Api, world: World, mode: str, emulated: bool
) -> None:
    at, scenes = planned(api, world)
    source = generated(api, world, at, scenes[0]["id"])[0]
    if emulated:  # a clip of nobody's cannot be remixed natively
        with world.database.write() as session:
            takes.get(session, source["id"]).sora_clip_id = None
    body = {"versionId": source["id"], "revisedPrompt": "Tighter framing"}
    made = api.post(f"{at}/scenes/{scenes[0]['id']}/remix", json=body).json()
    assert (made["emulated"], made["version"]["remixMode"]) == (emulated, mode)
    assert bool(made["warnings"]) is emulated


def test_only_a_completed_take_of_the_scene_can_be_remixed(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    here = f"{at}/scenes/{scenes[0]['id']}"
    queued = api.post(f"{here}/generate").json()["versions"][0]
    body = {"versionId": queued["id"], "revisedPrompt": "x"}
    assert api.post(f"{here}/remix", json=body).status_code == 409
    other = f"{at}/scenes/{scenes[1]['id']}/remix"
    assert api.post(other, json=body).status_code == 404
    assert api.post(f"{here}/remix", json={"versionId": queued["id"]}).status_code == 422


def test_only_a_completed_take_can_be_selected(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    here = f"{at}/scenes/{scenes[0]['id']}"
    queued = api.post(f"{here}/generate").json()["versions"][0]
    answer = api.post(f"{here}/versions/{queued['id']}/select")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "versionId"


def test_selecting_from_many_tabs_leaves_exactly_one_selected(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    here = f"{at}/scenes/{scenes[0]['id']}"
    versions = generated(api, world, at, scenes[0]["id"], takes=4)
    answers: list[int] = []

    def choose(version_id: str) -> None:
        answers.append(api.post(f"{here}/versions/{version_id}/select").status_code)

    threads = [
        threading.Thread(target=choose, args=(v["id"],))
        for v in itertools.islice(itertools.cycle(versions), 12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12
    scene = api.get(here).json()
    selected = [v["id"] for v in scene["versions"] if v["isSelected"]]
    assert selected == [scene["selectedVersionId"]]


@pytest.mark.parametrize(
    ("body", "ok"),
    [
        ({"userScore": 5}, True),
        ({"userScore": 0}, True),
        ({"userScore": 5.01}, False),
        ({"userScore": -0.1}, False),
        ({"qualityScore": 1}, True),
        ({"qualityScore": 1.01}, False),
        ({"characterConsistency": 0.9, "mouthVisibility": 0.8}, True),
        ({"characterConsistencyScore": 0.9}, True),
        ({"mouthVisibility": -1}, False),
        ({"userScore": "NaN"}, False),
        ({"stars": 3}, False),
        ({}, False),
        ({"notes": "best smile"}, True),
    ],
)
def test_scores_have_ranges(api: Api, world: World, body: dict, ok: bool) -> None:
    at, scenes = planned(api, world)
    version = generated(api, world, at, scenes[0]["id"])[0]
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/versions/{version['id']}/score", json=body)
    assert answer.status_code == (200 if ok else 422), answer.text


def test_a_persons_score_stands_and_the_measured_one_is_kept(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    version = generated(api, world, at, scenes[0]["id"])[0]
    here = f"{at}/scenes/{scenes[0]['id']}/versions/{version['id']}/score"
    rated = api.post(here, json={"qualityScore": 0.2}).json()
    assert (rated["qualityScore"], rated["autoScores"]["qualityScore"]) == (0.2, 0.75)
    again = api.post(here, json={"qualityScore": 0.3}).json()
    assert (again["qualityScore"], again["autoScores"]["qualityScore"]) == (0.3, 0.75)
    back = api.post(here, json={"qualityScore": None}).json()
    assert (back["qualityScore"], back["autoScores"]["qualityScore"]) == (0.75, 0.75)


def test_an_uploaded_clip_becomes_a_take_without_paying(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    sent = upload(api, "clip.mp4", mp4(9))
    body = {"url": sent["url"], "notes": "shot on the roof"}
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/versions", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["kind"], made["take"], made["notes"]) == ("external", 1, "shot on the roof")
    here = f"{at}/scenes/{scenes[0]['id']}/versions/{made['id']}"
    landed = until(lambda: api.get(here).json(), lambda v: v["status"] != "queued")
    assert landed["status"] == "landed"
    until(lambda: world.launcher.landings, len)
    with world.database.read() as session:
        assert world.launcher.landings == [takes.get(session, made["id"]).key]
    assert api.get(landed["url"]).content == mp4(9)
    assert api.get(at).json()["heldUsd"] == 0


def test_a_clip_shorter_than_the_scene_is_refused(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    sent = upload(api, "clip.mp4", mp4(1))
    body = {"url": sent["url"]}
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/versions", json=body)
    assert answer.status_code == 422
    assert "needs" in answer.json()["detail"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://example.org/a.mp4",
        "https://10.0.0.1/a.mp4",
        "https://[::1]/a.mp4",
        "https://user:pw@example.org/a.mp4",
        "ftp://example.org/a.mp4",
        "/media/projects/nobody/clip.mp4",
        "/media/../musicapp.db",
    ],
)
def test_clips_are_not_taken_from_everywhere(api: Api, world: World, url: str) -> None:
    at, scenes = planned(api, world)
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/versions", json={"url": url})
    assert answer.status_code == 422, answer.text
    assert api.get(f"{at}/scenes/{scenes[0]['id']}/versions").json() == []


def test_a_picture_is_no_clip(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    body = {"url": upload(api, "a.png", png())["url"]}
    answer = api.post(f"{at}/scenes/{scenes[0]['id']}/versions", json=body)
    assert answer.status_code == 422


def test_a_clip_that_cannot_be_fetched_fails_with_a_reason(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    body = {"url": "https://no-such-host.invalid/a.mp4"}
    made = api.post(f"{at}/scenes/{scenes[0]['id']}/versions", json=body).json()
    here = f"{at}/scenes/{scenes[0]['id']}/versions/{made['id']}"
    ended = until(lambda: api.get(here).json(), lambda v: v["status"] != "queued")
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "unreachable"


def test_lip_sync_can_be_nudged_by_hand(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = next(s for s in scenes if s["sceneType"] == "performance")
    version = generated(api, world, at, scene["id"])[0]
    here = f"{at}/scenes/{scene['id']}/versions/{version['id']}/lip-sync"
    answer = api.post(here, json={"offsetMs": -40})
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["jobId"]
    assert world.launcher.launched == [job_id]
    again = api.post(here, json={"mouthBox": {"x": 0.4, "y": 0.5, "width": 0.2, "height": 0.1}})
    assert again.json()["jobId"] == job_id, "the queued job sees both nudges"
    with world.database.write() as session:
        from musicapp_pipeline.store.models import LipSyncEdit

        edit = session.get(LipSyncEdit, version["id"])
        assert edit is not None
        assert (edit.offset_ms, edit.mouth_box["x"]) == (-40, 0.4)
        jobs.finish(session, job_id, "completed")
    assert api.post(here, json={"offsetMs": 5000}).status_code == 422
    broll = next(s for s in scenes if s["sceneType"] == "broll")
    other = generated(api, world, at, broll["id"])[0]
    refused = api.post(f"{at}/scenes/{broll['id']}/versions/{other['id']}/lip-sync")
    assert refused.status_code == 409


def test_what_is_played_is_what_the_cut_will_use(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = next(s for s in scenes if s["sceneType"] == "performance")
    version = generated(api, world, at, scene["id"])[0]
    here = f"{at}/scenes/{scene['id']}/versions/{version['id']}"
    assert version["finalVideoUrl"] is None, "lip-sync may still replace it"
    assert version["url"] == version["soraClipUrl"]
    with world.database.write() as session:
        row = takes.get(session, version["id"])
        row.lip_sync = {
            "applied": True,
            "reason": "",
            "method": "post_process",
            "key": "projects/x/synced.mp4",
        }
    synced = api.get(here).json()
    assert synced["url"] == synced["finalVideoUrl"] == "/media/projects/x/synced.mp4"
    assert synced["lipSync"] == {"applied": True, "reason": None, "method": "post_process"}
    with world.database.write() as session:
        row = takes.get(session, version["id"])
        row.lip_sync = {"applied": False, "reason": "no face", "method": None, "key": None}
    shown = api.get(here).json()
    assert shown["finalVideoUrl"] == shown["url"] is not None
    assert shown["lipSync"]["reason"] == "no face"
