"""The best path of a recording through a network of words (Viterbi), without pruning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.acoustic.model import AcousticModel
from musicapp_pipeline.lipsync.acoustic.network import Network
from musicapp_pipeline.lipsync.acoustic.scores import Tuning, blocks

Array = NDArray[np.float32]

_NEVER = np.float32(-1e30)


@dataclass(frozen=True)
class Path:
    """For every word: its variant, the frames at which its phones begin, and its end frame."""

    variants: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]
    ends: tuple[int, ...]


def best_path(
    model: AcousticModel,
    features: Array,
    network: Network,
    between_lines: NDArray[np.bool_],
    sung: Array,
    tuning: Tuning,
) -> Path | None:
    """The likeliest path; ``None`` if the recording has fewer frames than the words have states.

    Args:
        features: shape ``(frames, 39)``.
        between_lines: for each gap (``words + 1``), whether it lies between two lines.
        sung: for each frame, 0 to 1, whether somebody sings.
    """
    frames, words = len(features), network.words
    unsung = np.clip(2 * tuning.unsung * (tuning.sung_from - sung), -tuning.unsung, tuning.unsung)
    bonus = (unsung * tuning.acoustic).astype(np.float32)
    enter = np.where(
        between_lines, tuning.enter_gap_between_lines, tuning.enter_gap_in_line
    ).astype(np.float32)
    between = between_lines.astype(np.float32)
    stay = np.where(network.vowel, 0, tuning.stay_in_consonant).astype(np.float32)
    state = np.full(network.senones.size, _NEVER, np.float32)
    gap, leave = np.full(words + 1, _NEVER, np.float32), np.full(words + 1, _NEVER, np.float32)
    leave[0] = 0.0
    trace, moved, t = _Trace(frames, network), np.empty_like(state), 0
    for scores, silences in blocks(model, features, network.senones, tuning):
        for emission, silence in zip(scores, silences, strict=True):
            entry = np.maximum(leave, gap)
            moved[1:] = state[:-1]
            moved[network.first] = entry[network.word]
            state += stay
            trace.keep(t, moved > state, gap > leave, leave + enter > gap)
            np.maximum(moved, state, out=state)
            state += emission
            np.maximum(leave + enter, gap, out=gap)
            gap += silence + bonus[t] * between
            exits = state[network.last]
            leave[0] = _NEVER
            leave[1:] = np.maximum.reduceat(exits, trace.word_starts)
            trace.best_variant[t] = exits == leave[1:][network.word]
            t += 1
    if max(leave[words], gap[words]) < _NEVER / 2:
        return None
    return trace.path(ended_in_gap=bool(gap[words] > leave[words]))


class _Trace:
    """Where each state came from, at each frame, one bit a state."""

    def __init__(self, frames: int, network: Network) -> None:
        self.network = network
        self.word_starts = network.variant_of_word
        self.moved = np.empty((frames, (network.senones.size + 7) // 8), np.uint8)
        self.from_gap = np.empty((frames, network.words + 1), np.bool_)
        self.entered = np.empty((frames, network.words + 1), np.bool_)
        self.best_variant = np.empty((frames, network.first.size), np.bool_)

    def keep(
        self,
        t: int,
        moved: NDArray[np.bool_],
        from_gap: NDArray[np.bool_],
        entered: NDArray[np.bool_],
    ) -> None:
        self.moved[t] = np.packbits(moved)
        self.from_gap[t] = from_gap
        self.entered[t] = entered

    def path(self, *, ended_in_gap: bool) -> Path:
        """Follow the bits back from the end."""
        network = self.network
        variants, starts, ends = [], [], []
        t, in_gap = len(self.moved) - 1, ended_in_gap
        for word in range(network.words, -1, -1):
            if in_gap:
                while t > 0 and not self.entered[t, word]:
                    t -= 1
                t -= 1
            if word == 0:
                break
            ends.append(t + 1)
            variant = self._variant(word - 1, t)
            first, begun = int(network.first[variant]), {}
            for state in range(int(network.last[variant]), first - 1, -1):
                while not self._moved(t, state):
                    t -= 1
                begun[state] = t
                in_gap = bool(self.from_gap[t, word - 1])
                t -= 1
            variants.append(variant)
            starts.append(tuple(begun[int(s)] for s in network.phone_first[variant]))
        return Path(tuple(variants[::-1]), tuple(starts[::-1]), tuple(ends[::-1]))

    def _moved(self, t: int, state: int) -> bool:
        return bool(self.moved[t, state >> 3] >> (7 - (state & 7)) & 1)

    def _variant(self, word: int, t: int) -> int:
        first = int(self.word_starts[word])
        end = int(self.word_starts[word + 1]) if word + 1 < self.network.words else None
        return first + int(np.argmax(self.best_variant[t, first:end]))
