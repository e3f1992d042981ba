"""What each scene shows and how the camera sees it.

Scenes of a recurring section take the same ideas and shots at the same places, so that a chorus
is recognised when it returns; then neighbours that came out alike are moved apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from musicapp_pipeline.storyboard.density import drive_of
from musicapp_pipeline.storyboard.model import SceneType, Shot
from musicapp_pipeline.storyboard.moods import Tone
from musicapp_pipeline.storyboard.seeds import shuffled, unit
from musicapp_pipeline.storyboard.vocabulary import Band, Term, World, shot_vocabulary, worlds

RETURNS = frozenset({"chorus", "prechorus", "breakdown", "instrumental"})
"""Sections that come back as they were; others return with one idea and go on from there."""
CONTRAST = frozenset({"bridge", "breakdown"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A scene that needs pictures. ``shot`` and ``idea`` of a scene that stays are given."""

    kind: SceneType
    section_type: str
    occurrence: int
    energy: float
    shot: Shot | None = None
    idea: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """The answer for a slot."""

    shot: Shot
    idea: str


def choose_world(tone: Tone, energy: float, seed: int) -> World:
    """A world that fits the song's mood; the seed decides between those that fit as well."""
    pace = "driving" if energy >= 0.5 else "calm"
    return max(
        worlds().values(),
        key=lambda w: (tone in w.moods) + (pace in w.moods) + 1.5 * unit(seed, "world", w.name),
    )


def choose_pictures(slots: Sequence[Slot], world: World, seed: int) -> tuple[Picture, ...]:
    """Ideas and shots for all scenes, in order; no two neighbours share one."""
    out: list[Picture] = []
    counts: dict[tuple[str, int, SceneType], int] = {}
    for n, slot in enumerate(slots):
        place = (slot.section_type, slot.occurrence, slot.kind)
        nth = counts.get(place, 0)
        counts[place] = nth + 1
        after = slots[n + 1] if n + 1 < len(slots) else None
        near = [out[-1]] if out else []
        if after is not None and after.shot is not None and after.idea is not None:
            near.append(Picture(after.shot, after.idea))
        out.append(_picture(slot, nth, world, seed, near))
    return tuple(out)


def _picture(slot: Slot, nth: int, world: World, seed: int, near: Sequence[Picture]) -> Picture:
    if slot.shot is not None and slot.idea is not None:
        return Picture(slot.shot, slot.idea)
    words = shot_vocabulary()
    key = (slot.section_type, slot.kind, nth)
    shots = [p.shot for p in near]
    shot = slot.shot or Shot(
        size=_term(words.sizes, slot, seed, ("size", *key), {s.size for s in shots}),
        angle=_term(words.angles, slot, seed, ("angle", *key), {s.angle for s in shots}),
        movement=_term(words.movements, slot, seed, ("move", *key), {s.movement for s in shots}),
        light=world.light[_band(slot)],
    )
    idea = slot.idea or _idea(slot, nth, world, seed, {p.idea for p in near})
    return Picture(shot, idea)


def _term(
    terms: Sequence[Term], slot: Slot, seed: int, key: tuple[object, ...], taken: set[str]
) -> str:
    """The term of the slot's kind and energy, by weight; the next best where one is taken."""
    # Energy by form, so that a chorus that is sung louder the second time keeps its shots.
    energy = 0.6 * drive_of(slot.section_type) + 0.4 * round(slot.energy * 2) / 2
    fitting = [t for t in terms if t.suits(slot.kind, energy)]
    fitting = fitting or [t for t in terms if slot.kind in t.kinds] or list(terms)
    ranked = sorted(
        fitting,
        key=lambda t: (t.name in taken, -(unit(seed, *key, t.name) ** (1 / t.weight)), t.name),
    )
    return ranked[0].name


def _band(slot: Slot) -> Band:
    if slot.section_type in CONTRAST:
        return "contrast"
    return "driving" if drive_of(slot.section_type) >= 0.6 else "calm"


def _idea(slot: Slot, nth: int, world: World, seed: int, taken: set[str]) -> str:
    ideas = _deck(slot, world, seed)
    for step in range(len(ideas)):
        idea = ideas[(nth + step) % len(ideas)]
        if idea not in taken:
            return idea
    return ideas[nth % len(ideas)]


def _deck(slot: Slot, world: World, seed: int) -> list[str]:
    """The ideas a section draws from, in its order.

    Each kind of section has its own order of its band's ideas. A section that returns starts
    again; a verse returns to its first idea and then goes on where the last one ended.
    """
    band = _band(slot)
    ideas = list(world.ideas(slot.kind, band))
    if slot.section_type in RETURNS:
        return shuffled(ideas, seed, "idea", band, slot.section_type)
    deck = shuffled(ideas, seed, "idea", band)
    turn = 3 * slot.occurrence % max(1, len(deck) - 1)
    return deck[:1] + deck[1 + turn :] + deck[1 : 1 + turn]
