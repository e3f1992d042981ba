"""What a lyric line suggests: an image for b-roll, a delivery for a performance."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from musicapp_pipeline.storyboard.vocabulary import load_data

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@cache
def _cues() -> Mapping[str, Mapping[str, Sequence[str]]]:
    cues: Mapping[str, Mapping[str, Sequence[str]]] = load_data("cues.json")
    return cues


def image_for(lyrics: str) -> str:
    """The image that most of the words point to, ``""`` when none does."""
    return _most("images", lyrics)


def delivery_for(lyrics: str) -> str:
    """How the words want to be delivered: by their sense, else by their punctuation."""
    found = _most("deliveries", lyrics)
    if found:
        return found
    if "!" in lyrics:
        return "with the whole body"
    return "as a question left open" if "?" in lyrics else ""


def _most(table: str, lyrics: str) -> str:
    words = [word.lower() for word in _WORD.findall(lyrics)]
    counts = {
        phrase: sum(word in triggers for word in words)
        for phrase, triggers in _cues()[table].items()
    }
    best = max(counts, key=lambda phrase: counts[phrase])
    return best if counts[best] else ""
