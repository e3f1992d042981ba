"""Performance stands where somebody sings, for the wanted share of time, and not in one block."""

from fractions import Fraction
from itertools import groupby

import pytest

from musicapp_pipeline.storyboard.kinds import Candidate, choose_kinds
from musicapp_pipeline.storyboard.lyrics import LineTrack
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline_tests.storyboard.songs import song

FPS = Fraction(24)


def performed(scenes):
    return [scene for scene in scenes if scene.scene_type == "performance"]


@pytest.mark.parametrize("density", [0.0, 0.1, 0.25, 0.4, 0.5, 0.75, 0.9, 1.0])
@pytest.mark.parametrize("bpm", [95.0, 120.0])
def test_the_share_of_time_is_met_within_half_a_scene(density, bpm):
    scenes = plan_scenes(*song(bpm), PlannerOptions(fps=FPS, performance_density=density))
    total = sum(scene.frames for scene in scenes)
    missing = abs(sum(s.frames for s in performed(scenes)) - density * total)
    assert missing <= (0 if density in (0, 1) else max(s.frames for s in scenes) / 2)


def test_nobody_moves_their_lips_while_singing_is_left_to_b_roll():
    analysis, lines = song(120.0)
    track = LineTrack(lines, analysis.duration)
    for density in (0.2, 0.4, 0.6, 0.8):
        scenes = plan_scenes(analysis, lines, PlannerOptions(fps=FPS, performance_density=density))
        silent = [s for s in scenes if track.coverage(s.start_time, s.end_time) < 0.25]
        sung = [s for s in scenes if s not in silent]
        if any(s.scene_type == "broll" for s in sung):
            assert not performed(silent) or density == 0.8
        assert {s.section_type for s in performed(scenes)} - {"intro", "outro"}


def test_every_chorus_opens_on_the_performer():
    scenes = plan_scenes(*song(120.0), PlannerOptions(fps=FPS, performance_density=0.4))
    openers = [s for s in scenes if s.why.startswith("chorus starts")]
    assert [s.scene_type for s in openers] == ["performance"] * 3


def test_at_a_middling_density_neither_kind_comes_in_a_block():
    scenes = plan_scenes(*song(120.0), PlannerOptions(fps=FPS, performance_density=0.4))
    sung = [s.scene_type for s in scenes if s.section_type in ("verse", "chorus")]
    assert max(len(list(run)) for _, run in groupby(sung)) <= 3


def test_every_sung_section_gets_a_performance():
    scenes = plan_scenes(*song(95.0), PlannerOptions(fps=FPS, performance_density=0.4))
    seen = {key for key, run in groupby(scenes, key=lambda s: s.section_type) if performed(run)}
    assert seen >= {"verse", "chorus", "bridge"}


def candidate(frames, fixed=None, vocals=1.0):
    return Candidate(frames, 0, "verse", vocals, False, fixed)


def test_scenes_that_stay_count_towards_the_share():
    scenes = [candidate(100, "performance"), candidate(100), candidate(100, "broll")]
    assert choose_kinds(scenes, 1 / 3, 0) == ("performance", "broll", "broll")
    assert choose_kinds(scenes, 1.0, 0) == ("performance", "performance", "broll")
    assert choose_kinds(scenes, 0.0, 0)[1:] == ("broll", "broll")


def test_a_scene_that_overshoots_leaves_room_for_a_shorter_one():
    scenes = [candidate(800), candidate(100, vocals=0.4)]
    assert choose_kinds(scenes, 0.1, 0) == ("broll", "performance")


def test_nobody_performs_unsung_while_a_sung_scene_was_too_long():
    scenes = [candidate(800), candidate(100, vocals=0.0)]
    assert choose_kinds(scenes, 0.1, 0) == ("broll", "broll")
    assert choose_kinds(scenes, 0.6, 0) == ("performance", "broll")
    wordless = [candidate(800, vocals=0.0), candidate(100, vocals=0.0)]
    assert choose_kinds(wordless, 0.1, 0) == ("broll", "performance")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("density", [0.3, 0.35, 0.4, 0.45])
def test_no_three_performances_in_a_row_while_somebody_sings_elsewhere(density, seed):
    """Long verses overshoot what is missing in the end; short scenes of a chorus would fit."""
    verse = [Candidate(190, 0, "verse", 1.0, n == 0) for n in range(5)]
    chorus = [Candidate(60, 1, "chorus", 1.0, n == 0) for n in range(5)]
    second = [Candidate(190, 2, "verse", 1.0, n == 0) for n in range(5)]
    scenes = [*verse, *chorus, *second]
    kinds = choose_kinds(scenes, density, seed)
    runs = [len(list(run)) for kind, run in groupby(kinds) if kind == "performance"]
    assert max(runs) <= 2
    have = sum(s.frames for s, kind in zip(scenes, kinds, strict=True) if kind == "performance")
    assert abs(have - density * sum(s.frames for s in scenes)) <= 190 / 2
