"""Scenes: editing, reordering, splitting and merging without losing what was paid for."""

import itertools

import pytest

from musicapp_pipeline.store import scenes as rows
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import Scene
from musicapp_pipeline.storyboard.vocabulary import shot_vocabulary
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, planned
from musicapp_pipeline_tests.api.world import BPM, World


def assert_tiles(scenes: list[dict], frames: int = 960) -> None:
    assert [s["order"] for s in scenes] == list(range(1, len(scenes) + 1))
    assert scenes[0]["startFrame"] == 0
    assert scenes[-1]["endFrame"] == frames
    for left, right in itertools.pairwise(scenes):
        assert left["endFrame"] == right["startFrame"]


def test_a_scene_shows_the_prompt_that_would_be_sent_now(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = scenes[0]
    here = f"{at}/scenes/{scene['id']}"
    sent = generated(api, world, at, scene["id"])[0]["prompt"]
    assert sent == scene["prompt"]
    edited = api.put(here, json={"mood": "weightless"}).json()
    assert "weightless" in edited["prompt"]
    assert edited["versions"][0]["prompt"] == sent
    assert edited["versions"][0]["outdated"] is True
    take = edited["versions"][0]
    diff = api.get(f"{at}/scenes/{edited['id']}/versions/{take['id']}/prompt-diff").json()
    assert diff["outdated"] is True
    assert (diff["before"], diff["after"]) == (take["prompt"], edited["prompt"])
    for side in ("before", "after"):
        assert "".join(x[side] for x in diff["changes"]) == diff[side]
    assert len(diff["summary"]) == sum(x["kind"] != "same" for x in diff["changes"]) > 0
    whole = api.put(here, json={"prompt": "Just this."}).json()
    assert (whole["prompt"], whole["promptEdited"]) == ("Just this.", True)
    back = api.put(here, json={"prompt": None}).json()
    assert (back["prompt"], back["promptEdited"]) == (edited["prompt"], False)


def test_a_characters_change_shows_in_every_scenes_prompt(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    made = api.post(f"{at}/characters", json={"name": "TZELEM", "isPrimary": True}).json()
    singing = next(s["id"] for s in scenes if s["sceneType"] == "performance")
    assert "TZELEM" in api.get(f"{at}/scenes/{singing}").json()["prompt"]
    api.put(f"{at}/characters/{made['id']}", json={"name": "ORION"})
    listed = {s["id"]: s["prompt"] for s in api.get(f"{at}/scenes").json()}
    assert "ORION" in listed[singing]


@pytest.mark.parametrize(
    "body",
    [
        {"sceneType": "cartoon"},
        {"sceneType": None},
        {"characterIds": ["c-nobody"]},
        {"lipSyncMethod": "magic"},
        {"prompt": ""},
        {"startTime": 3},
    ],
)
def test_bad_edits_are_refused(api: Api, world: World, body: dict) -> None:
    at, scenes = planned(api, world)
    assert api.put(f"{at}/scenes/{scenes[0]['id']}", json=body).status_code == 422


def test_edits_are_guarded_by_if_match(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    here = f"{at}/scenes/{scenes[0]['id']}"
    tag = api.get(here).headers["etag"]
    assert api.put(here, json={"mood": "a"}, headers={"If-Match": tag}).status_code == 200
    assert api.put(here, json={"mood": "b"}, headers={"If-Match": tag}).status_code == 412


def test_the_list_is_new_after_every_kind_of_change(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = scenes[0]["id"]
    first = api.get(f"{at}/scenes").json()
    assert api.get(f"{at}/scenes").json() == first
    version = generated(api, world, at, scene)[0]
    with_take = api.get(f"{at}/scenes").json()
    assert with_take[0]["versions"] == [version]
    assert with_take[0]["actualCostUsd"] > 0
    api.post(f"{at}/scenes/{scene}/versions/{version['id']}/select")
    assert api.get(f"{at}/scenes").json()[0]["selectedVersionId"] == version["id"]
    api.post(f"{at}/scenes/{scene}/versions/{version['id']}/score", json={"userScore": 3})
    assert api.get(f"{at}/scenes").json()[0]["versions"][0]["userScore"] == 3
    api.put(at, json={"stylePreset": "anime"})
    assert api.get(f"{at}/scenes").json()[1]["prompt"] != first[1]["prompt"]
    assert api.get(f"{at}/scenes").json() == [
        api.get(f"{at}/scenes/{s['id']}").json() for s in scenes
    ]


def test_reordering_moves_what_is_shown_and_not_the_song(api: Api, world: World) -> None:
    at, before = planned(api, world)
    wanted = [before[2]["id"], before[0]["id"], before[1]["id"], *(s["id"] for s in before[3:])]
    answer = api.put(f"{at}/scenes/order", json={"sceneIds": wanted})
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert [s["id"] for s in after] == wanted
    assert_tiles(after)
    for old, new in zip(before, after, strict=True):
        assert (old["startFrame"], old["section"], old["lyrics"]) == (
            new["startFrame"],
            new["section"],
            new["lyrics"],
        )
    assert after[0]["idea"] == before[2]["idea"]


def test_an_order_must_name_every_scene_once(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    ids = [s["id"] for s in scenes]
    for wrong in (ids[1:], [*ids, "s999-nobody"], [ids[0], *ids]):
        answer = api.put(f"{at}/scenes/order", json={"sceneIds": wrong})
        assert answer.status_code == 422


def test_a_take_too_short_for_its_new_place_stops_the_move(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    by_length = sorted(scenes, key=lambda s: s["endFrame"] - s["startFrame"])
    short, long = by_length[0], by_length[-1]
    assert short["clipSeconds"] * 24 < long["endFrame"] - long["startFrame"] - 1
    version = generated(api, world, at, short["id"])[0]
    ids = [s["id"] for s in scenes]
    a, b = ids.index(short["id"]), ids.index(long["id"])
    ids[a], ids[b] = ids[b], ids[a]
    answer = api.put(f"{at}/scenes/order", json={"sceneIds": ids})
    assert answer.status_code == 409
    assert version["id"] in {e["value"] for e in answer.json()["errors"]}


def test_splitting_cuts_on_a_beat_and_both_halves_keep_the_take(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = max(scenes, key=lambda s: s["endTime"] - s["startTime"])
    version = generated(api, world, at, scene["id"])[0]
    here = f"{at}/scenes/{scene['id']}"
    api.post(f"{here}/versions/{version['id']}/select")
    spent = api.get(at).json()["actualCostUsd"]
    middle = (scene["startTime"] + scene["endTime"]) / 2 + 0.1
    answer = api.post(f"{here}/split", json={"at": middle})
    assert answer.status_code == 201, answer.text
    left, right = answer.json()
    assert left["id"] == scene["id"]
    beat = left["endTime"] * BPM / 60
    assert beat == pytest.approx(round(beat))
    second = right["versions"][0]
    assert second["inPoint"] == right["startFrame"] - scene["startFrame"]
    assert second["soraClipUrl"] == version["soraClipUrl"]
    assert second["isSelected"] is True
    assert second["sourceVersionId"] == version["id"]
    assert api.get(at).json()["actualCostUsd"] == spent
    assert_tiles(api.get(f"{at}/scenes").json())
    assert len(world.launcher.landings) == 2


def test_a_split_outside_the_scene_or_without_a_beat_is_refused(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    here = f"{at}/scenes/{scenes[0]['id']}/split"
    assert api.post(here, json={"at": scenes[0]["endTime"] + 1}).status_code == 422
    scene_id = scenes[0]["id"]
    for _ in range(6):  # halves of halves, until no beat is left inside
        answer = api.post(f"{at}/scenes/{scene_id}/split", json={})
        if answer.status_code == 422:
            break
    assert answer.status_code == 422


def test_splitting_and_merging_need_no_body(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = max(scenes, key=lambda s: s["endFrame"] - s["startFrame"])
    here = f"{at}/scenes/{scene['id']}"
    key = {"Idempotency-Key": "once"}
    answer = api.post(f"{here}/split", headers=key)
    assert answer.status_code == 201, answer.text
    assert api.post(f"{here}/split", json={}, headers=key).json() == answer.json()
    merged = api.post(f"{here}/merge")
    assert merged.status_code == 200, merged.text
    assert merged.json()["endFrame"] == scene["endFrame"]
    assert len(api.get(f"{at}/scenes").json()) == len(scenes)


def test_halves_of_a_scene_without_takes_do_not_look_alike(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    before = next(s for s in scenes if s["endTime"] - s["startTime"] > 4)
    first, second = api.post(f"{at}/scenes/{before['id']}/split").json()
    assert first["idea"] == before["idea"]
    assert second["idea"] != first["idea"]
    assert second["shot"]["size"] != first["shot"]["size"]


def test_each_half_of_a_scene_without_takes_says_what_is_sung_in_it(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = max(scenes, key=lambda s: s["endTime"] - s["startTime"])
    start, end = scene["startTime"], scene["endTime"]
    lines = [
        {"text": "first of all", "startTime": start + 0.1, "endTime": start + 0.6},
        {"text": "last of all", "startTime": end - 0.6, "endTime": end - 0.1},
    ]
    assert api.put(f"{at}/storyboard", json={"lyricsData": lines}).status_code == 200
    here = f"{at}/scenes/{scene['id']}"
    assert api.get(here).json()["lyrics"] == "first of all\nlast of all"
    left, right = api.post(f"{here}/split").json()
    assert (left["lyrics"], right["lyrics"]) == ("first of all", "last of all")
    assert right["why"] != scene["why"]
    merged = api.post(f"{here}/merge").json()
    assert (merged["lyrics"], merged["why"]) == ("first of all\nlast of all", left["why"])
    # Words that a person wrote into a scene stay there.
    api.put(here, json={"lyrics": "mine"})
    assert [half["lyrics"] for half in api.post(f"{here}/split").json()] == ["mine", "mine"]


def test_what_a_person_set_in_a_scene_is_not_said_to_be_set_in_both_halves(
    api: Api, world: World
) -> None:
    at, scenes = planned(api, world)
    scene = max(scenes, key=lambda s: s["endTime"] - s["startTime"])
    here = f"{at}/scenes/{scene['id']}"
    mine = {"idea": "a boat", "mood": "calm", "lyrics": "my own few words"}
    api.put(here, json=mine)
    left, right = api.post(f"{here}/split").json()
    assert (left["idea"], left["lyrics"], right["lyrics"]) == ("a boat", "my own…", "…few words")
    with world.database.read() as session:
        edited = {s.id: s.edited for s in rows.of_project(session, at.rpartition("/")[2])}
    assert edited[left["id"]] == ["idea", "lyrics", "mood"]
    assert edited[right["id"]] == ["lyrics", "mood"]
    assert api.post(f"{here}/merge").json()["lyrics"] == "my own few words"


def test_each_half_of_a_scene_with_takes_says_so_too_and_is_whole_again_when_merged(
    api: Api, world: World
) -> None:
    at, scenes = planned(api, world)
    singing = [s for s in scenes if s["sceneType"] == "performance"]
    scene = max(singing, key=lambda s: s["endTime"] - s["startTime"])
    start, end = scene["startTime"], scene["endTime"]
    lines = [
        {"text": "first of all", "startTime": start + 0.1, "endTime": start + 0.6},
        {"text": "last of all", "startTime": end - 0.6, "endTime": end - 0.1},
    ]
    api.put(f"{at}/storyboard", json={"lyricsData": lines})
    here = f"{at}/scenes/{scene['id']}"
    generated(api, world, at, scene["id"])
    before = api.get(here).json()
    halves = api.post(f"{here}/split").json()
    assert [half["lyrics"] for half in halves] == ["first of all", "last of all"]
    assert halves[1]["why"] != before["why"]
    assert [v["outdated"] for half in halves for v in half["versions"]] == [False, False]
    merged = api.post(f"{here}/merge").json()
    for name in ("lyrics", "why", "energy", "prompt", "startFrame", "endFrame"):
        assert merged[name] == before[name], name
    assert [v["outdated"] for v in merged["versions"]] == [False]
    # A take of one scene is not one of both.
    half = api.post(f"{here}/split").json()[0]
    api.put(f"{at}/scenes/{half['id']}", json={"mood": "mine"})
    merged = api.post(f"{here}/merge").json()
    assert [v["outdated"] for v in merged["versions"]] == [True]


def test_what_a_person_set_in_the_second_of_two_scenes_is_in_the_merged_one(
    api: Api, world: World
) -> None:
    at, scenes = planned(api, world)
    scene = max(scenes, key=lambda s: s["endTime"] - s["startTime"])
    here = f"{at}/scenes/{scene['id']}"
    _, second = api.post(f"{here}/split").json()
    there = f"{at}/scenes/{second['id']}"
    mine = {"idea": "a boat", "mood": "calm", "prompt": "my prompt", "lyrics": "my words"}
    api.put(there, json=mine)
    merged = api.post(f"{here}/merge").json()
    for name in ("idea", "mood", "prompt"):
        assert merged[name] == mine[name]
    assert merged["lyrics"].endswith("my words")
    assert api.get(here).json()["lyrics"] == merged["lyrics"]
    # Where both have something of their own, nobody chooses for the person.
    _, second = api.post(f"{here}/split").json()
    api.put(f"{at}/scenes/{second['id']}", json={"mood": "wild"})
    refused = api.post(f"{here}/merge")
    assert refused.status_code == 409
    assert "mood" in refused.json()["detail"]
    forced = api.post(f"{here}/merge", json={"force": True}).json()
    assert (forced["mood"], forced["lyrics"]) == ("calm", merged["lyrics"])


def test_a_scene_made_of_another_kind_shows_what_that_kind_can(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    sizes = {
        kind: {t.name for t in shot_vocabulary().sizes if kind in t.kinds}
        for kind in ("performance", "broll")
    }
    for kind, other in (("broll", "performance"), ("performance", "broll")):
        scene = next(s for s in scenes if s["sceneType"] == kind)
        here = f"{at}/scenes/{scene['id']}"
        after = api.put(here, json={"sceneType": other}).json()
        assert after["lipSyncEnabled"] is (other == "performance")
        assert after["idea"] != scene["idea"]
        assert after["shot"]["size"] in sizes[other]
        rows = api.get(f"{at}/scenes").json()
        for left, right in itertools.pairwise(rows):
            if scene["id"] in (left["id"], right["id"]):
                assert left["idea"] != right["idea"]
                assert left["shot"]["size"] != right["shot"]["size"]
        api.put(here, json={"sceneType": kind, "idea": "a boat", "lipSyncEnabled": False})
        after = api.put(here, json={"sceneType": other}).json()
        assert (after["idea"], after["lipSyncEnabled"]) == ("a boat", False)


@pytest.mark.parametrize("kind", ["broll", "performance"])
def test_a_kind_that_comes_back_brings_its_picture_back(api: Api, world: World, kind: str) -> None:
    at, scenes = planned(api, world)
    scene = next(s for s in scenes if s["sceneType"] == kind)
    here = f"{at}/scenes/{scene['id']}"
    generated(api, world, at, scene["id"])
    other = "performance" if kind == "broll" else "broll"
    strange = api.put(here, json={"sceneType": other}).json()
    assert strange["versions"][0]["outdated"] is True
    again = api.put(here, json={"sceneType": kind}).json()
    for name in ("idea", "shot", "lipSyncEnabled"):
        assert again[name] == scene[name]
    assert again["versions"][0]["outdated"] is False
    assert api.put(here, json={"sceneType": other}).json()["idea"] == strange["idea"]


@pytest.mark.parametrize(
    ("status", "said"), [("unknown", "/resolve"), ("stuck", "/resolve"), ("generating", "cancel")]
)
def test_takes_that_wait_are_in_the_way_of_a_split_and_it_says_what_to_do(
    api: Api, world: World, status: str, said: str
) -> None:
    at, scenes = planned(api, world)
    scene = max(scenes, key=lambda s: s["endTime"] - s["startTime"])
    take = generated(api, world, at, scene["id"])[0]
    with world.database.write() as session:
        takes.set_status(session, takes.get(session, take["id"]), status)
    answer = api.post(f"{at}/scenes/{scene['id']}/split")
    assert answer.status_code == 409
    assert said in answer.json()["detail"]


def test_both_halves_of_a_split_keep_what_a_person_nudged(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    singing = [s for s in scenes if s["sceneType"] == "performance"]
    scene = max(singing, key=lambda s: s["endFrame"] - s["startFrame"])
    take = generated(api, world, at, scene["id"])[0]
    here = f"{at}/scenes/{scene['id']}"
    box = {"x": 0.4, "y": 0.5, "width": 0.2, "height": 0.1}
    phones = [{"phoneme": "AH0", "start": scene["startTime"], "end": scene["endTime"]}]
    nudges = {"mouthBox": box, "offsetMs": -40, "phonemes": phones}
    asked = api.post(f"{here}/versions/{take['id']}/lip-sync", json=nudges)
    assert asked.status_code == 202, asked.text
    halves = api.post(f"{here}/split").json()
    for half in halves:
        [version] = half["versions"]
        lips = f"{at}/scenes/{half['id']}/versions/{version['id']}/lip-sync"
        assert api.get(lips).json()["nudges"] == nudges


def test_merging_undoes_a_split(api: Api, world: World) -> None:
    at, before = planned(api, world)
    scene = max(before, key=lambda s: s["endTime"] - s["startTime"])
    version = generated(api, world, at, scene["id"])[0]
    here = f"{at}/scenes/{scene['id']}"
    api.post(f"{here}/versions/{version['id']}/select")
    api.post(f"{here}/split", json={})
    answer = api.post(f"{here}/merge", json={})
    assert answer.status_code == 200, answer.text
    merged = answer.json()
    assert merged["id"] == scene["id"]
    assert (merged["startFrame"], merged["endFrame"]) == (scene["startFrame"], scene["endFrame"])
    assert merged["selectedVersionId"] == version["id"]
    assert_tiles(api.get(f"{at}/scenes").json())


def test_merging_takes_that_do_not_cover_both_needs_force(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = max(scenes, key=lambda s: s["endTime"] - s["startTime"])
    left, right = api.post(f"{at}/scenes/{scene['id']}/split", json={}).json()
    version = generated(api, world, at, right["id"])[0]
    refused = api.post(f"{at}/scenes/{left['id']}/merge", json={})
    assert refused.status_code == 409
    assert version["id"] in {e["value"] for e in refused.json()["errors"]}
    merged = api.post(f"{at}/scenes/{left['id']}/merge", json={"force": True})
    assert merged.status_code == 200
    assert merged.json()["versions"] == []
    assert_tiles(api.get(f"{at}/scenes").json())


def test_the_last_scene_and_scenes_too_long_together_do_not_merge(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    assert api.post(f"{at}/scenes/{scenes[-1]['id']}/merge", json={}).status_code == 422
    pairs = itertools.pairwise(scenes)
    long = next(a for a, b in pairs if b["endFrame"] - a["startFrame"] > 8 * 24)
    assert api.post(f"{at}/scenes/{long['id']}/merge", json={}).status_code == 422


def test_cuts_do_not_move_under_a_take_that_is_being_made(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    api.post(f"{at}/scenes/{scenes[0]['id']}/generate")
    assert api.post(f"{at}/scenes/{scenes[0]['id']}/split", json={}).status_code == 409


def test_what_a_person_set_is_noted_and_a_moved_scene_is_one_wish(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    first, second, *others = [s["id"] for s in scenes]

    def edited(scene_id: str) -> list[str]:
        with world.database.read() as session:
            return session.get(Scene, scene_id).edited

    api.put(f"{at}/scenes/{first}", json={"mood": "mine", "lyrics": "mine"})
    assert edited(first) == ["lyrics", "mood"]
    assert edited(second) == []
    api.put(f"{at}/scenes/order", json={"sceneIds": [second, first, *others]})
    shown = ["idea", "lip_sync_enabled", "mood", "scene_type", "shot"]
    assert edited(first) == shown
    assert edited(second) == sorted([*shown, "lyrics"]), "words stay with the interval"
