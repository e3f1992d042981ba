"""Split, merge and re-snap keep cuts on beats."""

from fractions import Fraction
from itertools import pairwise

import pytest

from musicapp_pipeline.analysis.model import Beat, SongAnalysis
from musicapp_pipeline.storyboard.cuts import map_cuts
from musicapp_pipeline.storyboard.edits import merge_scenes, split_scene
from musicapp_pipeline.storyboard.errors import BadCut
from musicapp_pipeline.storyboard.model import Interval, PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline.storyboard.resnap import resnap
from musicapp_pipeline.timebase import frame_at
from musicapp_pipeline_tests.storyboard.songs import song

FPS = Fraction(24)
OPTIONS = PlannerOptions(fps=FPS)


def span(start, end):
    return Interval(
        start_frame=start,
        end_frame=end,
        start_time=start / 24,
        end_time=end / 24,
        clip_seconds=8,
    )


def shifted(analysis, by):
    return analysis.model_copy(
        update={
            "beats": tuple(Beat(time=b.time + by, strength=b.strength) for b in analysis.beats),
            "downbeats": tuple(t + by for t in analysis.downbeats),
        }
    )


def test_a_scene_is_split_on_the_strongest_beat_near_its_middle():
    analysis, _ = song(120.0)
    first, second = split_scene(span(384, 576), analysis, OPTIONS)  # four bars from 16 s
    assert (first.end_frame, first.end_time) == (480, 20.0)  # the third bar
    assert (first.clip_seconds, second.clip_seconds) == (4, 4)
    assert (first.start_frame, second.end_frame) == (384, 576)


@pytest.mark.parametrize(("at", "cut"), [(17.9, 18.0), (18.3, 18.5), (0.0, 17.0), (99.0, 23.0)])
def test_a_split_goes_to_the_beat_nearest_to_where_it_was_asked_for(at, cut):
    analysis, _ = song(120.0)
    assert split_scene(span(384, 576), analysis, OPTIONS, at)[0].end_time == cut


def test_a_scene_without_a_beat_inside_stays_whole():
    beats = (Beat(time=0.0, strength=1), Beat(time=4.0, strength=1))
    analysis = SongAnalysis(duration=8.0, bpm=60, bpm_confidence=0.9, beats=beats)
    with pytest.raises(BadCut, match="no beat"):
        split_scene(span(0, 96), analysis, OPTIONS)


def test_a_split_undone_is_the_scene():
    analysis, _ = song(95.0)
    whole = span(121, 303)
    assert merge_scenes(*split_scene(whole, analysis, OPTIONS), OPTIONS) == whole


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [(span(0, 96), span(97, 120), "no neighbours"), (span(0, 100), span(100, 193), "193 frames")],
)
def test_scenes_that_do_not_join_or_fit_are_not_merged(first, second, reason):
    with pytest.raises(BadCut, match=reason):
        merge_scenes(first, second, OPTIONS)


@pytest.mark.parametrize("bpm", [72.0, 95.0, 140.0])
def test_cuts_that_are_on_the_beat_do_not_move(bpm):
    analysis, lines = song(bpm, jitter=0.01)
    scenes = plan_scenes(analysis, lines, OPTIONS)
    moved = resnap(scenes, analysis, OPTIONS)
    assert [m.start_frame for m in moved] == [s.start_frame for s in scenes]
    assert [m.clip_seconds for m in moved] == [s.clip_seconds for s in scenes]


def test_cuts_follow_the_beats_and_paid_scenes_stay():
    analysis, lines = song(95.0)
    scenes = plan_scenes(analysis, lines, OPTIONS)
    later = shifted(analysis, 0.1)
    moved = resnap(scenes, later, OPTIONS, keep={4, 5})
    beats = {frame_at(b.time, FPS) for b in later.beats}
    assert [(m.start_frame, m.end_frame) for m in moved[4:6]] == [
        (s.start_frame, s.end_frame) for s in scenes[4:6]
    ]
    free = {moved[n].start_frame for n in range(1, len(moved)) if n not in (4, 5, 6)}
    assert free <= beats
    assert all(a.end_frame == b.start_frame for a, b in pairwise(moved))
    assert moved[0].start_frame == 0
    assert moved[-1].end_frame == frame_at(analysis.duration, FPS)
    assert all(abs(m.start_frame - s.start_frame) <= 8 for m, s in zip(moved, scenes, strict=True))


@pytest.mark.parametrize("period", [0.5, 0.55, 0.7])
def test_cuts_that_opened_sections_open_them_on_other_beats(period):
    analysis, lines = song(95.0)
    scenes = plan_scenes(analysis, lines, OPTIONS)
    times = [0.3 + n * period for n in range(int((analysis.duration - 0.3) / period))]
    beats = tuple(Beat(time=t, strength=0.5) for t in times)
    other = analysis.model_copy(update={"beats": beats, "downbeats": tuple(times[::4])})
    moved = resnap(scenes, other, OPTIONS, before=analysis)
    assert {part.start.frame for part in map_cuts(other, OPTIONS).parts} <= {
        m.start_frame for m in moved
    }


def test_beats_that_allow_no_such_cut_say_which_scene_is_in_the_way():
    scenes = [span(0, 96), span(96, 192), span(192, 288)]
    beats = (Beat(time=0.1, strength=1), Beat(time=3.9, strength=1), Beat(time=7.9, strength=1))
    sparse = SongAnalysis(duration=30.0, bpm=15, bpm_confidence=0.9, beats=beats)
    with pytest.raises(BadCut, match="scene 3"):
        resnap(scenes, sparse, OPTIONS)


def test_scenes_with_a_hole_between_them_are_refused():
    with pytest.raises(BadCut, match="do not join"):
        resnap([span(0, 96), span(120, 192)], song(120.0)[0], OPTIONS)
