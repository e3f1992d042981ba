"""Planning again keeps what was paid for."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicapp_pipeline.storyboard.clips import clip_seconds_for, longest_scene
from musicapp_pipeline.storyboard.errors import BadCut
from musicapp_pipeline.storyboard.model import KeptScene, PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline.storyboard.replan import replan_around, replan_whole
from musicapp_pipeline.timebase import frame_at
from musicapp_pipeline_tests.storyboard.songs import song
from musicapp_pipeline_tests.storyboard.strategies import analyses, lyric_lines, planner_options

FPS = Fraction(24)
OPTIONS = PlannerOptions(fps=FPS)


def keep(scene):
    return KeptScene(
        id=str(scene.order),
        start_frame=scene.start_frame,
        end_frame=scene.end_frame,
        scene_type=scene.scene_type,
        idea=scene.idea,
        shot=scene.shot,
    )


def tiles(kept, planned, total):
    spans = sorted((s.start_frame, min(s.end_frame, total)) for s in [*kept, *planned])
    return (
        spans[0][0] == 0 and spans[-1][1] == total and all(a[1] == b[0] for a, b in pairwise(spans))
    )


def test_with_nothing_kept_it_is_the_plan():
    analysis, lines = song(95.0)
    assert replan_around([], analysis, lines, OPTIONS) == plan_scenes(analysis, lines, OPTIONS)


def test_with_everything_kept_there_is_nothing_to_plan():
    analysis, lines = song(95.0)
    scenes = plan_scenes(analysis, lines, OPTIONS)
    assert replan_around([keep(s) for s in scenes], analysis, lines, OPTIONS) == ()


@pytest.mark.parametrize("seed", range(3))
def test_new_scenes_fill_the_gaps_around_paid_ones(seed):
    analysis, lines = song(95.0)
    scenes = plan_scenes(analysis, lines, OPTIONS)
    kept = [keep(s) for s in scenes if s.order % 5 == 0 or s.order in (1, 11)]
    options = OPTIONS.model_copy(update={"seed": seed})
    planned = replan_around(kept, analysis, lines, options)
    assert tiles(kept, planned, frame_at(analysis.duration, FPS))
    orders = sorted([s.order for s in planned])
    assert len(orders) == len(set(orders))
    assert orders[-1] <= len(kept) + len(planned)


def test_new_neighbours_of_a_paid_scene_do_not_look_like_it():
    analysis, lines = song(120.0)
    scenes = plan_scenes(analysis, lines, OPTIONS)
    kept = {s.start_frame: s for s in scenes if s.order % 3 == 0}
    planned = replan_around(
        [keep(s) for s in kept.values()], analysis, lines, OPTIONS.model_copy(update={"seed": 9})
    )
    whole = sorted([*planned, *kept.values()], key=lambda s: s.start_frame)
    for a, b in pairwise(whole):
        assert a.idea != b.idea
        assert (a.shot.size, a.shot.movement) != (b.shot.size, b.shot.movement)


def test_a_paid_scene_over_a_section_start_wins_over_it():
    analysis, lines = song(120.0)
    boundary = frame_at(analysis.sections[2].start_time, FPS)
    kept = [KeptScene(id="paid", start_frame=boundary - 30, end_frame=boundary + 61)]
    planned = replan_around(kept, analysis, lines, OPTIONS)
    assert tiles(kept, planned, frame_at(analysis.duration, FPS))
    follower = next(s for s in planned if s.start_frame == boundary + 61)
    assert (follower.section, follower.why) == ("chorus", "follows a scene that stays")
    whole = replan_whole(kept, analysis, lines, OPTIONS)
    [stays] = [s for s in whole if s.start_frame == boundary - 30]
    assert stays.why.startswith("stays where it was cut")


def test_a_shorter_master_trims_or_drops_what_lies_behind_its_end():
    analysis, lines = song(120.0, (("verse", 8, 0.5),))
    kept = [
        KeptScene(id="over", start_frame=336, end_frame=480),
        KeptScene(id="gone", start_frame=480, end_frame=600),
    ]
    planned = replan_around(kept, analysis, lines, OPTIONS)
    assert max(s.end_frame for s in planned) == 336


@pytest.mark.parametrize(
    ("spans", "named"),
    [(((0, 100), (90, 180)), "'1'"), (((50, 50),), "'0'"), (((50, 20),), "'0'")],
)
def test_paid_scenes_that_cannot_stand_together_are_refused(spans, named):
    analysis, lines = song(120.0)
    kept = [KeptScene(id=str(n), start_frame=a, end_frame=b) for n, (a, b) in enumerate(spans)]
    with pytest.raises(BadCut, match=named):
        replan_around(kept, analysis, lines, OPTIONS)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(
    analyses(),
    lyric_lines(),
    planner_options(),
    st.lists(st.integers(0, 2500), max_size=8, unique=True),
)
def test_any_kept_scenes_and_the_new_ones_tile_the_song(analysis, lines, options, edges):
    total = frame_at(analysis.duration, options.fps)
    ordered = sorted(edges)
    kept = [
        KeptScene(id=str(a), start_frame=a, end_frame=b, scene_type="broll")
        for a, b in zip(ordered[::2], ordered[1::2], strict=False)
    ]
    inside = [s for s in kept if s.start_frame < total]
    planned = replan_around(kept, analysis, lines, options)
    if inside or planned:
        assert tiles(inside, planned, total)
    for scene in planned:
        assert scene.frames <= longest_scene(options)
        assert scene.clip_seconds == clip_seconds_for(scene.frames, options)
