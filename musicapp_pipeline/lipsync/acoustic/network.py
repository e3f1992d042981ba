"""The chain of states a lyric can go through: words, their variants, and gaps between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.acoustic.model import SILENCE, STATES, AcousticModel

Ints = NDArray[np.int64]
Phones = tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """States of all variants of all words, one after the other.

    Attributes:
        senones: the senone of each state.
        first: index of each variant's first state, ascending.
        last: index of each variant's last state.
        word: the word each variant belongs to.
        words: how many words there are; gap ``w`` lies before word ``w``, gap ``words`` at the end.
        phones: the phones of each variant.
    """

    senones: Ints
    first: Ints
    last: Ints
    word: Ints
    words: int
    phones: tuple[Phones, ...]

    @property
    def variant_of_word(self) -> Ints:
        """Index of each word's first variant."""
        return np.searchsorted(self.word, np.arange(self.words))


def build(model: AcousticModel, words: Sequence[Sequence[Phones]]) -> Network:
    """The network of ``words``, each a non-empty choice of phone sequences.

    The phones at a word's edges see the likeliest neighbouring word's phone as their context.
    """
    senones: list[int] = []
    first, last, owner, phones = [], [], [], []
    for w, variants in enumerate(words):
        left = words[w - 1][0][-1] if w else SILENCE
        right = words[w + 1][0][0] if w + 1 < len(words) else SILENCE
        for variant in variants:
            first.append(len(senones))
            senones += _states(model, variant, left, right)
            last.append(len(senones) - 1)
            owner.append(w)
            phones.append(tuple(variant))
    return Network(
        np.array(senones, np.int64),
        np.array(first, np.int64),
        np.array(last, np.int64),
        np.array(owner, np.int64),
        len(words),
        tuple(phones),
    )


def _states(model: AcousticModel, variant: Phones, left: str, right: str) -> list[int]:
    around = (left, *variant, right)
    n = len(variant)
    states: list[int] = []
    for k, phone in enumerate(variant):
        found = model.states(phone, around[k], around[k + 2], k == 0, k == n - 1)
        states += [int(s) for s in found]
    assert len(states) == n * STATES
    return states
