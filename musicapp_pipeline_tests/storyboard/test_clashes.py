"""No shot contradicts itself, its idea, or what its prompt demands of it."""

import itertools
import re
from collections.abc import Iterator

import pytest

from musicapp_pipeline.storyboard.clashes import clashes, never_beside
from musicapp_pipeline.storyboard.model import ProjectBrief, SceneBrief, SceneType
from musicapp_pipeline.storyboard.presets import built_in_presets
from musicapp_pipeline.storyboard.prompts import build_scene_prompt
from musicapp_pipeline.storyboard.shots import Picture, Slot, choose_pictures
from musicapp_pipeline.storyboard.vocabulary import (
    Idea,
    Term,
    World,
    shot_vocabulary,
    worlds,
)

WORLDS = worlds()
KINDS: tuple[SceneType, ...] = ("performance", "broll")
FORM = ("intro", "verse", "prechorus", "chorus", "bridge", "breakdown", "outro")
WORDS = (shot_vocabulary().sizes, shot_vocabulary().angles, shot_vocabulary().movements)
BEHIND = re.compile(r"around|tilt|follow|crane|drone|rush forward|rack focus|macro|overhead|aerial")
"""Of the camera: what does not stay before a face."""
VIEWPOINT = re.compile(
    r"\b(?:seen|viewed|passing behind|from (?:above|below|the (?:top|back|window)))\b"
)


def ideas_of(world: World, kind: SceneType) -> Iterator[Idea]:
    for band in ("opening", "calm", "driving", "contrast"):
        for scale, ideas in world.ideas(kind, band).items():
            yield from (Idea(text=idea, scale=scale) for idea in ideas)


def usable(terms: tuple[Term, ...], kind: SceneType, idea: Idea, *besides: str) -> list[str]:
    never = never_beside(idea.text).union(*map(never_beside, besides))
    fit = (t for t in terms if kind in t.kinds and idea.scale in t.scales)
    return [t.name for t in fit if t.name not in never]


def pictures(world: World, kind: SceneType, seed: int) -> tuple[Picture, ...]:
    """A film of one kind in which every section comes quiet, middling and loud."""
    slots = [
        Slot(kind, section, occurrence, energy)
        for occurrence, energy in enumerate((0.1, 0.5, 0.95))
        for section in FORM
        for _ in range(6)
    ]
    ranked = [world, *(w for w in WORLDS.values() if w is not world)]
    return choose_pictures(slots, ranked, seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda w: w.name)
def test_no_shot_contradicts_itself_or_its_idea(world: World, kind: SceneType) -> None:
    for seed in range(12):
        for picture in pictures(world, kind, seed):
            shot = picture.shot
            said = (shot.size, shot.angle, shot.movement)
            for one, other in itertools.permutations((picture.idea, *said), 2):
                assert one not in never_beside(other), (picture.idea, said)


@pytest.mark.parametrize("style", built_in_presets())
@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda w: w.name)
def test_a_prompt_that_demands_the_mouth_asks_for_a_camera_that_sees_it(
    world: World, style: str
) -> None:
    for seed in range(4):
        for picture in pictures(world, "performance", seed):
            scene = SceneBrief(scene_type="performance", idea=picture.idea, shot=picture.shot)
            prompt = build_scene_prompt(ProjectBrief(title="Song"), scene, [], style)
            assert "mouth clearly visible" in prompt
            camera = re.search(re.escape(picture.idea) + "; (.*); face to", prompt)
            assert camera
            assert not BEHIND.search(camera[1]), camera[1]


def test_whatever_the_vocabulary_offers_a_performance_stays_before_the_face() -> None:
    for term in itertools.chain(*WORDS):
        if "performance" in term.kinds:
            assert not BEHIND.search(term.name), term.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda w: w.name)
def test_enough_ways_are_left_to_be_unlike_two_neighbours(world: World, kind: SceneType) -> None:
    sizes, angles, movements = WORDS
    for idea in ideas_of(world, kind):
        assert len(usable(sizes, kind, idea)) >= 3, idea
        for size in usable(sizes, kind, idea):
            assert len(usable(angles, kind, idea, size)) >= 3, (idea, size)
            for angle in usable(angles, kind, idea, size):
                assert len(usable(movements, kind, idea, size, angle)) >= 3, (idea, angle)


def test_contradictions_name_ideas_and_terms_that_there_are() -> None:
    terms = {term.name for term in itertools.chain(*WORDS)}
    ideas = {i.text for w in WORLDS.values() for kind in KINDS for i in ideas_of(w, kind)}
    assert {term for pair in clashes().terms for term in pair} <= terms
    for trait in clashes().ideas:
        assert terms.issuperset(trait.never), trait.what
        assert ideas.issuperset(trait.ideas), trait.what
        assert len(set(trait.ideas)) == len(trait.ideas)


@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda w: w.name)
def test_an_idea_says_what_is_seen_and_not_from_where(world: World) -> None:
    for kind in KINDS:
        for idea in ideas_of(world, kind):
            assert not VIEWPOINT.search(idea.text), idea.text


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("asleep", {"steadicam follow", "fast arc around the subject"}),
        ("to the horizon", {"overhead angle"}),
        ("against .* sky", {"overhead angle"}),
        ("auditorium", {"aerial view"}),
        ("toward the camera", {"lateral tracking move"}),
    ],
)
def test_ideas_that_say_the_same_rule_out_the_same(what: str, words: set[str]) -> None:
    """A new idea is easily forgotten in the list of contradictions."""
    for world in WORLDS.values():
        for kind in KINDS:
            for idea in ideas_of(world, kind):
                if re.search(what, idea.text):
                    assert words <= never_beside(idea.text), idea.text
