"""What a lyric line suggests: an image for b-roll, a delivery for a performance."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from musicapp_pipeline.storyboard.model import Frozen
from musicapp_pipeline.storyboard.vocabulary import load_data, parse_as

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class Cue(Frozen):
    """A phrase, the words that call for it, and the energy it is believable at."""

    phrase: str
    words: frozenset[str]
    energy: tuple[float, float] = (0.0, 1.0)


class Cues(Frozen):
    """All cues, as in ``data/cues.json``."""

    images: tuple[Cue, ...]
    deliveries: tuple[Cue, ...]


@cache
def _cues() -> Cues:
    return parse_as(Cues, load_data("cues.json"), "cues.json")


def image_for(lyrics: str) -> str:
    """The image that most of the words point to, ``""`` when none does."""
    return _most(_cues().images, lyrics, 0.5)


def delivery_for(lyrics: str, energy: float) -> str:
    """How the words want to be delivered: by their sense, else by their punctuation."""
    found = _most(_cues().deliveries, lyrics, energy)
    if found:
        return found
    if "!" in lyrics:
        return "with the whole body"
    return "as a question left open" if "?" in lyrics else ""


def _most(cues: Sequence[Cue], lyrics: str, energy: float) -> str:
    words = [word.lower() for word in _WORD.findall(lyrics)]
    believable = [cue for cue in cues if cue.energy[0] <= energy <= cue.energy[1]]
    counts = [sum(word in cue.words for word in words) for cue in believable]
    most = max(counts, default=0)
    return believable[counts.index(most)].phrase if most else ""
