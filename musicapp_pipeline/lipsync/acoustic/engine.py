"""From samples and pronunciations to placed words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.acoustic.features import FRAME_SECONDS, features
from musicapp_pipeline.lipsync.acoustic.model import english
from musicapp_pipeline.lipsync.acoustic.network import Phones, build
from musicapp_pipeline.lipsync.acoustic.search import Tuning, best_path, phone_bounds

Signal = NDArray[np.float32]


@dataclass(frozen=True)
class PlacedPhone:
    """One phone and its interval in seconds."""

    phone: str
    start: float
    end: float


@dataclass(frozen=True)
class PlacedWord:
    """Where one word was heard, and how surely, 0 to 1."""

    phones: tuple[PlacedPhone, ...]
    confidence: float

    @property
    def start(self) -> float:
        return self.phones[0].start

    @property
    def end(self) -> float:
        return self.phones[-1].end

    def trusted(self, share: float) -> "PlacedWord":
        """The same place, believed only as far as its pronunciation is."""
        return replace(self, confidence=round(self.confidence * share, 3))


def place(
    samples: Signal, words: Sequence[Sequence[Phones]], line_of: Sequence[int]
) -> list[PlacedWord] | None:
    """Place every word, in order, in a 16 kHz voice.

    Args:
        words: for each word, its possible phone sequences.
        line_of: for each word, the number of its line; gaps are likelier between lines.

    Returns:
        One placement a word; ``None`` if the voice is too short to hold them.
    """
    model = english()
    network = build(model, words)
    changes = [a != b for a, b in pairwise(line_of)]
    line_starts = np.array([True, *changes, True])
    path = best_path(model, features(samples), network, line_starts, Tuning())
    if path is None:
        return None
    placed = []
    for variant, starts, end in zip(path.variants, path.starts, path.ends, strict=True):
        bounds = phone_bounds(starts, end)
        phones = tuple(
            PlacedPhone(phone, a * FRAME_SECONDS, b * FRAME_SECONDS)
            for phone, (a, b) in zip(network.phones[variant], bounds, strict=True)
        )
        placed.append(PlacedWord(phones, 0.5))
    return placed
