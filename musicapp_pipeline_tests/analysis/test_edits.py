from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from musicapp_pipeline.analysis import beat_edits, edits, section_edits
from musicapp_pipeline.analysis.corrections import corrected
from musicapp_pipeline.analysis.errors import BadEdit
from musicapp_pipeline.analysis.model import Beat, Section, SongAnalysis

PERIOD = 0.5


def song(beats=64, metre=4, first=0, bpm=120.0, duration=34.0, bounds=(0.0, 8.5, 16.5, 24.5)):
    """A song whose beats start at half a second; bars start at beat ``first``."""
    grid = tuple(Beat(time=round(0.5 + i * PERIOD, 4), strength=0.8) for i in range(beats))
    edges = (*bounds, duration)
    kinds = ("intro", "verse", "chorus", "outro")
    return SongAnalysis(
        duration=duration,
        bpm=bpm,
        metre=metre,
        beats=grid,
        downbeats=tuple(b.time for b in grid[first % metre :: metre]),
        onsets=tuple(b.time for b in grid),
        onset_strengths=tuple(1.0 for _ in grid),
        sections=tuple(
            Section(name=k, start_time=a, end_time=b, type=k, confidence=0.5)
            for k, a, b in zip(kinds, edges, edges[1:], strict=False)
        ),
    )


def by_person(analysis):
    return analysis.model_copy(update={"grid_by_person": True})


def assert_whole(analysis):
    times = [b.time for b in analysis.beats]
    assert times == sorted(set(times))
    assert set(analysis.downbeats) <= set(times)
    edges = [0.0, *(s.end_time for s in analysis.sections)]
    assert [s.start_time for s in analysis.sections] == edges[:-1]
    assert edges[-1] == analysis.duration
    assert all(b > a for a, b in pairwise(edges))


def test_shifting_moves_beats_and_downbeats_together():
    moved = beat_edits.shift_beats(song(), 25)
    assert moved.beats[0].time == pytest.approx(0.525)
    assert moved.downbeats[1] == pytest.approx(2.525)
    assert_whole(moved)


def test_shifting_there_and_back_changes_nothing():
    before = song()
    assert beat_edits.shift_beats(beat_edits.shift_beats(before, 40), -40) == before


def test_beats_shifted_out_of_the_song_are_dropped():
    moved = beat_edits.shift_beats(song(), -600)
    assert len(moved.beats) == 63
    assert_whole(moved)


def test_halving_keeps_the_downbeats_that_remain():
    halved = beat_edits.halve_tempo(song(first=1))
    assert halved.bpm == 60
    assert len(halved.beats) == 32
    assert halved.downbeats[0] == song(first=1).downbeats[0]
    assert set(halved.downbeats) <= set(song(first=1).downbeats)
    assert_whole(halved)


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_doubling_and_halving_give_the_grid_back(first):
    back = beat_edits.halve_tempo(beat_edits.double_tempo(song(first=first)))
    assert [b.time for b in back.beats] == [b.time for b in song().beats]
    assert back.bpm == 120


def test_doubling_a_waltz_gives_six_with_the_same_bars():
    doubled = beat_edits.double_tempo(song(metre=3))
    assert doubled.metre == 6
    assert doubled.downbeats == song(metre=3).downbeats


def test_taps_twice_as_fast_put_a_beat_between_every_two():
    taps = [4.0 + 0.25 * i + (0.01 if i % 2 else -0.005) for i in range(8)]
    tapped = beat_edits.tap_tempo(song(), taps)
    assert tapped.bpm == pytest.approx(240, rel=0.01)
    assert tapped.bpm_confidence < 0.6  # half of the beats are silent
    assert tapped.beats[0].time < 0.5
    assert tapped.beats[-1].time > 32
    assert_whole(tapped)


def test_taps_that_slow_down_are_kept_and_continued():
    taps = [2.0, 2.5, 3.05, 3.65, 4.3, 5.0, 5.8]
    tapped = beat_edits.tap_tempo(song(), taps)
    times = [b.time for b in tapped.beats]
    assert set(taps) <= set(times)
    assert times[-1] - times[-2] == pytest.approx(0.65, abs=0.1)
    assert_whole(tapped)


@pytest.mark.parametrize(
    "taps",
    [
        [],
        [1.0, 2.0, 3.0],
        [1, 2, 2, 3, 4],
        [1.0, 20.0, 40.0, 60.0],
        [20, 20 + 1e-9, 20 + 2e-9, 20 + 3e-9, 20 + 4e-9, 21, 22, 23, 24, 25, 26, 27],
        [20, 20.06, 20.12, 20.18, 20.24, 21, 22, 23, 24, 25, 26, 27],
    ],
)
def test_taps_that_make_no_grid_are_refused(taps):
    with pytest.raises(BadEdit) as caught:
        beat_edits.tap_tempo(song(), taps)
    assert caught.value.field == "taps"


def test_the_first_downbeat_counts_bars_both_ways():
    changed = beat_edits.set_first_downbeat(song(), 2.02, metre=3)
    assert changed.metre == 3
    assert 2.0 in changed.downbeats
    assert changed.downbeats[0] == 0.5
    assert_whole(changed)


def test_moving_a_boundary_snaps_to_a_bar():
    moved = section_edits.move_boundary(song(), 1, 10.9)
    assert moved.sections[1].start_time == 10.5
    assert moved.sections[0].end_time == 10.5
    assert moved.sections[1].confidence == 1
    assert_whole(moved)


@pytest.mark.parametrize("index", [0, 4, -1])
def test_boundaries_that_are_not_there_cannot_move(index):
    with pytest.raises(BadEdit):
        section_edits.move_boundary(song(), index, 10.0)


@pytest.mark.parametrize("time", [0.0, 0.3, 16.4])
def test_no_section_vanishes_by_moving(time):
    with pytest.raises(BadEdit, match="less than a bar") as caught:
        section_edits.move_boundary(song(), 1, time)
    assert (caught.value.field, caught.value.value) == ("to", time)
    assert caught.value.allowed == "1.50 to 15.00 s"


@pytest.mark.parametrize("time", [0.1, 0.9, 8.4])
def test_no_part_of_a_section_is_shorter_than_a_bar(time):
    with pytest.raises(BadEdit, match="less than a bar") as caught:
        section_edits.split_section(song(), 0, time)
    assert caught.value.field == "time"
    assert_whole(section_edits.split_section(song(), 0, 1.2))


def test_where_no_bar_is_near_a_section_is_split_where_one_says():
    late = song().model_copy(update={"beats": song().beats[40:], "downbeats": ()})
    split = section_edits.split_section(late, 0, 4.2)
    assert split.sections[1].start_time == 4.2


@pytest.mark.parametrize(("direction", "last"), [("double", 240), ("halve", 30)])
def test_a_tempo_that_nobody_plays_is_refused(direction, last):
    edit = edits.ScaleTempo(direction=direction)
    scaled = song()
    with pytest.raises(BadEdit) as caught:
        for _ in range(10):
            scaled = edits.apply_edit(scaled, edit)
    assert scaled.bpm == last
    assert (caught.value.field, caught.value.allowed) == ("direction", "20 to 400 BPM")


def test_beats_that_belie_the_tempo_are_not_doubled_without_end():
    dense = tuple(Beat(time=round(0.001 * i, 4), strength=0.5) for i in range(30_000))
    with pytest.raises(BadEdit, match="59999 beats"):
        beat_edits.double_tempo(song().model_copy(update={"beats": dense}))


def test_no_shift_leaves_a_song_without_beats():
    moved = song()
    with pytest.raises(BadEdit) as caught:
        for _ in range(9):
            moved = beat_edits.shift_beats(moved, 5000)
    assert caught.value.field == "milliseconds"
    assert len(moved.beats) >= 2


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (edits.TapTempo(taps=(500.0, 500.5, 501.0, 501.5)), "taps"),
        (edits.MoveBoundary(time=8.5, to=500.0), "to"),
        (edits.MoveBoundary(time=500.0, to=8.5), "time"),
        (edits.RenameSection(time=-5.0, name="Hook"), "time"),
        (edits.RenameSection(time=80_000.0, name="Hook"), "time"),
        (edits.FirstDownbeat(time=34.2), "time"),
        (edits.SplitSection(time=-1.0), "time"),
        (edits.MergeSections(time=99.0), "time"),
    ],
)
def test_a_moment_outside_the_song_is_refused(edit, field):
    with pytest.raises(BadEdit, match="not in the song, which lasts 34 s") as caught:
        edits.apply_edit(song(), edit)
    assert (caught.value.field, caught.value.allowed) == (field, "0 to 34 s")


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "scale_tempo", "direction": "halve", "bpm": -4},
        {"kind": "scale_tempo", "direction": "halve", "bpm": 1000},
        {"kind": "shift_beats", "milliseconds": float("inf")},
        {"kind": "shift_beats", "milliseconds": float("nan")},
        {"kind": "shift_beats", "milliseconds": True},
        {"kind": "first_downbeat", "time": 1e9},
        {"kind": "first_downbeat", "time": 1, "metre": 13},
        {"kind": "tap_tempo", "taps": [1, 2, 3, float("inf")]},
        {"kind": "tap_tempo", "taps": [1.0] * 10_001},
        {"kind": "rename_section", "time": 1, "name": "\ud83d"},
        {"kind": "rename_section", "time": 1, "name": "a", "type": "\ud83d"},
        {"kind": "rename_section", "time": 1, "name": "a" * 81},
    ],
)
def test_what_no_edit_can_hold_is_refused_and_passed_over_where_it_is_stored(entry):
    with pytest.raises(ValidationError):
        edits.EDITS.validate_python([entry])
    kept, notes = edits.readable([entry, {"kind": "split_section", "time": 4.0}])
    assert kept == (edits.SplitSection(time=4.0),)
    assert len(notes) == 1


def test_a_name_is_one_line():
    edit = edits.RenameSection(time=1, name=" Big\r\nhook\x00\u2028 2 ")
    assert edit.name == "Big hook 2"


def test_typed_edits_come_after_whole_lists():
    lists = {
        "beatGrid": {"beats": [{"time": 0.4 * n, "strength": 1.0} for n in range(80)]},
        "sections": [
            {"name": "Intro", "startTime": 0, "endTime": 10},
            {"name": "Verse", "startTime": 10, "endTime": 34},
        ],
    }
    typed = (
        edits.ShiftBeats(milliseconds=100),
        edits.RenameSection(time=12, name="Hook", type="chorus"),
        edits.MergeSections(time=30),
    )
    done = corrected(song(), {**lists, "analysis": edits.EDITS.dump_python(typed, mode="json")})
    assert done.beats[0].time == 0.1
    assert [s.name for s in done.sections] == ["Intro", "Hook"]
    assert_whole(done)
    odd = corrected(song(), {**lists, "analysis": [{"kind": "first_downbeat", "time": "x"}]})
    assert "its time is wrong" in odd.notes[0]


def test_splitting_and_merging_give_the_sections_back():
    split = section_edits.split_section(song(), 2, 20.4)
    assert [s.start_time for s in split.sections] == [0, 8.5, 16.5, 20.5, 24.5]
    assert_whole(split)
    merged = section_edits.merge_sections(split, 2)
    assert [s.start_time for s in merged.sections] == [0, 8.5, 16.5, 24.5]
    assert merged.sections[2].name == "chorus"


def test_a_section_may_be_renamed_but_not_to_an_unknown_type():
    renamed = section_edits.rename_section(song(), 2, "Hook", "chorus")
    assert renamed.sections[2].name == "Hook"
    with pytest.raises(BadEdit) as caught:
        section_edits.rename_section(song(), 2, "Hook", "hookline")
    assert "chorus" in str(caught.value.allowed)


def test_a_persons_edits_survive_another_analysis():
    fresh = song(first=2, bounds=(0.0, 7.5, 17.5, 24.5))
    wanted = (
        edits.FirstDownbeat(time=0.5),
        edits.RenameSection(time=20.0, name="Hook", type="chorus"),
        edits.MoveBoundary(time=8.5, to=10.5),
        edits.SplitSection(time=12.5),
        edits.MergeSections(time=24.5),
    )
    merged = edits.merge_edits(fresh, wanted)
    assert merged.downbeats[0] == 0.5
    assert "Hook" in [s.name for s in merged.sections]
    assert [s.start_time for s in merged.sections] == [0, 10.5, 12.5, 17.5]
    assert merged.notes == ()
    assert_whole(merged)


def test_who_corrects_the_beats_stands_for_them():
    """So they are cut on, however little of them was heard."""
    heard = song()
    assert not heard.has_beat
    tapped = edits.TapTempo(taps=(1.0, 2.0, 3.0, 4.0))
    for edit in (edits.FirstDownbeat(time=1.0), tapped, edits.ShiftBeats(milliseconds=5)):
        assert edits.merge_edits(heard, [edit]).has_beat
    gone = edits.ShiftBeats.model_construct(kind="shift_beats", milliseconds=9000.0)
    for edit in (edits.RenameSection(time=1.0, name="Hook"), gone):
        assert not edits.merge_edits(heard, [edit]).has_beat
    beats = [b.model_dump() for b in heard.beats]
    assert corrected(heard, {"beatGrid": {"beats": beats}}).has_beat


def test_shifts_in_a_row_are_one():
    there_and_back = (edits.ShiftBeats(milliseconds=-900), edits.ShiftBeats(milliseconds=900))
    assert edits.merge_edits(song(), there_and_back) == by_person(song())
    far = (edits.ShiftBeats(milliseconds=4000),) * 2
    assert edits.merge_edits(song(), far).beats[0].time == 8.5


def test_many_shifts_move_the_beats_once(monkeypatch):
    moves = []
    monkeypatch.setattr(
        beat_edits, "shift_beats", lambda analysis, ms: moves.append(ms) or analysis
    )
    edits.merge_edits(song(), [edits.ShiftBeats(milliseconds=2.0)] * 500)
    assert moves == [1000.0]


def test_what_no_longer_fits_is_said_not_raised():
    merged = edits.merge_edits(song(bounds=(0.0,)), (edits.MoveBoundary(time=30.0, to=8.5),))
    assert len(merged.notes) == 1
    assert "no longer fits" in merged.notes[0]


def test_an_edit_the_analysis_agrees_with_changes_nothing():
    done = song()
    agreed = (
        edits.ScaleTempo(direction="halve", bpm=120.0),
        edits.SplitSection(time=16.4),
        edits.MergeSections(time=12.5),
        edits.MoveBoundary(time=12.5, to=16.5),
    )
    assert edits.merge_edits(done, agreed) == by_person(done)
    assert edits.merge_edits(done, agreed[1:]) == done


def test_edits_round_trip_as_json_and_shift_with_a_new_master():
    wanted = (edits.TapTempo(taps=(1.0, 2.0, 3.0, 4.0)), edits.MoveBoundary(time=1.0, to=2.0))
    assert edits.EDITS.validate_json(edits.EDITS.dump_json(wanted)) == wanted
    later = edits.shift_edits(wanted, 0.5)
    assert later[0].taps == (1.5, 2.5, 3.5, 4.5)
    assert (later[1].time, later[1].to) == (1.5, 2.5)


times = st.floats(-2, 36)
any_edit = st.one_of(
    st.builds(edits.ShiftBeats, milliseconds=st.floats(-400, 400)),
    st.builds(edits.ScaleTempo, direction=st.sampled_from(["halve", "double"])),
    st.builds(edits.FirstDownbeat, time=times, metre=st.sampled_from([None, 3, 4, 7])),
    st.builds(edits.RenameSection, time=times, name=st.text(min_size=0, max_size=5)),
    st.builds(edits.MoveBoundary, time=times, to=times),
    st.builds(edits.SplitSection, time=times),
    st.builds(edits.MergeSections, time=times),
)


@given(st.lists(any_edit, max_size=8))
def test_any_edits_in_any_order_leave_a_whole_analysis(wanted):
    assert_whole(edits.merge_edits(song(), wanted))
