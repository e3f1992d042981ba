"""How well every state of a network fits every frame of a recording."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.acoustic.model import FILLERS, SILENCE, AcousticModel

Array = NDArray[np.float32]

_BLOCK = 1000


@dataclass(frozen=True)
class Tuning:
    """Weights of the search, in nats. Found on songs with known word times.

    Attributes:
        acoustic: weight of the scores below; neighbouring frames are far from independent.
        phone_floor: no phone scores worse than this below a frame's best phone.
        gap_floor: nor does a gap, since music behind it is no silence.
        gap_ceiling: a gap scores at most this above the best phone.
        unsung: what a gap between lines gains where nobody seems to sing (and loses where
            somebody does), around ``sung_from`` on the scale of :func:`activity.singing`.
        enter_gap_in_line, enter_gap_between_lines: cost of beginning a gap.
        stay_in_consonant: cost a frame of holding a consonant; vowels are held for free.
    """

    acoustic: float = 0.3
    phone_floor: float = -20.0
    gap_floor: float = -8.0
    gap_ceiling: float = 0.5
    unsung: float = 5.0
    sung_from: float = 0.45
    enter_gap_in_line: float = -30.0
    enter_gap_between_lines: float = -10.0
    stay_in_consonant: float = -0.3


def blocks(
    model: AcousticModel, features: Array, senones: NDArray[np.int64], tuning: Tuning
) -> Iterator[tuple[Array, Array]]:
    """Weighted scores of all states and of silence, a block of frames at a time.

    Both are relative to the best phone of the frame, which makes loud and soft frames alike.
    """
    unique, place = np.unique(senones, return_inverse=True)
    phones = [p for p in model.phones if p not in FILLERS]
    spoken = np.concatenate([model.base_states(p) for p in phones])
    wanted = np.concatenate([unique, spoken, model.base_states(SILENCE)])
    n, m = unique.size, unique.size + spoken.size
    for at in range(0, len(features), _BLOCK):
        scores = model.score(features[at : at + _BLOCK], wanted)
        best = scores[:, n:m].max(axis=1, keepdims=True)
        state = np.maximum(scores[:, :n] - best, tuning.phone_floor) * np.float32(tuning.acoustic)
        gap = np.clip(scores[:, m:].max(axis=1) - best[:, 0], tuning.gap_floor, tuning.gap_ceiling)
        yield state[:, place], np.asarray(gap * tuning.acoustic, np.float32)
