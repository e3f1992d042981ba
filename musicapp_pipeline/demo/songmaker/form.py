"""How a number of bars becomes a song's form."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Stretch:
    """A part before anything is written into it."""

    name: str
    type: str
    bars: int


_BEFORE_CHORUS = ("verse", "verse", "bridge", "verse", "instrumental")
"""What leads to the first chorus, the second and so on."""


def plan_form(bars: int) -> tuple[Stretch, ...]:
    """A form of exactly ``bars`` bars (even, at least 4) that ends with a chorus and an outro.

    Parts have 8 bars, in short songs 4, and no part follows one of its own kind. Below 12 bars
    there is only a verse and a chorus.
    """
    if bars < 12:
        half = bars // 4 * 2
        return _numbered([("verse", half), ("chorus", bars - half)])
    edge = 4 if bars >= 24 else 2
    middle = bars - 2 * edge
    length = 8 if middle >= 40 else 4
    parts = [(kind, length) for kind in _kinds(middle // length)]
    rest = middle % length
    if rest >= 4:  # A short break after the first chorus.
        parts.insert(2, ("instrumental", 4))
        rest -= 4
    return _numbered([("intro", edge), *parts, ("outro", edge + rest)])


def _kinds(count: int) -> list[str]:
    """``count`` kinds of part (at least 2), a chorus every second and at the end."""
    kinds: list[str] = []
    for pair in range(count // 2):
        kinds += [_BEFORE_CHORUS[pair % len(_BEFORE_CHORUS)], "chorus"]
    if count % 2:
        kinds.insert(-1, "instrumental" if kinds[-2] == "bridge" else "bridge")
    return kinds


def _numbered(parts: list[tuple[str, int]]) -> tuple[Stretch, ...]:
    """Parts that occur several times are called "Verse 1", "Verse 2"."""
    total, seen = Counter(kind for kind, _ in parts), Counter[str]()
    out = []
    for kind, bars in parts:
        seen[kind] += 1
        number = f" {seen[kind]}" if total[kind] > 1 else ""
        out.append(Stretch(kind.capitalize() + number, kind, bars))
    return tuple(out)
