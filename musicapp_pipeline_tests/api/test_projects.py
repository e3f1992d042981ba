"""Projects: creating, changing, listing, archiving."""

import pytest

from musicapp_pipeline.generation.errors import UnknownModel
from musicapp_pipeline.generation.port import Capabilities
from musicapp_pipeline.store import jobs, projects
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import SONG, new_project, planned, upload, wav
from musicapp_pipeline_tests.api.world import World


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 201),
        ("title", "a\x00b"),
        ("audioUrl", "file:///etc/passwd"),
        ("audioUrl", "http://example.org/song.mp3"),
        ("audioUrl", "https://127.0.0.1/song.mp3"),
        ("audioUrl", "https://169.254.169.254/latest/meta-data"),
        ("audioUrl", "s3://"),
        ("audioUrl", "/media/uploads/u-nobody.mp3"),
        ("duration", 0),
        ("duration", -3),
        ("format", "square"),
        ("clipSeconds", 5),
        ("clipSeconds", 0),
        ("soraModel", "sora-99"),
        ("performanceDensity", 1.01),
        ("performanceDensity", -0.01),
        ("budgetCapUsd", -1),
        ("budgetCapUsd", "NaN"),
        ("stylePreset", "vaporwave-unknown"),
        ("fps", 3),
        ("seed", -1),
        ("numTakes", 2),
    ],
)
def test_a_bad_field_is_refused_by_name(api: Api, field: str, value: object) -> None:
    body = {"title": "T", "audioUrl": SONG, field: value}
    answer = api.post("/api/projects", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert problem["title"]
    assert field in {e["field"] for e in problem["errors"]} | {problem["detail"].split(":")[0]}


def test_broken_json_is_400_and_says_so(api: Api) -> None:
    answer = api.post(
        "/api/projects", content=b'{"title": ', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"


@pytest.mark.parametrize(
    ("sold", "chosen"), [((4, 5), 5), ((4, 8, 12), 8), ((10, 15), 10), ((5, 10), 5)]
)
def test_without_clip_seconds_the_longest_clip_on_sale_up_to_eight_is_chosen(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch, sold: tuple[int, ...], chosen: int
) -> None:
    provider = world.context.provider
    assert provider is not None
    record = provider.capabilities("sora-2").model_copy(update={"durations": sold})
    monkeypatch.setattr(provider, "capabilities", lambda _: record)
    body = {"title": "T", "audioUrl": SONG}
    assert api.post("/api/projects", json=body).json()["clipSeconds"] == chosen
    asked = api.post("/api/projects", json=body | {"clipSeconds": 7})
    assert asked.status_code == 422


def test_a_model_of_a_provider_that_is_not_in_use_says_so_and_is_not_called_unpriced(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, _ = planned(api, world)
    provider = world.context.provider
    assert provider is not None

    def refuse(model: str) -> Capabilities:
        raise UnknownModel(f"model '{model}' is served by videos_api, but fal is in use")

    monkeypatch.setattr(provider, "capabilities", refuse)
    why = "nothing can be generated: model 'sora-2' is served by videos_api, but fal is in use"
    assert why in api.get(at).json()["warnings"]
    assert api.get(f"{at}/costs").json()["warning"] == why


def test_defaults_and_optional_fields(api: Api) -> None:
    made = api.post("/api/projects", json={"title": "T", "audioUrl": SONG}).json()
    assert (made["format"], made["clipSeconds"], made["soraModel"]) == ("landscape", 8, "sora-2")
    assert made["fps"] == 24
    assert made["duration"] is None
    full = new_project(api, fps="23.976", seed=7, stylePreset="anime", format="portrait")
    assert (full["fps"], full["seed"], full["stylePreset"]) == (23.976, 7, "anime")


def test_put_leaves_absent_fields_unchanged(api: Api) -> None:
    made = new_project(api, lyrics="one\ntwo", stylePreset="dreamy")
    at = f"/api/projects/{made['id']}"
    changed = api.put(at, json={"budgetCapUsd": 40}).json()
    assert changed["budgetCapUsd"] == 40
    same = ("title", "lyrics", "stylePreset", "audioUrl", "seed", "clipSeconds")
    assert {k: changed[k] for k in same} == {k: made[k] for k in same}


@pytest.mark.parametrize("same", [{}, {"title": "Eternal Flame"}, {"audioUrl": SONG}])
def test_a_change_that_changes_nothing_raises_no_revision(api: Api, same: dict) -> None:
    made = new_project(api)
    at = f"/api/projects/{made['id']}"
    answer = api.put(at, json=same)
    assert answer.status_code == 200
    assert answer.json()["revision"] == made["revision"]
    events = api.get(f"{at}/events?follow=false").text
    assert events.count("event: project") == 1, "that of its creation"
    assert api.put(at, json={"seed": 5}).json()["revision"] == made["revision"] + 1


def test_a_cap_below_what_is_promised_is_told_of(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    api.post(f"{at}/scenes/{scenes[0]['id']}/generate", json={"numTakes": 2})
    held = api.get(at).json()["heldUsd"]
    lowered = api.put(at, json={"budgetCapUsd": held / 2}).json()
    assert any("not sent" in w and "nothing more" in w for w in lowered["warnings"])
    raised = api.put(at, json={"budgetCapUsd": held}).json()
    assert not any("nothing more" in w for w in raised["warnings"])


def test_null_clears_only_what_may_be_empty(api: Api) -> None:
    at = f"/api/projects/{new_project(api, stylePreset='dreamy')['id']}"
    assert api.put(at, json={"stylePreset": None}).json()["stylePreset"] is None
    assert api.put(at, json={"title": None}).status_code == 422


def test_two_tabs_cannot_overwrite_each_other(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    seen = api.get(at).headers["etag"]
    assert api.put(at, json={"title": "A"}, headers={"If-Match": seen}).status_code == 200
    late = api.put(at, json={"title": "B"}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert api.get(at).json()["title"] == "A"
    assert api.put(at, json={"title": "C"}, headers={"If-Match": "*"}).status_code == 200
    assert api.put(at, json={"title": "D"}, headers={"If-Match": "nonsense"}).status_code == 400


def test_the_frame_rate_stays_once_there_are_scenes(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    assert api.put(at, json={"fps": 30}).status_code == 409
    assert api.put(at, json={"fps": 24}).status_code == 200


def test_lists_walk_by_the_link_header_newest_first(api: Api) -> None:
    made = [new_project(api, title=f"P{n}")["id"] for n in range(7)]
    seen: list[str] = []
    url: str | None = "/api/projects?limit=3"
    while url:
        answer = api.get(url)
        assert isinstance(answer.json(), list)
        seen += [p["id"] for p in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == made[::-1]


def test_a_cursor_nobody_gave_is_refused(api: Api) -> None:
    assert api.get("/api/projects?cursor=nonsense").status_code == 400
    assert api.get("/api/projects?limit=0").status_code == 422


def test_an_archived_project_is_gone_and_its_open_jobs_are_cancelled(
    api: Api, world: World
) -> None:
    project = new_project(api)
    at = f"/api/projects/{project['id']}"
    job_id = api.post(f"{at}/storyboard/generate").json()["jobId"]
    assert api.delete(at).status_code == 204
    assert api.get(at).status_code == 404
    assert api.get("/api/projects").json() == []
    assert api.get(f"/api/jobs/{job_id}").json()["status"] == "cancelled"
    assert world.launcher.cancelled == [f"run-{job_id}"]


def test_the_measured_length_wins_and_the_answer_says_so(api: Api, world: World) -> None:
    at, _ = planned(api, world, duration=172.4)
    project = api.get(at).json()
    assert (project["duration"], project["declaredDuration"]) == (40.0, 172.4)
    assert any("measurement" in warning for warning in project["warnings"])


def test_an_upload_is_the_song_without_fetching(api: Api, world: World) -> None:
    sent = upload(api, "song.wav", wav())
    for url in (sent["url"], f"http://127.0.0.1:3000{sent['url']}"):
        made = new_project(api, audioUrl=url)
        with world.database.read() as session:
            row = projects.get(session, made["id"])
            assert row.audio_key == sent["url"].removeprefix("/media/")
        assert api.get(made["audioUrl"]).status_code == 200


def test_progress_counts_stages_and_scenes(api: Api, world: World) -> None:
    project = new_project(api)
    at = f"/api/projects/{project['id']}"
    assert project["progress"]["stage"] == "created"
    job_id = api.post(f"{at}/storyboard/generate").json()["jobId"]
    with world.database.write() as session:
        jobs.claim(session, job_id, "r")
        jobs.progress(session, job_id, 0.5)
    halfway = api.get(at).json()["progress"]
    assert halfway["stages"]["analysis"] == "running"
    assert 0 < halfway["fraction"] < 0.15
    scenes = world.plan(project["id"])
    api.post(f"{at}/generate")
    running = api.get(at).json()["progress"]
    assert running["stages"] == {
        "analysis": "completed",
        "generation": "running",
        "selection": "pending",
        "export": "pending",
    }
    assert running["scenes"]["generating"] == len(scenes)


def test_the_estimate_is_the_sum_of_scenes_and_a_fifth(api: Api, world: World) -> None:
    at, scenes = planned(api, world, budgetCapUsd=1.0)
    project = api.get(at).json()
    total = sum(s["estimatedCostUsd"] for s in scenes)
    assert project["estimatedCostUsd"] == pytest.approx(total * 1.2)
    assert any("budgetCapUsd" in warning for warning in project["warnings"])
    for scene in scenes:
        assert scene["estimatedCostUsd"] == pytest.approx(0.06 * scene["clipSeconds"])
        assert scene["clipSeconds"] <= project["clipSeconds"]


def test_clips_that_would_not_cover_the_scenes_are_told_of_and_never_bought(
    api: Api, world: World
) -> None:
    at, scenes = planned(api, world)
    long = [s["id"] for s in scenes if s["endFrame"] - s["startFrame"] > 4 * 24]
    assert long
    changed = api.put(at, json={"clipSeconds": 4})
    assert changed.status_code == 200
    [warning] = [w for w in changed.json()["warnings"] if "clips of 4 s" in w]
    assert [s["id"] for s in scenes if s["id"] in warning] == long
    refused = api.post(f"{at}/generate", json={"sceneIds": [s["id"] for s in scenes]})
    assert refused.status_code == 422
    assert refused.json()["code"] == "clip_too_short"
    assert api.get(at).json()["heldUsd"] == 0
    assert api.get(f"{at}/jobs").json() == []
    back = api.put(at, json={"clipSeconds": 8}).json()
    assert not any("clips of" in w for w in back["warnings"])
