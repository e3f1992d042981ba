"""Ideas return with the chorus, belong to one world, and fit how they are framed."""

from collections import defaultdict
from fractions import Fraction

import pytest

from musicapp_pipeline.storyboard.errors import BadPlannerOptions
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline.storyboard.shots import Slot, picture_between
from musicapp_pipeline.storyboard.vocabulary import shot_vocabulary, worlds
from musicapp_pipeline_tests.storyboard.songs import POP, song

FPS = Fraction(24)
SCALE = {
    idea: scale
    for world in worlds().values()
    for by_scale in world.broll.values()
    for scale, ideas in by_scale.items()
    for idea in ideas
}


def plan(bpm=120.0, form=POP, **changes):
    return plan_scenes(*song(bpm, form), PlannerOptions(fps=FPS, **changes))


def occurrences(scenes, kind):
    """The scenes of each part of a kind."""
    parts = defaultdict(list)
    part = 0
    for before, scene in zip([None, *scenes], scenes, strict=False):
        part += before is None or before.section_type != scene.section_type
        if scene.section_type == kind:
            parts[part].append(scene)
    return list(parts.values())


@pytest.mark.parametrize("seed", range(4))
def test_the_chorus_returns_with_its_ideas(seed):
    first, *others = occurrences(plan(seed=seed), "chorus")
    for other in others:
        shared = {s.idea for s in first} & {s.idea for s in other}
        assert len(shared) >= 0.6 * min(len(first), len(other))
        assert other[0].idea == first[0].idea


def test_a_long_chorus_returns_with_its_first_pictures_and_goes_on_with_new_ones():
    long = (("chorus", 24, 0.9), ("verse", 8, 0.4)) * 2
    first, second = (
        [s.idea for s in part]
        for part in occurrences(plan(form=long, performance_density=0.0), "chorus")
    )
    assert len(first) > 6
    assert first[:4] == second[:4]
    assert not set(first[4:]) & set(second[4:])


@pytest.mark.parametrize("seed", range(4))
def test_a_verse_goes_on_with_new_pictures(seed):
    first, second = (
        {s.idea for s in part if s.scene_type == "broll"}
        for part in occurrences(plan(seed=seed, performance_density=0.0), "verse")
    )
    assert not first & second


@pytest.mark.parametrize("seed", range(4))
def test_a_verse_returns_to_its_performers_place(seed):
    first, second = (
        [s.idea for s in part if s.scene_type == "performance"]
        for part in occurrences(plan(seed=seed, performance_density=1.0), "verse")
    )
    assert first[0] == second[0]
    assert first[1] != second[1]


def test_the_video_ends_where_it_began():
    scenes = plan(performance_density=0.3)
    assert scenes[0].idea == scenes[-1].idea
    assert SCALE[scenes[0].idea] == "landscape"


@pytest.mark.parametrize("seed", range(6))
def test_all_ideas_come_from_one_world(seed):
    ideas = {s.idea for s in plan(seed=seed)}
    homes = [
        world.name
        for world in worlds().values()
        if ideas & {i for band in world.broll.values() for t in band.values() for i in t}
    ]
    assert len(homes) == 1


def test_a_world_can_be_chosen_and_an_unknown_one_is_refused():
    scenes = plan(world="northern coast", performance_density=0.0)
    coast = worlds()["northern coast"].broll["opening"]
    assert scenes[0].idea in coast["landscape"]
    with pytest.raises(BadPlannerOptions, match="steelworks"):
        plan(world="atlantis")


@pytest.mark.parametrize("world", list(worlds()))
def test_a_picture_beside_a_persons_own_idea_is_of_the_neighbours_world(world):
    mine = Slot("broll", "verse", 0, 0.4, idea="a boat of my own")
    other = Slot("broll", "verse", 0, 0.4, idea=worlds()[world].broll["calm"]["figure"][0])
    assert worlds()[world].has(picture_between(mine, other, seed=3).idea)


@pytest.mark.parametrize("world", list(worlds()))
def test_sizes_fit_the_scale_of_what_is_shown(world):
    sizes = {t.name: set(t.scales) for t in shot_vocabulary().sizes if "broll" in t.kinds}
    for scene in plan(world=world, performance_density=0.0, durations=tuple(range(1, 16))):
        assert SCALE[scene.idea] in sizes[scene.shot.size]


def test_a_performer_is_framed_so_that_the_mouth_can_be_seen():
    sizes = {s.shot.size for seed in range(8) for s in plan(seed=seed, performance_density=1.0)}
    assert sizes <= {"close-up", "medium close-up", "medium shot", "medium wide shot"}
    assert len(sizes) >= 3


def test_calm_sections_are_not_shot_like_choruses():
    calm, driving = set(), set()
    for seed in range(8):
        for scene in plan(seed=seed, performance_density=0.2):
            target = {"intro": calm, "chorus": driving}.get(scene.section_type, set())
            target.add(scene.shot.movement)
    assert not {m for m in calm if m.startswith(("fast", "restless", "sweeping"))}
    assert {m for m in driving if m.startswith(("fast", "restless", "sweeping"))}
    assert "locked-off camera" not in driving


def test_a_song_too_long_for_one_world_goes_on_in_the_next():
    ideas = [s.idea for s in plan(form=POP * 4, performance_density=0.0)]
    verses = [i for i in ideas if SCALE.get(i)]
    assert len(set(verses)) > 40


@pytest.mark.parametrize("world", worlds().values(), ids=lambda w: w.name)
def test_every_world_is_complete(world):
    assert world.moods
    assert set(world.light) == {"opening", "calm", "driving", "contrast"}
    assert set(world.performance) >= {"calm", "driving", "contrast"}
    for band in ("opening", "calm", "driving", "contrast"):
        assert set(world.broll[band]) == {"detail", "figure", "landscape"}
        assert all(world.broll[band].values())
    everything = [i for band in world.broll.values() for t in band.values() for i in t]
    assert len(everything) == len(set(everything))
