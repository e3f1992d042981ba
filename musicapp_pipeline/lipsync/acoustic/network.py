"""The chain of states a lyric can go through: words, their variants, and gaps between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.acoustic.model import SILENCE, AcousticModel

Ints = NDArray[np.int64]
Phones = tuple[str, ...]

VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())


@dataclass(frozen=True)
class Pace:
    """How many frames each of a phone's three states lasts at least."""

    vowel: int = 1
    consonant: int = 1

    @classmethod
    def of(cls, sung_frames: float, phones: int) -> "Pace":
        """What can be expected of ``phones`` phones in ``sung_frames`` frames of voice.

        Least durations keep words from collapsing where music hides them; they must leave room
        for a fast passage in a slow song.
        """
        mean = sung_frames / max(phones, 1)
        return cls(int(np.clip(0.8 * mean / 3, 1, 4)), int(np.clip(0.4 * mean / 3, 1, 2)))


@dataclass(frozen=True)
class Network:
    """States of all variants of all words, one after the other.

    Attributes:
        senones: the senone of each state; a state that lasts longer is there several times.
        vowel: whether a state belongs to a vowel.
        first: index of each variant's first state, ascending.
        last: index of each variant's last state.
        word: the word each variant belongs to.
        words: how many words there are; gap ``w`` lies before word ``w``, gap ``words`` at the end.
        phones: the phones of each variant, and ``phone_first`` where each of them begins.
    """

    senones: Ints
    vowel: NDArray[np.bool_]
    first: Ints
    last: Ints
    word: Ints
    words: int
    phones: tuple[Phones, ...]
    phone_first: tuple[Ints, ...]

    @property
    def variant_of_word(self) -> Ints:
        """Index of each word's first variant."""
        return np.searchsorted(self.word, np.arange(self.words))


def build(
    model: AcousticModel, words: Sequence[Sequence[Phones]], pace: Pace | None = None
) -> Network:
    """The network of ``words``, each a non-empty choice of phone sequences.

    The phones at a word's edges see the likeliest neighbouring word's phone as their context.
    """
    pace = pace or Pace()
    senones: list[int] = []
    vowel: list[bool] = []
    first, last, owner, begins = [], [], [], []
    phones: list[Phones] = []
    for w, variants in enumerate(words):
        left = words[w - 1][0][-1] if w else SILENCE
        right = words[w + 1][0][0] if w + 1 < len(words) else SILENCE
        for variant in variants:
            first.append(len(senones))
            starts = []
            for k, phone in enumerate(variant):
                around = (left, *variant, right)
                states = model.states(
                    phone, around[k], around[k + 2], k == 0, k == len(variant) - 1
                )
                sung = phone in VOWELS
                times = pace.vowel if sung else pace.consonant
                starts.append(len(senones))
                senones += [int(s) for s in states for _ in range(times)]
                vowel += [sung] * (len(states) * times)
            last.append(len(senones) - 1)
            owner.append(w)
            phones.append(tuple(variant))
            begins.append(np.array(starts, np.int64))
    return Network(
        np.array(senones, np.int64),
        np.array(vowel, np.bool_),
        np.array(first, np.int64),
        np.array(last, np.int64),
        np.array(owner, np.int64),
        len(words),
        tuple(phones),
        tuple(begins),
    )
