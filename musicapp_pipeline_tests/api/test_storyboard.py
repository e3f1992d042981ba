"""The storyboard: generating, reading, correcting."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import Session

from musicapp_pipeline.analysis import edits as song_edits
from musicapp_pipeline.analysis.model import SECTION_TYPES, SongAnalysis
from musicapp_pipeline.api.storyboard import edits as api_edits
from musicapp_pipeline.api.storyboard.schemas import SectionType
from musicapp_pipeline.store import jobs, projects
from musicapp_pipeline.store.database import Database
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, new_project, planned
from musicapp_pipeline_tests.api.world import BPM, World


def test_there_is_none_before_it_was_generated(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}/storyboard"
    for url in (at, f"{at}/timeline"):
        answer = api.get(url)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    assert api.put(at, json={"sections": [{"name": "a", "startTime": 0, "endTime": 1}]})


def test_generating_queues_one_job_however_often_it_is_clicked(api: Api, world: World) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    first = api.post(f"{at}/storyboard/generate")
    again = api.post(f"{at}/storyboard/generate")
    assert first.status_code == again.status_code == 202
    assert first.json()["jobId"] == again.json()["jobId"]
    assert first.json()["job"]["type"] == "analyze_audio"


def test_another_song_is_heard_anew_while_the_former_still_is(api: Api, world: World) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    first = api.post(f"{at}/storyboard/generate").json()["jobId"]
    api.put(at, json={"audioUrl": "s3://bucket/queued.mp3"})
    again = api.post(f"{at}/storyboard/generate").json()["jobId"]
    assert again == first, "it has not begun, so it hears the new song"
    with world.database.write() as session:
        jobs.claim(session, first, "r")
    assert api.post(f"{at}/storyboard/generate").json()["jobId"] == first
    api.put(at, json={"audioUrl": "s3://bucket/another.mp3"})
    other = api.post(f"{at}/storyboard/generate").json()["jobId"]
    assert other != first
    assert api.get(f"/api/jobs/{first}").json()["cancelRequested"] is True
    assert api.get(f"/api/jobs/{other}").json()["status"] == "queued"
    assert api.post(f"{at}/storyboard/generate").json()["jobId"] == other


def test_null_shows_the_lines_that_were_heard_again(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    heard = api.get(f"{at}/storyboard").json()["lyricsData"]
    for text in ("mine", "mine again"):
        line = {"text": text, "startTime": 1, "endTime": 2}
        board = api.put(f"{at}/storyboard", json={"lyricsData": [line]}).json()
        assert [x["text"] for x in board["lyricsData"]] == [text]
    back = api.put(f"{at}/storyboard", json={"lyricsData": None}).json()
    assert (back["lyricsData"], back["warnings"]) == (heard, [])


def test_lines_heard_in_other_words_do_not_come_back(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    line = {"text": "mine", "startTime": 1, "endTime": 2}
    api.put(f"{at}/storyboard", json={"lyricsData": [line]})
    api.put(at, json={"lyrics": "other words"})
    board = api.put(f"{at}/storyboard", json={"lyricsData": None}).json()
    assert [x["text"] for x in board["lyricsData"]] == ["mine"]
    assert any("heard again" in warning for warning in board["warnings"])


def test_a_new_storyboard_says_which_scenes_stay(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[1]["id"])
    answer = api.post(f"{at}/storyboard/generate").json()
    assert answer["keptSceneIds"] == [scenes[1]["id"]]
    assert answer["replacedSceneIds"] == [s["id"] for s in scenes if s["id"] != scenes[1]["id"]]


def test_it_shows_what_was_heard(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    board = api.get(f"{at}/storyboard").json()
    assert board["beatGrid"]["bpm"] == 120
    assert board["beatGrid"]["beats"][1] == {"time": 0.5, "strength": 0.9}
    assert [s["name"] for s in board["sections"]] == ["intro", "verse", "chorus"]
    assert set(board["sections"][0]) == {"name", "startTime", "endTime", "type", "confidence"}
    assert board["lyricsData"] == [{"text": "best believe me", "startTime": 14, "endTime": 18}]


def test_sections_are_renamed_and_tile_the_song(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    sections = [
        {"name": "Intro", "startTime": 0, "endTime": 8},
        {"name": "Chorus 2", "startTime": 10, "endTime": 20},
    ]
    board = api.put(f"{at}/storyboard", json={"sections": sections}).json()
    shown = [(s["name"], s["startTime"], s["endTime"], s["type"]) for s in board["sections"]]
    assert shown == [("Intro", 0, 10, "intro"), ("Chorus 2", 10, 40, "chorus")]
    timeline = api.get(f"{at}/storyboard/timeline").json()
    assert timeline["sections"][1] == {"name": "Chorus 2", "start_time": 10, "end_time": 40}
    told = " ".join(board["warnings"])
    assert "no section from 8 to 10 s: “Intro” goes on until then" in told
    assert "no section after 20 s: “Chorus 2” goes on to the song's end" in told
    heard = api.put(f"{at}/storyboard", json={"sections": None}).json()["sections"]
    assert [s["name"] for s in heard] == ["intro", "verse", "chorus"]


def test_a_list_of_sections_is_not_changed_in_silence(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    sections = [
        {"name": "Intro", "startTime": 2, "endTime": 20},
        {"name": "Snap", "startTime": 20, "endTime": 20.4},
        {"name": "Refrain", "startTime": 20.4, "endTime": 40},
    ]
    board = api.put(f"{at}/storyboard", json={"sections": sections}).json()
    assert [s["type"] for s in board["sections"]] == ["intro", "verse", "chorus"]
    told = " ".join(board["warnings"])
    assert "no section starts the song: “Intro” begins at 0 s" in told
    assert "“Snap”: its name says no kind" in told
    assert "“Snap” lasts 0.40 s, less than a bar" in told
    assert "Refrain" not in told


def test_shifted_beats_take_free_cuts_with_them_and_leave_paid_ones(api: Api, world: World) -> None:
    at, before = planned(api, world)
    paid = before[2]
    generated(api, world, at, paid["id"])
    edits = [{"kind": "shift_beats", "milliseconds": 100}]
    board = api.put(f"{at}/storyboard", json={"edits": edits}).json()
    assert board["edits"] == edits
    assert board["beatGrid"]["beats"][1]["time"] == pytest.approx(0.6)
    assert any("keep" in warning for warning in board["warnings"])
    after = api.get(f"{at}/scenes").json()
    assert (after[2]["startFrame"], after[2]["endFrame"]) == (paid["startFrame"], paid["endFrame"])
    for scene in after[:1] + after[4:-1]:
        beats = (scene["endTime"] - 0.1) * BPM / 60
        assert beats == pytest.approx(round(beats)), scene["endTime"]
    for left, right in itertools.pairwise(after):
        assert left["endFrame"] == right["startFrame"]


def test_cuts_stay_until_it_is_asked_that_they_follow(api: Api, world: World) -> None:
    at, before = planned(api, world)
    url = f"{at}/storyboard"
    cuts = [s["startFrame"] for s in before]
    edits = [{"kind": "shift_beats", "milliseconds": 100}]
    assert api.put(url, json={"edits": edits, "resnap": False}).status_code == 200
    assert [s["startFrame"] for s in api.get(f"{at}/scenes").json()] == cuts
    assert api.put(url, json={"resnap": True}).status_code == 200
    after = [s["startFrame"] for s in api.get(f"{at}/scenes").json()]
    assert after[0] == 0
    assert all(a != b for a, b in zip(after[1:], cuts[1:], strict=True))


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "shift_beats", "milliseconds": 200},
        {"kind": "shift_beats", "milliseconds": -100},
        {"kind": "scale_tempo", "direction": "double"},
    ],
)
def test_cuts_that_follow_later_lie_where_they_would_have_at_once(
    api: Api, world: World, edit: dict
) -> None:
    at, _ = planned(api, world)
    api.put(f"{at}/storyboard", json={"edits": [edit]})
    at_once = places(api, at)
    at, _ = planned(api, world)
    url, before = f"{at}/storyboard", places(api, at)
    for edits in ([{"kind": "shift_beats", "milliseconds": 30}], [edit]):
        api.put(url, json={"edits": edits, "resnap": False})
    assert places(api, at) == before
    assert api.put(url, json={"resnap": True}).json()["warnings"] == []
    assert places(api, at) == at_once
    why = [s["why"] for s in api.get(f"{at}/scenes").json()]
    assert sum("starts" in reason for reason in why) == 3, why
    api.put(url, json={"edits": None})
    assert places(api, at) == before


def test_cuts_that_could_not_follow_do_once_they_can(api: Api, world: World) -> None:
    body = {"edits": [{"kind": "shift_beats", "milliseconds": 200}]}
    at, _ = planned(api, world)
    api.put(f"{at}/storyboard", json=body)
    at_once = places(api, at)
    at, _ = planned(api, world)
    url, before = f"{at}/storyboard", places(api, at)
    api.put(at, json={"clipSeconds": 4})
    [said] = api.put(url, json=body).json()["warnings"]
    assert "stay where they are" in said
    assert places(api, at) == before
    api.put(at, json={"clipSeconds": 8})
    assert api.put(url, json={"resnap": True}).json()["warnings"] == []
    assert places(api, at) == at_once


def places(api: Api, at: str) -> list[tuple[int, int]]:
    return [(s["startFrame"], s["endFrame"]) for s in api.get(f"{at}/scenes").json()]


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "shift_beats", "milliseconds": 100},
        {"kind": "scale_tempo", "direction": "halve"},
        {"kind": "scale_tempo", "direction": "double"},
    ],
)
def test_taking_an_edit_of_the_beats_back_takes_the_cuts_back(
    api: Api, world: World, edit: dict
) -> None:
    at, before = planned(api, world)
    url = f"{at}/storyboard"
    shift = {"kind": "shift_beats", "milliseconds": -50}
    for edits in ([edit], [edit, shift], [edit]):
        assert api.put(url, json={"edits": edits}).status_code == 200
    places = [(s["startFrame"], s["endFrame"], s["clipSeconds"]) for s in before]
    api.put(url, json={"edits": None})
    after = api.get(f"{at}/scenes").json()
    assert [(s["startFrame"], s["endFrame"], s["clipSeconds"]) for s in after] == places
    # A scene that was bought meanwhile stays where it was bought.
    api.put(url, json={"edits": [shift]})
    paid = api.get(f"{at}/scenes").json()[2]
    generated(api, world, at, paid["id"])
    api.put(url, json={"edits": None})
    after = api.get(f"{at}/scenes").json()
    assert (after[2]["startFrame"], after[2]["endFrame"]) == (paid["startFrame"], paid["endFrame"])
    assert all(a["endFrame"] == b["startFrame"] for a, b in itertools.pairwise(after))


@pytest.mark.parametrize(
    "body",
    [
        {"beatGrid": {"beats": [{"time": 2}, {"time": 1}]}},
        {"beatGrid": {"beats": [{"time": 39}, {"time": 41}]}},
        {"beatGrid": {"beats": []}},
        {"beatGrid": {"downbeats": [1, 400]}},
        {"lyricsData": [{"text": "a", "startTime": 50, "endTime": 60}]},
        {"sections": [{"name": "a", "startTime": 0, "endTime": 400}]},
        {
            "sections": [
                {"name": "a", "startTime": 0, "endTime": 20},
                {"name": "b", "startTime": 10, "endTime": 40},
            ]
        },
        {"sections": []},
        {"sections": [{"name": "a", "startTime": 5, "endTime": 5}]},
        {"sections": [{"name": "a", "startTime": 0, "endTime": 5, "type": "polka"}]},
        {"lyricsData": [{"text": "a", "startTime": 5, "endTime": 4}]},
        {"edits": [{"kind": "wish"}]},
        {"edits": [{"kind": "move_boundary", "time": 900, "to": 901}]},
        {"beatGrid": {"bpm": None}},
        {"beatGrid": {"bpm": 999}},
        {"beatGrid": {"bpm": 5}},
        {"beatGrid": {"beats": [{"time": 1}]}},
        {"beatGrid": {"beats": [{"time": 1}, {"time": 1.001}, {"time": 1.002}]}},
        {"beatGrid": {"downbeats": [-3, 4]}},
        {"sections": [{"name": "\x01", "startTime": 0, "endTime": 5}]},
    ],
)
def test_impossible_corrections_are_refused(api: Api, world: World, body: dict) -> None:
    at, _ = planned(api, world)
    before = api.get(f"{at}/storyboard").json()
    assert api.put(f"{at}/storyboard", json=body).status_code == 422
    assert api.get(f"{at}/storyboard").json() == before


SHIFT = {"kind": "shift_beats", "milliseconds": 5000}
DOUBLE = {"kind": "scale_tempo", "direction": "double"}
IMPOSSIBLE = [
    ([DOUBLE, DOUBLE], "edits.1.direction", 480, "20 to 400 BPM"),
    ([{"kind": "tap_tempo", "taps": [500, 500.5, 501, 501.5]}], "edits.0.taps", 500, "0 to 40 s"),
    ([{"kind": "move_boundary", "time": 20, "to": 500}], "edits.0.to", 500, "0 to 40 s"),
    ([{"kind": "rename_section", "time": -5, "name": "a"}], "edits.0.time", -5, "0 to 40 s"),
    ([{"kind": "split_section", "time": 0.2}], "edits.0.time", 0.2, None),
    ([SHIFT] * 9, "edits.7.milliseconds", 5000, "what leaves at least 2 beats"),
    ([{**DOUBLE, "bpm": -4}], "edits.0.scale_tempo.bpm", -4, "at least 20"),
]


@pytest.mark.parametrize(("typed", "field", "value", "allowed"), IMPOSSIBLE)
def test_an_edit_that_does_not_fit_is_named_with_what_would(
    api: Api, world: World, typed: list, field: str, value: float, allowed: str | None
) -> None:
    at, _ = planned(api, world)
    before = api.get(f"{at}/storyboard").json()
    answer = api.put(f"{at}/storyboard", json={"edits": typed})
    assert answer.status_code == 422
    assert answer.json()["code"] == ("invalid" if field.endswith("bpm") else "bad_edit")
    [error] = answer.json()["errors"]
    assert (error["field"], error["value"]) == (field, value)
    assert error["allowed"] == allowed or allowed is None
    assert api.get(f"{at}/storyboard").json() == before


@pytest.mark.parametrize(
    ("edit", "most", "what"),
    [
        ({"kind": "shift_beats", "milliseconds": 1}, 100, "of the beats"),
        ({"kind": "tap_tempo", "taps": [5.0, 5.5, 6.0, 6.5]}, 5, "by tapping"),
    ],
)
def test_more_edits_than_anybody_needs_are_refused(
    api: Api, world: World, edit: dict, most: int, what: str
) -> None:
    at, _ = planned(api, world)
    answer = api.put(f"{at}/storyboard", json={"edits": [edit] * (most + 1)})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["value"]) == ("edits", most + 1)
    assert error["allowed"] == f"up to {most} {what}"


@pytest.mark.parametrize(
    "body",
    [
        '{"edits": [{"kind": "rename_section", "time": 1, "name": "\\ud83d"}]}',
        '{"edits": [{"kind": "rename_section", "time": 1, "name": "a", "type": "\\ud83d"}]}',
        '{"edits": [{"kind": "shift_beats", "milliseconds": 1e400}]}',
        '{"edits": [{"kind": "move_boundary", "time": 1, "to": 1e400}]}',
        '{"edits": [{"kind": "move_boundary", "time": NaN, "to": 1}]}',
        '{"beatGrid": {"downbeats": [NaN]}}',
        '{"beatGrid": {"bpm": NaN}}',
        '{"sections": [{"name": "a", "startTime": NaN, "endTime": 5}]}',
        '{"lyricsData": [{"text": "a", "startTime": 0, "endTime": NaN}]}',
    ],
)
def test_what_no_database_keeps_is_refused(api: Api, world: World, body: str) -> None:
    at, _ = planned(api, world)
    headers = {"Content-Type": "application/json"}
    answer = api.put(f"{at}/storyboard", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert api.get(f"{at}/storyboard").status_code == 200


def test_an_edit_that_was_stored_under_laxer_rules_does_not_hide_the_storyboard(
    api: Api, world: World
) -> None:
    at, _ = planned(api, world)
    with world.database.write() as session:
        board = projects.storyboard(session, at.rpartition("/")[2])
        half = {"kind": "rename_section", "time": 1.0, "name": "\ud83d"}
        board.edits = {"analysis": [half, {**SHIFT, "milliseconds": 20.0}]}
    board = api.get(f"{at}/storyboard").json()
    assert [e["kind"] for e in board["edits"]] == ["shift_beats"]
    said = api.put(f"{at}/storyboard", json={"lyricsData": None}).json()["warnings"]
    assert any("its name is wrong" in warning for warning in said)


@pytest.mark.parametrize(
    "starts", [(0, 10, 13.3, 26.6), (0,)], ids=["heard by itself", "no room any more"]
)
def test_edits_of_before_can_be_sent_again_with_another(
    api: Api, world: World, starts: tuple[float, ...]
) -> None:
    at, _ = planned(api, world)
    url = f"{at}/storyboard"
    mine = [
        {"kind": "split_section", "time": 10.0},
        {"kind": "move_boundary", "time": 26.6667, "to": 30.0},
    ]
    assert api.put(url, json={"edits": mine}).status_code == 200
    with world.database.write() as session:  # the song is heard again
        board = projects.storyboard(session, at.rpartition("/")[2])
        ends = (*starts[1:], 40.0)
        sections = [
            {**board.analysis["sections"][0], "start_time": a, "end_time": b}
            for a, b in zip(starts, ends, strict=True)
        ]
        board.analysis = {**board.analysis, "sections": sections}
    known = api.get(url).json()["edits"]
    answer = api.put(url, json={"edits": [*known, {"kind": "shift_beats", "milliseconds": 20}]})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["edits"]) == 3
    # A new one that does not fit is refused as before.
    bad = {"kind": "split_section", "time": 0.2}
    [error] = api.put(url, json={"edits": [*known, bad]}).json()["errors"]
    assert error["field"] == "edits.2.time"


def test_a_doubled_tempo_that_a_new_hearing_hears_by_itself_is_not_doubled_again(
    api: Api, world: World
) -> None:
    at, _ = planned(api, world)
    url = f"{at}/storyboard"
    board = api.put(url, json={"edits": [DOUBLE]}).json()
    assert board["edits"] == [{**DOUBLE, "bpm": 240}]
    grid = board["beatGrid"]
    shift = {"kind": "shift_beats", "milliseconds": 20}
    for sent in (DOUBLE, board["edits"][0]):  # as it was sent before, and as it is shown
        answer = api.put(url, json={"edits": [sent, shift]}).json()
        assert answer["edits"] == [{**DOUBLE, "bpm": 240}, shift]
        assert answer["beatGrid"]["bpm"] == 240
    with world.database.write() as session:  # the song is heard again
        heard = projects.storyboard(session, at.rpartition("/")[2])
        heard.analysis = {**heard.analysis, **grid}
    answer = api.put(url, json={"edits": [DOUBLE]}).json()
    assert answer["beatGrid"] == grid
    assert answer["edits"] == [{**DOUBLE, "bpm": 240}]


def test_names_are_one_line(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    edit = {"kind": "rename_section", "time": 1, "name": "Big\nhook\x00"}
    board = api.put(f"{at}/storyboard", json={"edits": [edit]}).json()
    assert board["sections"][0]["name"] == "Big hook"
    section = {"name": "My\r\nsong", "startTime": 0, "endTime": 40}
    board = api.put(f"{at}/storyboard", json={"sections": [section]}).json()
    assert board["sections"][0]["name"] == "My song"


def test_a_typed_edit_after_a_list_of_sections_changes_it(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    url = f"{at}/storyboard"
    rename = {"kind": "rename_section", "time": 30, "name": "Hook", "type": "chorus"}
    sections = [
        {"name": "Intro", "startTime": 0, "endTime": 20},
        {"name": "Verse", "startTime": 20, "endTime": 40},
    ]
    api.put(url, json={"sections": sections})
    board = api.put(url, json={"edits": [rename]}).json()
    assert [s["name"] for s in board["sections"]] == ["Intro", "Hook"]
    board = api.put(url, json={"sections": sections}).json()
    assert [s["name"] for s in board["sections"]] == ["Intro", "Verse"]
    assert board["edits"] == []
    assert any("rename section" in warning for warning in board["warnings"])
    board = api.put(url, json={"sections": sections, "edits": [rename]}).json()
    assert [s["name"] for s in board["sections"]] == ["Intro", "Hook"]
    assert board["warnings"] == []


def test_a_section_start_that_is_no_cut_is_said(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    cuts = {scene["startTime"] for scene in scenes}
    bar = next(t for t in (18, 20, 22, 32, 34) if t not in cuts)
    split = {"kind": "split_section", "time": bar}
    board = api.put(f"{at}/storyboard", json={"edits": [split]}).json()
    assert bar in {s["startTime"] for s in board["sections"]}
    assert any(f"at {bar:.2f} s: generate" in warning for warning in board["warnings"])
    rename = {"kind": "rename_section", "time": bar + 1, "name": "Hook"}
    board = api.put(f"{at}/storyboard", json={"edits": [split, rename]}).json()
    assert board["warnings"] == []


def test_a_section_start_that_is_no_cut_is_said_when_the_beats_move_too(
    api: Api, world: World
) -> None:
    at, scenes = planned(api, world)
    cuts = {scene["startTime"] for scene in scenes}
    bar = next(t for t in (18, 20, 22, 32, 34) if t not in cuts)
    edits = [
        {"kind": "split_section", "time": bar},
        {"kind": "shift_beats", "milliseconds": 40},
    ]
    said = api.put(f"{at}/storyboard", json={"edits": edits}).json()["warnings"]
    assert any("no scene begins where a section does now" in warning for warning in said)


def test_scenes_lie_on_the_beats_in_seconds_too_however_little_these_move(
    api: Api, world: World
) -> None:
    at, scenes = planned(api, world)
    url = f"{at}/storyboard"
    generated(api, world, at, scenes[2]["id"])
    for milliseconds in (10, 20, -15, 0):
        edit = {"kind": "shift_beats", "milliseconds": milliseconds}
        grid = api.put(url, json={"edits": [edit]}).json()["beatGrid"]
        beats = [beat["time"] for beat in grid["beats"]]
        rows = api.get(f"{at}/scenes").json()
        for n, (left, right) in enumerate(itertools.pairwise(rows)):
            assert left["endTime"] == right["startTime"]
            if n not in (1, 2):  # beside the bought one
                assert right["startTime"] == pytest.approx(
                    min(beats, key=lambda b: abs(b - right["startTime"])), abs=1e-4
                )


def test_a_grid_made_from_shifted_beats_is_not_shifted_again(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    url = f"{at}/storyboard"
    shift = {"kind": "shift_beats", "milliseconds": 100}
    seen = api.put(url, json={"edits": [shift]}).json()["beatGrid"]
    board = api.put(url, json={"beatGrid": {"metre": 3}}).json()
    assert board["beatGrid"]["beats"] == seen["beats"]
    assert (board["beatGrid"]["metre"], board["edits"]) == (3, [])
    times = [beat["time"] for beat in seen["beats"]]
    first = times.index(seen["downbeats"][0])
    assert board["beatGrid"]["downbeats"] == times[first % 3 :: 3]
    assert any("shift beats" in warning for warning in board["warnings"])
    board = api.put(url, json={"edits": [shift]}).json()
    assert board["beatGrid"]["beats"][0]["time"] == pytest.approx(seen["beats"][0]["time"] + 0.1)
    beats = [{"time": n} for n in range(1, 39)]
    grid = api.put(url, json={"beatGrid": {"beats": beats}}).json()["beatGrid"]
    assert (grid["bpm"], grid["downbeats"][:2]) == (60, [1, 4])


def test_another_metre_counts_its_bars_from_the_first_downbeat(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    url = f"{at}/storyboard"
    seen = api.get(url).json()["beatGrid"]
    times = [beat["time"] for beat in seen["beats"]]
    first = times.index(seen["downbeats"][0])
    grid = api.put(url, json={"beatGrid": {"metre": 3}}).json()["beatGrid"]
    assert (grid["beats"], grid["downbeats"]) == (seen["beats"], times[first % 3 :: 3])
    grid = api.put(url, json={"beatGrid": {"downbeats": [times[5], times[8]]}}).json()["beatGrid"]
    assert grid["downbeats"] == [times[5], times[8]]
    grid = api.put(url, json={"beatGrid": {"metre": 4}}).json()["beatGrid"]
    assert grid == seen


def test_a_tempo_that_the_beats_do_not_have_is_said(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    board = api.put(f"{at}/storyboard", json={"beatGrid": {"bpm": 96}}).json()
    assert "the beats go at 120.0" in board["warnings"][0]
    board = api.put(f"{at}/storyboard", json={"beatGrid": {"bpm": 121}}).json()
    assert board["warnings"] == []


def test_null_undoes_all_typed_edits(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    heard = api.get(f"{at}/storyboard").json()
    api.put(f"{at}/storyboard", json={"edits": [{"kind": "shift_beats", "milliseconds": 100}]})
    board = api.put(f"{at}/storyboard", json={"edits": None}).json()
    assert (board["beatGrid"], board["edits"]) == (heard["beatGrid"], [])


def test_times_that_people_rounded_are_taken(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    sections = [
        {"name": "a", "startTime": 0, "endTime": 20.02},
        {"name": "b", "startTime": 20, "endTime": 40.04},
    ]
    assert api.put(f"{at}/storyboard", json={"sections": sections}).status_code == 200


def test_corrections_are_guarded_by_if_match(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    tag = api.get(f"{at}/storyboard").headers["etag"]
    body = {"lyricsData": [{"text": "a", "startTime": 1, "endTime": 2}]}
    headers = {"If-Match": tag}
    assert api.put(f"{at}/storyboard", json=body, headers=headers).status_code == 200
    assert api.put(f"{at}/storyboard", json=body, headers=headers).status_code == 412


def test_the_documented_section_types_are_the_analysis_ones() -> None:
    assert SectionType.__args__ == SECTION_TYPES


def test_lines_that_come_back_name_the_chorus(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    words = ["hold me closer", "to the fire", "something quite new", "and then more of it"]
    lines = [
        {"text": text, "startTime": 14.0 + 3 * n, "endTime": 16.0 + 3 * n}
        for n, text in enumerate([*words, *words[:2]])
    ]
    board = api.put(f"{at}/storyboard", json={"lyricsData": lines}).json()
    assert [s["type"] for s in board["sections"]] == ["intro", "chorus", "verse", "chorus"]
    assert board["sections"][2]["startTime"] == 20
    assert any("from the lyrics" in note for note in api.get(f"{at}/storyboard").json()["notes"])


def test_edits_are_worked_out_before_anybody_has_to_wait_for_the_database(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, _ = planned(api, world)
    locked, done = [False], []
    write = Database.write

    @contextmanager
    def watched(database: Database) -> Iterator[Session]:
        with write(database) as session:
            locked[0] = True
            yield session
        locked[0] = False

    def counted(analysis: SongAnalysis, edit: song_edits.Edit) -> SongAnalysis:
        done.append((edit.kind, locked[0]))
        return apply_edit(analysis, edit)

    apply_edit = song_edits.apply_edit
    monkeypatch.setattr(Database, "write", watched)
    for module in (song_edits, api_edits):
        monkeypatch.setattr(module, "apply_edit", counted)
    typed = [{"kind": "shift_beats", "milliseconds": 7}, DOUBLE]
    assert api.put(f"{at}/storyboard", json={"edits": typed}).status_code == 200
    kinds = ["shift_beats", "scale_tempo"]
    assert done == [(kind, False) for kind in kinds * 2]  # once to check them, once to hear
    done.clear()
    assert api.get(f"{at}/storyboard").status_code == 200
    assert done == []


def test_the_confidence_shown_is_that_of_the_grid_shown(api: Api, world: World) -> None:
    at, _ = planned(api, world)
    heard = api.get(f"{at}/storyboard").json()["bpmConfidence"]
    taps = {"kind": "tap_tempo", "taps": [3.1 + 0.7 * n for n in range(8)]}
    board = api.put(f"{at}/storyboard", json={"edits": [taps]}).json()
    assert heard == 0.9
    assert 0 < board["bpmConfidence"] < heard, "the tapped beats are sure, the others hardly"
