from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicapp_pipeline.analysis import beat_edits, edits, section_edits
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


def test_steady_taps_make_a_constant_grid_on_the_onsets():
    taps = [4.0 + 0.25 * i + (0.01 if i % 2 else -0.005) for i in range(8)]
    tapped = beat_edits.tap_tempo(song(), taps)
    assert tapped.bpm == pytest.approx(240, rel=0.01)
    assert tapped.bpm_confidence == 1
    assert tapped.beats[0].time < 0.5
    assert tapped.beats[-1].time > 33
    assert_whole(tapped)


def test_taps_that_slow_down_are_kept_and_continued():
    taps = [2.0, 2.5, 3.05, 3.65, 4.3, 5.0, 5.8]
    tapped = beat_edits.tap_tempo(song(), taps)
    times = [b.time for b in tapped.beats]
    assert set(taps) <= set(times)
    assert times[-1] - times[-2] == pytest.approx(0.65, abs=0.1)
    assert_whole(tapped)


@pytest.mark.parametrize("taps", [[], [1.0, 2.0, 3.0], [1, 2, 2, 3, 4], [1.0, 20.0, 40.0, 60.0]])
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


def test_no_section_vanishes_by_moving():
    moved = section_edits.move_boundary(song(), 1, 0.0)
    assert moved.sections[0].end_time > 0
    assert_whole(moved)


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
    assert edits.merge_edits(done, agreed) == done


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
