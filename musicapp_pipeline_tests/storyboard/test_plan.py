"""The planner's rules, on songs whose truth is known."""

from fractions import Fraction
from itertools import pairwise
from statistics import mean

import pytest

from musicapp_pipeline.analysis.model import Beat, EnergyPoint, Section, SongAnalysis
from musicapp_pipeline.storyboard.clips import screen_share
from musicapp_pipeline.storyboard.errors import BadPlannerOptions, NothingToPlan
from musicapp_pipeline.storyboard.model import PlannerOptions, TimedLine
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline.timebase import frame_at
from musicapp_pipeline_tests.storyboard.optimum import least_paid_seconds
from musicapp_pipeline_tests.storyboard.songs import POP, song

FPS = Fraction(24)
NTSC = Fraction(24000, 1001)
TEMPI = (72.0, 95.0, 101.3, 120.0, 133.0, 174.0)
CATALOGUES = ((4, 8, 12), (5, 10), (6,), tuple(range(1, 16)))


def options(**changes):
    return PlannerOptions(**{"fps": FPS, **changes})


def plan(bpm=120.0, **changes):
    return plan_scenes(*song(bpm), options(**changes))


def lengths(scenes, kind):
    return [scene.frames for scene in scenes if scene.section_type == kind]


@pytest.mark.parametrize("bpm", TEMPI)
def test_every_section_starts_with_a_cut_on_its_downbeat(bpm):
    analysis, lines = song(bpm, jitter=0.008)
    cuts = {scene.start_frame: scene for scene in plan_scenes(analysis, lines, options())}
    for section in analysis.sections[1:]:
        downbeat = min(analysis.downbeats, key=lambda t: abs(t - section.start_time))
        scene = cuts[frame_at(downbeat, FPS)]
        assert (scene.section, scene.why.split()[0]) == (section.name, section.name)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(0.02, 32.0), (-0.3, 32.0), (0.4, 32.0), (0.52, 32.5), (1.0, 33.0)],
    ids=["beside a downbeat", "before it", "after it", "on the next beat", "on the third beat"],
)
def test_a_section_boundary_goes_to_its_beat_or_the_near_downbeat(shift, expected):
    form = (("intro", 16, 0.3), ("chorus", 16, 0.9))
    analysis, lines = song(120.0, form)
    first, second = analysis.sections
    moved = second.model_copy(update={"start_time": second.start_time + shift})
    scenes = plan_scenes(analysis.model_copy(update={"sections": (first, moved)}), lines, options())
    starts = [scene.start_time for scene in scenes if scene.section == "chorus"]
    assert starts[0] == expected


@pytest.mark.parametrize("bpm", TEMPI)
@pytest.mark.parametrize("durations", CATALOGUES, ids=str)
@pytest.mark.parametrize("fps", [FPS, NTSC], ids=["24", "23.976"])
def test_at_least_97_percent_of_the_best_share_reaches_the_screen(bpm, durations, fps):
    analysis, lines = song(bpm, jitter=0.006)
    bounds = options(durations=durations, fps=fps)
    scenes = plan_scenes(analysis, lines, bounds)
    paid = sum(scene.clip_seconds for scene in scenes)
    assert least_paid_seconds(analysis, bounds) / paid >= 0.97


def test_less_economy_buys_more_music():
    strict, free = (plan(95.0, economy=economy) for economy in (1.0, 0.8))
    assert screen_share(strict, options()) > screen_share(free, options())
    weak = [
        sum(scene.why.startswith(("beat", "half bar")) for scene in scenes)
        for scenes in (strict, free)
    ]
    assert weak[0] > weak[1]


@pytest.mark.parametrize("bpm", TEMPI)
@pytest.mark.parametrize("durations", [(4, 8, 12), tuple(range(1, 16))], ids=str)
def test_intros_breathe_and_choruses_cut_faster(bpm, durations):
    scenes = plan(bpm, durations=durations)
    assert mean(lengths(scenes, "intro")) > 1.15 * mean(lengths(scenes, "chorus"))
    assert mean(lengths(scenes, "verse")) >= mean(lengths(scenes, "chorus"))


def test_within_a_section_shots_shorten_as_energy_rises():
    analysis, _ = song(120.0, (("verse", 64, 0.5),))
    rising = (EnergyPoint(time=0, energy=0.0), EnergyPoint(time=128, energy=1.0))
    scenes = plan_scenes(
        analysis.model_copy(update={"energy_curve": rising}),
        (),
        options(durations=tuple(range(1, 16))),
    )
    half = len(scenes) // 2
    assert mean(s.frames for s in scenes[:half]) > 1.2 * mean(s.frames for s in scenes[half:])


def test_a_steady_song_is_cut_on_phrases():
    # At 120 BPM two bars are exactly one clip of 4 s, so money forces no other cut.
    reasons = [scene.why for scene in plan(120.0)]
    assert all(r.startswith(("song", "4-bar", "8-bar", "2-bar")) or "starts" in r for r in reasons)


@pytest.mark.parametrize(("metre", "bars"), [(3, 16), (5, 12), (6, 8), (7, 8)])
def test_odd_metres_are_cut_on_their_own_bars(metre, bars):
    analysis, lines = song(150.0, (("verse", bars, 0.5), ("chorus", bars, 0.9)), metre=metre)
    scenes = plan_scenes(analysis, lines, options(durations=tuple(range(1, 16))))
    downbeats = {frame_at(t, FPS) for t in analysis.downbeats}
    on_bars = sum(scene.start_frame in downbeats for scene in scenes)
    assert on_bars / len(scenes) > 0.5


@pytest.mark.parametrize(
    ("clip_seconds", "durations", "longest", "bought"),
    [
        (8, (4, 8, 12), 8, {4, 8}),
        (8, (5, 10), 5, {5}),
        (4, (6,), 4, {6}),
        (12, (4, 8, 12), 12, {4, 8, 12}),
        (1, tuple(range(1, 16)), 1, {1}),
        (15, (12, 4, 8, 4), 12, {4, 8, 12}),
    ],
)
def test_what_is_bought_is_on_sale_and_within_the_projects_clip(
    clip_seconds, durations, longest, bought
):
    scenes = plan(clip_seconds=clip_seconds, durations=durations)
    assert max(scene.frames for scene in scenes) <= longest * FPS
    assert {scene.clip_seconds for scene in scenes} <= bought


@pytest.mark.parametrize("durations", [(), (0,), (-4, 8)])
def test_a_model_that_sells_nothing_is_refused(durations):
    with pytest.raises(BadPlannerOptions, match="durations"):
        plan(durations=durations)


def test_different_seeds_give_different_plans():
    plans = {plan(seed=seed) for seed in range(6)}
    assert len(plans) == 6
    assert len({tuple(s.idea for s in scenes) for scenes in plans}) == 6


def test_a_seed_never_changes_what_is_promised():
    analysis, lines = song(95.0)
    for seed in range(5):
        scenes = plan_scenes(analysis, lines, options(seed=seed))
        paid = sum(scene.clip_seconds for scene in scenes)
        assert least_paid_seconds(analysis, options()) / paid >= 0.97


def test_lyrics_are_those_sung_during_the_scene():
    analysis, _ = song(120.0)
    lines = (
        TimedLine(text="in the first scene", start_time=1.0, end_time=3.0),
        TimedLine(text="all over the cut", start_time=14.5, end_time=17.5),
        TimedLine(text="just touching", start_time=15.9, end_time=19.0),
    )
    scenes = plan_scenes(analysis, lines, options())
    at = {scene.start_time: scene.lyrics.split("\n") for scene in scenes}
    assert at[0.0] == ["in the first scene"]
    assert at[16.0] == ["…the cut", "just touching"]
    assert "just touching" not in at[8.0]


def test_moods_follow_energy_key_and_form():
    minor, major = (plan_scenes(*song(120.0, key=key), options()) for key in ("A minor", "A major"))
    moods = {scene.section_type: scene.mood for scene in minor}
    assert moods["chorus"] == "fierce, unleashed"
    assert moods["intro"] == "brooding and still, anticipating"
    assert {s.mood for s in major}.isdisjoint({s.mood for s in minor})


# Songs nobody would call songs


def bare(duration, **changes):
    return SongAnalysis(**{"duration": duration, "bpm": 0.0, "bpm_confidence": 0.9, **changes})


@pytest.mark.parametrize("duration", [0.05, 0.5, 2.0, 3.9, 8.0, 8.05, 61.0])
def test_a_song_without_anything_is_cut_by_the_clock_and_says_so(duration):
    scenes = plan_scenes(bare(duration), (), options())
    assert sum(scene.frames for scene in scenes) == frame_at(duration, FPS)
    assert all("by the clock" in scene.why for scene in scenes[1:])
    # Nothing but the end keeps a clip from being filled.
    assert sum(scene.clip_seconds for scene in scenes) <= max(4, duration / 0.97 + 4)


def test_a_song_without_beats_is_cut_on_its_onsets_and_says_so():
    onsets = tuple(n * 1.37 + 0.2 for n in range(40))
    scenes = plan_scenes(bare(56.0, onsets=onsets), (), options())
    frames = {frame_at(t, FPS) for t in onsets}
    assert all(scene.start_frame in frames for scene in scenes[1:])
    assert all("onset, no beat is heard here" in scene.why for scene in scenes[1:])


def test_a_grid_that_nobody_would_trust_is_not_cut_on_unless_a_person_set_it():
    """Over speech, noise and free time a grid is laid all the same, with little confidence."""
    analysis, lines = song(120.0)
    onsets = tuple(n * 1.37 + 0.2 for n in range(int((analysis.duration - 1) / 1.37)))
    noise = analysis.model_copy(update={"bpm_confidence": 0.2, "onsets": onsets})
    heard = {frame_at(t, FPS) for t in onsets}
    scenes = plan_scenes(noise, lines, options())
    assert all(scene.start_frame in heard for scene in scenes[1:])
    assert all("onset, no beat is heard here" in scene.why for scene in scenes[1:])
    silent = plan_scenes(noise.model_copy(update={"onsets": ()}), lines, options())
    assert all("by the clock" in scene.why for scene in silent[1:])
    tapped = noise.model_copy(update={"grid_by_person": True})
    assert plan_scenes(tapped, lines, options()) == plan_scenes(
        analysis.model_copy(update={"onsets": onsets}), lines, options()
    )


def test_the_beat_is_counted_on_through_a_silence():
    beats = tuple(Beat(time=n * 0.5, strength=0.8) for n in range(33))
    scenes = plan_scenes(bare(60.0, beats=beats), (), options())
    counted = [scene for scene in scenes if scene.start_time > 16.0]
    assert counted
    assert all(scene.start_time % 0.5 == 0 for scene in counted)
    assert all("counted on" in scene.why for scene in counted)


def test_two_beats_are_a_plan_of_one_scene():
    beats = (Beat(time=0.3, strength=1), Beat(time=0.8, strength=1))
    (scene,) = plan_scenes(bare(1.2, beats=beats), (), options())
    assert (scene.start_frame, scene.end_frame, scene.why) == (0, 29, "song starts")


def test_sections_shorter_than_a_scene_join_their_neighbour():
    sections = tuple(
        Section(name=name, type="verse", start_time=a, end_time=b)
        for name, a, b in (("a", 0, 8), ("b", 8, 8.3), ("c", 8.3, 16), ("d", 15.9, 16))
    )
    beats = tuple(Beat(time=n * 0.1, strength=0.5) for n in range(160))
    scenes = plan_scenes(bare(16.0, beats=beats, sections=sections), (), options())
    assert {scene.section for scene in scenes} == {"a", "c"}


def test_a_song_of_less_than_a_frame_is_refused():
    for duration in (0.0, 0.01, float("nan")):
        with pytest.raises(NothingToPlan, match="less than one frame"):
            plan_scenes(bare(duration), (), options())


def test_values_that_are_no_times_are_ignored():
    analysis, lines = song(120.0)
    beats = (*analysis.beats, Beat(time=float("nan"), strength=1), Beat(time=-3, strength=1))
    odd = TimedLine(text="never", start_time=float("inf"), end_time=1.0)
    messy = analysis.model_copy(update={"beats": beats})
    assert plan_scenes(messy, (*lines, odd), options()) == plan_scenes(analysis, lines, options())


def test_a_song_of_twenty_minutes_is_tiled():
    analysis, lines = song(128.0, POP * 7)
    assert analysis.duration > 1150
    scenes = plan_scenes(analysis, lines, options())
    assert sum(scene.frames for scene in scenes) == frame_at(analysis.duration, FPS)
    assert all(a.idea != b.idea for a, b in pairwise(scenes))


def test_a_section_that_swallowed_a_sliver_says_where_it_was_heard() -> None:
    analysis, lines = song(120.0)
    before, sliver, after = analysis.sections[1:4]
    late = sliver.start_time + 0.6
    thin = sliver.model_copy(update={"end_time": late})
    rest = after.model_copy(update={"name": "Hook", "start_time": late})
    analysis = analysis.model_copy(
        update={"sections": (analysis.sections[0], before, thin, rest, *analysis.sections[4:])}
    )
    opening = next(s for s in plan_scenes(analysis, lines, options()) if s.section == "Hook")
    assert opening.start_time == sliver.start_time
    assert opening.why.startswith("Hook starts (on the beat, 0.60 s earlier than detected)")
