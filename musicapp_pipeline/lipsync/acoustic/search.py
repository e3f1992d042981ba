"""The best path of a recording through a network of words (Viterbi), without pruning."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.acoustic.model import FILLERS, STATES, AcousticModel
from musicapp_pipeline.lipsync.acoustic.network import Network

Array = NDArray[np.float32]

_BLOCK = 1000
_NEVER = np.float32(-1e30)


@dataclass(frozen=True)
class Tuning:
    """Weights of the search, in nats.

    Attributes:
        gap_floor: a gap never scores worse than this below the best phone: music is no silence.
        phone_floor: nor does a phone; one frame of noise must not bend the path.
        gap_in_line: cost of a gap inside a line; ``gap_between`` between lines.
        advance: cost of leaving a state (staying is free, since sung vowels last).
    """

    gap_floor: float = -4.0
    phone_floor: float = -20.0
    gap_in_line: float = -4.0
    gap_between: float = -0.5
    advance: float = -0.5


@dataclass(frozen=True)
class Path:
    """For every word: its variant, and the first frame of each of its states, and its end."""

    variants: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]
    ends: tuple[int, ...]
    score: float


def relative_scores(
    model: AcousticModel, features: Array, senones: NDArray[np.int64], tuning: Tuning
) -> Iterator[tuple[Array, Array]]:
    """Blocks of (state scores, gap scores) relative to the best phone of each frame."""
    unique, place = np.unique(senones, return_inverse=True)
    phones = [p for p in model.phones if p not in FILLERS]
    spoken = np.concatenate([model.base_states(p) for p in phones])
    filler = np.concatenate([model.base_states(p) for p in FILLERS])
    wanted = np.concatenate([unique, spoken, filler])
    for at in range(0, len(features), _BLOCK):
        scores = model.score(features[at : at + _BLOCK], wanted)
        n = unique.size
        best = scores[:, n : n + spoken.size].max(axis=1, keepdims=True)
        state = np.clip(scores[:, :n] - best, tuning.phone_floor, None)
        gap = np.maximum(scores[:, n + spoken.size :].max(axis=1) - best[:, 0], tuning.gap_floor)
        yield state[:, place], gap


def best_path(
    model: AcousticModel,
    features: Array,
    network: Network,
    line_starts: NDArray[np.bool_],
    tuning: Tuning,
) -> Path | None:
    """The likeliest path; ``None`` if the recording has fewer frames than the words have states.

    Args:
        features: shape ``(frames, 39)``.
        line_starts: for each gap (``words + 1``), whether it lies between two lines.
    """
    frames, words = len(features), network.words
    trace = _Trace(frames, network)
    enter_gap = np.where(line_starts, tuning.gap_between, tuning.gap_in_line).astype(np.float32)
    state = np.full(network.senones.size, _NEVER, np.float32)
    gap = np.full(words + 1, _NEVER, np.float32)
    leave = np.full(words + 1, _NEVER, np.float32)
    leave[0] = 0.0
    firsts, lasts, word_of = network.first, network.last, network.word
    word_starts = network.variant_of_word
    advance = np.float32(tuning.advance)
    moved = np.empty_like(state)
    t = 0
    for scores, gap_scores in relative_scores(model, features, network.senones, tuning):
        for emission, gap_emission in zip(scores, gap_scores, strict=True):
            entry = np.maximum(leave, gap)
            trace.from_gap[t] = gap > leave
            moved[1:] = state[:-1] + advance
            moved[firsts] = entry[word_of]
            np.greater(moved, state, out=trace.moved[t])
            np.maximum(moved, state, out=state)
            state += emission
            into = leave + enter_gap
            trace.entered[t] = into > gap
            np.maximum(into, gap, out=gap)
            gap += gap_emission
            exits = state[lasts] + advance
            leave[0] = _NEVER
            leave[1:] = np.maximum.reduceat(exits, word_starts)
            trace.best_variant[t] = exits == leave[1:][word_of]
            t += 1
    score = float(max(leave[words], gap[words]))
    if score < _NEVER / 2:
        return None
    return trace.path(network, ended_in_gap=bool(gap[words] > leave[words]), score=score)


class _Trace:
    """Where each state came from, at each frame."""

    def __init__(self, frames: int, network: Network) -> None:
        self.frames = frames
        self.moved = np.empty((frames, network.senones.size), np.bool_)
        self.from_gap = np.empty((frames, network.words + 1), np.bool_)
        self.entered = np.empty((frames, network.words + 1), np.bool_)
        self.best_variant = np.empty((frames, network.first.size), np.bool_)

    def path(self, network: Network, *, ended_in_gap: bool, score: float) -> Path:
        variants, starts, ends = [], [], []
        t, in_gap = self.frames - 1, ended_in_gap
        for word in range(network.words, -1, -1):
            if in_gap:
                while t > 0 and not self.entered[t, word]:
                    t -= 1
                t -= 1
            if word == 0:
                break
            ends.append(t + 1)
            variant = self._variant(network, word - 1, t)
            state, begun = int(network.last[variant]), []
            while state >= network.first[variant]:
                while not self.moved[t, state]:
                    t -= 1
                begun.append(t)
                in_gap = bool(self.from_gap[t, word - 1])
                t -= 1
                state -= 1
            variants.append(variant)
            starts.append(tuple(reversed(begun)))
        return Path(tuple(variants[::-1]), tuple(starts[::-1]), tuple(ends[::-1]), score)

    def _variant(self, network: Network, word: int, t: int) -> int:
        candidates = np.flatnonzero((network.word == word) & self.best_variant[t])
        return int(candidates[0])


def phone_bounds(starts: tuple[int, ...], end: int) -> list[tuple[int, int]]:
    """First and past-the-end frame of each phone of a word."""
    begins = list(starts[::STATES])
    return list(zip(begins, [*begins[1:], end], strict=True))
