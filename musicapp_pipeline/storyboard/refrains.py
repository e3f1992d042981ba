"""Finding the chorus in the words: the lines that come back together."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

ALIKE: Final = 0.8
"""Lines that share so much are one line with a word changed (difflib's ratio)."""
SHARED_WORDS: Final = 0.5
"""Lines that have fewer words in common are not compared letter by letter."""
COMPARED: Final = 120
"""Letters of a line that are looked at."""
SHORTEST: Final = 2
"""Lines; a single line that comes back is a hook, not a part."""
LONGEST: Final = 12
MANY: Final = 600
"""Different lines after which only equal ones are the same: no song has so many."""
ALL_HOOK: Final = 0.9
"""Where more of the lines come back, they tell nothing about the form."""

_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Refrain:
    """Lines ``first`` up to ``end`` (exclusive) are one return of the chorus, or several in a
    row."""

    first: int
    end: int


def find_refrains(texts: Sequence[str]) -> tuple[Refrain, ...]:
    """The returns of the chorus among a song's lines, in order; none where nothing comes back.

    The chorus is the run of lines for which (returns - 1) x lines is most, the longer run where
    that is equal. The beginning of a run, at least half of it, counts as a return too; returns
    that follow each other are one.

    Args:
        texts: sung lines in the order they are sung.
    """
    ids = _ids(texts)
    best: list[Refrain] = []
    run: tuple[int, ...] = ()
    for size in range(SHORTEST, min(LONGEST, len(ids) // 2) + 1):
        places: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for n in range(len(ids) - size + 1):
            places[tuple(ids[n : n + size])].append(n)
        for candidate, starts in places.items():
            found = _apart(starts, size)
            if len(found) > 1 and _rank(found, size) > _rank(best, len(run)):
                best, run = found, candidate
    returns = _joined(_with_halves(ids, run, best))
    lines = sum(refrain.end - refrain.first for refrain in returns)
    return returns if lines <= ALL_HOOK * len(ids) else ()


def _apart(starts: Iterable[int], size: int) -> list[Refrain]:
    out: list[Refrain] = []
    for n in starts:
        if not out or n >= out[-1].end:
            out.append(Refrain(n, n + size))
    return out


def _rank(found: Sequence[Refrain], size: int) -> tuple[int, int, int]:
    first = found[0].first if found else 0
    return (len(found) - 1) * size, size, -first


def _joined(refrains: Iterable[Refrain]) -> tuple[Refrain, ...]:
    out: list[Refrain] = []
    for refrain in refrains:
        if out and out[-1].end == refrain.first:
            refrain = Refrain(out.pop().first, refrain.end)
        out.append(refrain)
    return tuple(out)


def _ids(texts: Sequence[str]) -> list[int]:
    """The same number for lines that are the same to a listener."""
    numbers: dict[str, int] = {}
    having: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        line = _plain(text)
        if line in numbers:
            continue
        words = line.split() if len(numbers) < MANY else []
        shared = Counter(other for word in set(words) for other in having[word])
        enough = SHARED_WORDS * len(set(words))
        alike = (
            numbers[other]
            for other, count in shared.most_common(8)
            if count >= enough and _same(line, other)
        )
        numbers[line] = next(alike, len(numbers))
        for word in set(words):
            having[word].append(line)
    return [numbers[_plain(text)] for text in texts]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:COMPARED]).casefold()
    return " ".join(_WORD.findall(folded)) or folded


def _same(one: str, other: str) -> bool:
    match = SequenceMatcher(None, one, other, autojunk=False)
    return match.real_quick_ratio() >= ALIKE <= match.quick_ratio() and match.ratio() >= ALIKE


def _with_halves(
    ids: Sequence[int], run: tuple[int, ...], found: Sequence[Refrain]
) -> tuple[Refrain, ...]:
    """Returns that break off, for example in a fading end."""
    half = max(SHORTEST, (len(run) + 1) // 2)
    taken = {n for refrain in found for n in range(refrain.first, refrain.end)}
    out = list(found)
    for n in range(len(ids)) if found else ():
        length = 0
        while length < len(run) and n + length < len(ids) and n + length not in taken:
            if ids[n + length] != run[length]:
                break
            length += 1
        if length >= half:
            out.append(Refrain(n, n + length))
            taken.update(range(n, n + length))
    return tuple(sorted(out, key=lambda refrain: refrain.first))
