"""Finding the chorus in the words: the lines that come back together."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

ALIKE: Final = 0.8
"""Lines that share so much are one line with a word changed (difflib's ratio)."""
SHORTEST: Final = 2
"""Lines; a single line that comes back is a hook, not a part."""
LONGEST: Final = 12

_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Refrain:
    """Lines ``first`` up to ``end`` (exclusive) are one return of the chorus."""

    first: int
    end: int


def find_refrains(texts: Sequence[str]) -> tuple[Refrain, ...]:
    """The returns of the chorus among a song's lines, in order; none where nothing comes back.

    The chorus is the run of lines for which (returns - 1) x lines is most, the longer run where
    that is equal. The beginning of a run, at least half of it, counts as a return too.

    Args:
        texts: sung lines in the order they are sung.
    """
    ids = _ids(texts)
    best: tuple[Refrain, ...] = ()
    run: tuple[int, ...] = ()
    for size in range(SHORTEST, min(LONGEST, len(ids) // 2) + 1):
        for candidate in {tuple(ids[n : n + size]) for n in range(len(ids) - size + 1)}:
            found = tuple(_whole(ids, candidate))
            if len(found) > 1 and (len(found) - 1) * size >= max(1, (len(best) - 1) * len(run)):
                if _rank(found, size) <= _rank(best, len(run)):
                    continue
                best, run = found, candidate
    return _with_halves(ids, run, best)


def _rank(found: Sequence[Refrain], size: int) -> tuple[int, int, int]:
    first = found[0].first if found else 0
    return (len(found) - 1) * size, size, -first


def _ids(texts: Sequence[str]) -> list[int]:
    """The same number for lines that are the same to a listener."""
    known: list[str] = []
    out = []
    for text in texts:
        words = _plain(text)
        alike = (n for n, other in enumerate(known) if _same(words, other))
        number = next(alike, len(known))
        if number == len(known):
            known.append(words)
        out.append(number)
    return out


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_WORD.findall(folded)) or folded


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    match = SequenceMatcher(None, one, other, autojunk=False)
    return match.real_quick_ratio() >= ALIKE <= match.quick_ratio() and match.ratio() >= ALIKE


def _whole(ids: Sequence[int], run: tuple[int, ...]) -> Iterator[Refrain]:
    n = 0
    while n + len(run) <= len(ids):
        if tuple(ids[n : n + len(run)]) == run:
            yield Refrain(n, n + len(run))
            n += len(run)
        else:
            n += 1


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
