"""What cannot stand in one shot: a tilt up from overhead, a sleeper who is followed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import Final

from pydantic import Field

from musicapp_pipeline.storyboard.model import Frozen, SceneType, Shot
from musicapp_pipeline.storyboard.vocabulary import (
    SCALES,
    Term,
    load_data,
    parse_as,
    shot_vocabulary,
)

_NONE: Final[frozenset[str]] = frozenset()


class Trait(Frozen):
    """What some ideas have in common, and the terms it rules out."""

    what: str
    never: tuple[str, ...] = Field(min_length=1)
    ideas: tuple[str, ...] = Field(min_length=1)


class Clashes(Frozen):
    """All contradictions, as in ``data/clashes.json``."""

    terms: tuple[tuple[str, str], ...]
    ideas: tuple[Trait, ...]


@cache
def clashes() -> Clashes:
    """The package's contradictions."""
    return parse_as(Clashes, load_data("clashes.json"), "clashes.json")


def never_beside(said: str) -> frozenset[str]:
    """The camera's terms that contradict an idea or another term."""
    return _by_text().get(said, _NONE)


def contradiction_in(shot: Shot, kind: SceneType) -> str:
    """What a shot that somebody else chose has wrong, ``""`` when nothing."""
    words = shot_vocabulary()
    for one, other in combinations((shot.size, shot.angle, shot.movement), 2):
        if other in never_beside(one):
            return f"{one!r} and {other!r} contradict each other"
    scales = set(SCALES)
    for terms, name in (
        (words.sizes, shot.size),
        (words.angles, shot.angle),
        (words.movements, shot.movement),
    ):
        scales &= _scales(terms, name, kind)
    if not scales:
        return f"nothing suits {shot.size!r}, {shot.angle!r} and {shot.movement!r} at once"
    return ""


def _scales(terms: Sequence[Term], name: str, kind: SceneType) -> set[str]:
    return {scale for t in terms if t.name == name and kind in t.kinds for scale in t.scales}


@cache
def _by_text() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one, other in clashes().terms:
        found[one].add(other)
        found[other].add(one)
    for trait in clashes().ideas:
        for idea in trait.ideas:
            found[idea].update(trait.never)
    return {said: frozenset(never) for said, never in found.items()}
