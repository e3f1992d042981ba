"""A prompt has one light: the world's, unless the idea says where its own comes from."""

import re

import pytest

from musicapp_pipeline.storyboard.model import SceneType
from musicapp_pipeline.storyboard.shots import Slot, choose_pictures
from musicapp_pipeline.storyboard.vocabulary import World, worlds

WORLDS = worlds()
FORM = ("intro", "verse", "prechorus", "chorus", "bridge", "breakdown", "outro")
KINDS: tuple[SceneType, ...] = ("performance", "broll")
OWN_LIGHT = re.compile(
    r"\blit by\b|\blit office\b|floodlights|under one lamp|in the glow|glowing alone|fire burning"
    r"|bonfire|fireworks|lightning|in the beams|candle|in columns|northern lights|copper sky"
    r"|tunnel of passing lights|lighting lamps|laundromat|supermarket"
)
WET = re.compile(r"\brain\b(?! of confetti)|waterfall|torrent|storm bends")


def pictures(world: World, kind: SceneType, seed: int, scenes: int = 8):
    slots = [
        Slot(kind, section, n, energy)
        for n, energy in enumerate((0.1, 0.5, 0.95))
        for section in FORM
        for _ in range(scenes)
    ]
    return choose_pictures(slots, [world, *(w for w in WORLDS.values() if w is not world)], seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda w: w.name)
def test_an_idea_is_seen_in_the_light_of_its_own_world(world: World, kind: SceneType) -> None:
    strangers = 0
    for seed in range(3):
        for picture in pictures(world, kind, seed):
            home = next(w for w in WORLDS.values() if w.has(picture.idea))
            strangers += home is not world
            own = home.lit.get(picture.idea)
            assert picture.shot.light in ([own] if own else home.light.values())
    assert strangers > 0 or kind == "performance"


@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda w: w.name)
def test_an_idea_that_names_its_light_brings_it(world: World) -> None:
    for kind in KINDS:
        for band in ("opening", "calm", "driving", "contrast"):
            for ideas in world.ideas(kind, band).values():
                for idea in ideas:
                    if OWN_LIGHT.search(idea):
                        assert idea in world.lit
                    if WET.search(idea):
                        light = world.light_of(idea, band)
                        assert not re.search(r"\b(sun|moon)\b|firelight", light), idea


@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda w: w.name)
def test_own_lights_are_of_ideas_that_there_are(world: World) -> None:
    assert world.lit
    for idea, light in world.lit.items():
        assert world.has(idea), idea
        assert len(light) > 5
