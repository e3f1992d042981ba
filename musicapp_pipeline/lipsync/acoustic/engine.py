"""From a voice and pronunciations to placed words, and how sure each place is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.cores import one_core
from musicapp_pipeline.lipsync.acoustic.activity import singing
from musicapp_pipeline.lipsync.acoustic.features import FRAME_SECONDS, Signal, features
from musicapp_pipeline.lipsync.acoustic.model import STATES, AcousticModel, english
from musicapp_pipeline.lipsync.acoustic.network import Network, Pace, Phones, build
from musicapp_pipeline.lipsync.acoustic.scores import Tuning
from musicapp_pipeline.lipsync.acoustic.search import Path, best_path

_AGREE_SECONDS = 0.15
"""Two hearings this far apart leave half of the confidence."""
_SUREST = 0.95
_CRAMMED, _COMFORTABLE = STATES, 7
"""Frames there are for each phone where nothing but the order decides, and where anybody sings."""


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
    voice: Signal,
    words: Sequence[Sequence[Phones]],
    line_of: Sequence[int],
    *,
    second: Signal | None = None,
    tuning: Tuning | None = None,
) -> list[PlacedWord] | None:
    """Place every word, in order, in a 16 kHz voice.

    The words are placed twice: in ``voice``, and in another picture of the same sound. Where the
    two agree the place is nearly always right (4 % off by more than 0.1 s on mixed songs); where
    they do not, it is wrong every other time. Words that fill the whole recording agree too, since
    they have nowhere else to be: a recording with hardly room for them is trusted less.

    Args:
        words: for each word, its possible phone sequences.
        line_of: for each word, the number of its line; gaps are likelier between lines.
        second: the same sound treated differently (the plain mix); by default the voice with
            the front end's noise suppression switched off.

    Returns:
        One placement a word; ``None`` if the voice is too short to hold them.
    """
    with one_core():
        return _place(voice, words, line_of, second, tuning or Tuning())


def _place(
    voice: Signal,
    words: Sequence[Sequence[Phones]],
    line_of: Sequence[int],
    second: Signal | None,
    tuning: Tuning,
) -> list[PlacedWord] | None:
    model, frames = english(), features(voice)
    if STATES * sum(min(map(len, variants)) for variants in words) > len(frames):
        return None
    sung = singing(voice, len(frames))
    network = _network(model, words, sung)
    changes = [a != b for a, b in pairwise(line_of)]
    between = np.array([True, *changes, True])
    path = best_path(model, frames, network, between, sung, tuning)
    if path is None:
        return None
    again = features(voice, suppress=False) if second is None else features(second)
    n = min(len(again), len(sung))
    other = best_path(model, again[:n], network, between, sung[:n], tuning)
    room = len(frames) / sum(len(variants[0]) for variants in words)
    trust = float(np.clip((room - _CRAMMED) / (_COMFORTABLE - _CRAMMED), 0, 1))
    return [word.trusted(trust) for word in _words(network, path, other or path)]


def _network(
    model: AcousticModel, words: Sequence[Sequence[Phones]], sung: NDArray[np.float32]
) -> Network:
    """Least durations by the pace of the song, given up where the sound is too short for them."""
    phones = sum(len(variants[0]) for variants in words)
    pace = Pace.of(float(np.count_nonzero(sung > 0.5)), phones)
    longest = sum(max(map(len, variants)) for variants in words) * STATES
    if longest * max(pace.vowel, pace.consonant) > 0.8 * len(sung):
        pace = Pace()
    return build(model, words, pace)


def _words(network: Network, path: Path, other: Path) -> list[PlacedWord]:
    placed = []
    for variant, starts, end, again in zip(
        path.variants, path.starts, path.ends, other.starts, strict=True
    ):
        bounds = pairwise((*starts, end))
        phones = tuple(
            PlacedPhone(phone, a * FRAME_SECONDS, b * FRAME_SECONDS)
            for phone, (a, b) in zip(network.phones[variant], bounds, strict=True)
        )
        apart = abs(starts[0] - again[0]) * FRAME_SECONDS
        placed.append(PlacedWord(phones, _SUREST / (1 + (apart / _AGREE_SECONDS) ** 2)))
    return placed
