"""Which idea each scene shows: one world a video, returning where the music returns."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from musicapp_pipeline.storyboard.density import DRIVE, drive_of
from musicapp_pipeline.storyboard.model import SceneType
from musicapp_pipeline.storyboard.moods import Tone
from musicapp_pipeline.storyboard.seeds import shuffled, unit
from musicapp_pipeline.storyboard.vocabulary import (
    SCALES,
    Band,
    Idea,
    Scale,
    World,
    world_named,
    worlds,
)

RETURNS: Final = frozenset({"chorus", "prechorus", "breakdown", "instrumental"})
"""Sections that come back as they were. Others return with their first idea and go on."""
RETURNING: Final[dict[SceneType, int]] = {"performance": 6, "broll": 4}
"""How many ideas of a long section come back with it; further scenes show new ones."""
CONTRAST: Final = frozenset({"bridge", "breakdown"})
FRAME: Final = frozenset({"intro", "outro"})
_ENTRY: Final = {"prechorus": 5, "instrumental": 3, "breakdown": 2}
"""Where in a shared deck a kind of section begins, so that the first ideas stay the chorus's."""


def rank_worlds(tone: Tone, energy: float, seed: int, wanted: str | None) -> list[World]:
    """Worlds by how well they fit the song; the seed decides between those that fit as well.

    Args:
        energy: the song's mean, 0 to 1.
        wanted: a world's name, to be the first whatever the song is like.

    Raises:
        BadPlannerOptions: when ``wanted`` is unknown.
    """
    pace = "driving" if energy >= 0.5 else "calm"

    def fit(world: World) -> float:
        matches = (tone in world.moods) + (pace in world.moods)
        return matches + 1.5 * unit(seed, "world", world.name)

    ranked = sorted(worlds().values(), key=fit, reverse=True)
    first = world_named(wanted) if wanted is not None else ranked[0]
    return [first, *(world for world in ranked if world is not first)]


def band_of(section_type: str, kind: SceneType, energy: float) -> Band:
    """The band of a world that a scene draws from; without a known form, energy decides."""
    if section_type in CONTRAST:
        return "contrast"
    if section_type in FRAME:
        return "opening" if kind == "broll" else "calm"
    drive = drive_of(section_type) if section_type in DRIVE else energy
    return "driving" if drive >= 0.6 else "calm"


@dataclass
class IdeaBook:
    """Hands out ideas scene by scene, in the song's order.

    Args:
        ranked: the video's world first; the others only where a long song has used it up.
        closing: how many b-roll scenes the outro has, so that the last one shows the first idea.
    """

    ranked: Sequence[World]
    seed: int
    closing: int = 0
    _given: Counter[tuple[str, SceneType, int]] = field(default_factory=Counter)
    _spent: Counter[tuple[str, SceneType]] = field(default_factory=Counter)
    _decks: dict[tuple[str, SceneType, Band], list[Idea]] = field(default_factory=dict)

    def next(
        self,
        section_type: str,
        occurrence: int,
        kind: SceneType,
        band: Band,
        taken: frozenset[str],
    ) -> Idea:
        """The idea of the next scene of a section; none of ``taken`` while others are left."""
        place = (section_type, kind, occurrence)
        nth = self._given[place]
        self._given[place] += 1
        deck = self._deck(section_type, kind, band)
        start = self._index(section_type, kind, nth)
        for step in range(len(deck)):
            idea = deck[(start + step) % len(deck)]
            if idea.text not in taken:
                return idea
        return deck[start % len(deck)]

    def _index(self, section_type: str, kind: SceneType, nth: int) -> int:
        if section_type == "outro" and kind == "broll":
            return max(0, self.closing - 1 - nth)
        if section_type in FRAME or (section_type in RETURNS and nth < RETURNING[kind]):
            return nth
        if section_type in RETURNS:
            self._spent[section_type, kind] += 1
            return RETURNING[kind] + self._spent[section_type, kind] - 1
        # A verse returns to its performer's place; its words are new, and so are its pictures.
        if nth == 0 and kind == "performance":
            return 0
        self._spent[section_type, kind] += 1
        return self._spent[section_type, kind] - (kind == "broll")

    def _deck(self, section_type: str, kind: SceneType, band: Band) -> list[Idea]:
        known = self._decks.get((section_type, kind, band))
        if known is None:
            known = self._decks[section_type, kind, band] = self._dealt(section_type, kind, band)
        return known

    def _dealt(self, section_type: str, kind: SceneType, band: Band) -> list[Idea]:
        # A performer's places may return within a section; pictures should rather be new.
        sources = self.ranked if kind == "broll" and band != "opening" else self.ranked[:1]
        own, *others = (_interleaved(world, kind, band, self.seed) for world in sources)
        entry = _ENTRY.get(section_type, 0) % len(own)
        deck = own[entry:] + own[:entry]
        return deck + [idea for ideas in others for idea in ideas]


def _interleaved(world: World, kind: SceneType, band: Band, seed: int) -> list[Idea]:
    """A band's ideas with scales taking turns, so that sizes change from shot to shot.

    An opening begins with a landscape: it says where we are.
    """
    by_scale = world.ideas(kind, band)
    order: list[Scale] = [scale for scale in SCALES if scale in by_scale]
    if band != "opening":
        order = shuffled(order, seed, "scales", world.name, band)
    piles = {
        scale: shuffled(by_scale[scale], seed, "ideas", world.name, band, scale) for scale in order
    }
    deck: list[Idea] = []
    while any(piles.values()):
        deck.extend(Idea(text=piles[s].pop(0), scale=s) for s in order if piles[s])
    return deck
