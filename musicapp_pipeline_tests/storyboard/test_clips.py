"""What is bought for a scene, and what is left beside it."""

from fractions import Fraction

import pytest

from musicapp_pipeline.storyboard.clips import (
    clip_seconds_for,
    handles_for,
    longest_scene,
    shortest_scene,
    sold_durations,
)
from musicapp_pipeline.storyboard.errors import BadPlannerOptions
from musicapp_pipeline.storyboard.model import PlannerOptions


def options(**changes):
    return PlannerOptions(**{"fps": Fraction(24), **changes})


@pytest.mark.parametrize(
    ("frames", "fps", "bought"),
    [(1, 24, 4), (96, 24, 4), (97, 24, 8), (192, 24, 8), (191, "24000/1001", 8)],
)
def test_the_shortest_duration_that_covers_a_scene_is_bought(frames, fps, bought):
    assert clip_seconds_for(frames, options(fps=Fraction(fps))) == bought


def test_a_scene_longer_than_any_clip_is_refused():
    # 8 s at 23.976 are 191 whole frames.
    with pytest.raises(BadPlannerOptions, match="192 frames") as caught:
        clip_seconds_for(192, options(fps=Fraction(24000, 1001)))
    assert caught.value.value == 192


@pytest.mark.parametrize(
    ("clip", "durations", "sold", "longest"),
    [
        (8, (4, 8, 12), (4, 8), 192),
        (8, (5, 10), (5,), 120),
        (4, (6,), (6,), 96),
        (12, (12, 8, 4), (4, 8, 12), 288),
    ],
)
def test_nothing_above_the_projects_clip_seconds_is_bought(clip, durations, sold, longest):
    chosen = options(clip_seconds=clip, durations=durations)
    assert sold_durations(chosen) == sold
    assert longest_scene(chosen) == longest


def test_the_shortest_scene_is_at_most_half_of_the_longest():
    assert shortest_scene(options()) == 42
    assert shortest_scene(options(clip_seconds=1, durations=(1,))) == 12
    assert shortest_scene(options(min_seconds=7.0)) == 96


@pytest.mark.parametrize(
    ("frames", "expected"),
    [(96, (0, 0)), (90, (0, 6)), (84, (0, 12)), (80, (4, 12)), (78, (6, 12)), (40, (6, 12))],
)
def test_spare_frames_go_to_the_tail_first(frames, expected):
    assert handles_for(frames, 4, options()) == expected
