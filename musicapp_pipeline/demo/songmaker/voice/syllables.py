"""Which phones of a spoken line belong to which word and syllable."""

from dataclasses import dataclass
from itertools import pairwise

from musicapp_pipeline.demo.songmaker.errors import BadScore
from musicapp_pipeline.demo.songmaker.voice.flite import Phone, Speech, speak
from musicapp_pipeline.demo.songmaker.voice.phonetics import PAUSE, VOWELS, onset_length


@dataclass(frozen=True)
class Syllable:
    """Phones around one vowel; ``word`` counts the words of the line."""

    word: int
    onset: tuple[Phone, ...]
    nucleus: Phone
    coda: tuple[Phone, ...]


def syllabify(speech: Speech, line: str, voice: str) -> tuple[Syllable, ...]:
    """Split a spoken line.

    Args:
        speech: the line as flite said it.
        line: the words with hyphens between syllables, ``Mor-ning moves``.
        voice: the voice that spoke.

    Raises:
        BadScore: a word has other syllables than flite speaks.
    """
    words = line.split()
    phones = [phone for phone in speech.phones if phone.name != PAUSE]
    alone = [_phones_alone(word.replace("-", ""), voice) for word in words]
    syllables: list[Syllable] = []
    first = 0
    for index, count in enumerate(_share(phones, alone)):
        own = tuple(phones[first : first + count])
        first += count
        split = _split(index, own)
        wanted = words[index].count("-") + 1
        if len(split) != wanted:
            spoken = " ".join(phone.name for phone in own)
            raise BadScore(
                f"{words[index]!r} is written with {wanted} syllables but spoken with"
                f" {len(split)} ({spoken}); move the hyphens or choose another word",
                field="syllables",
                value=words[index],
            )
        syllables += split
    return tuple(syllables)


def _phones_alone(word: str, voice: str) -> tuple[str, ...]:
    return tuple(phone.name for phone in speak(word, voice).phones if phone.name != PAUSE)


def _share(phones: list[Phone], alone: list[tuple[str, ...]]) -> list[int]:
    """How many phones of the line each word has.

    In a line words are reduced ("and" loses its d), so the words as said alone are matched to the
    line by the cheapest sequence of same, other, missing and extra phones.
    """
    expected = [(name, word) for word, names in enumerate(alone) for name in names]
    n, m = len(expected), len(phones)
    cost = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n + 1):
        for j in range(m + 1):
            if i or j:
                cost[i][j] = min(_moves(cost, i, j, expected, phones))[0]
    counts = [0] * len(alone)
    i, j = n, m
    while i or j:
        _, before_i, before_j = min(_moves(cost, i, j, expected, phones))
        if before_j < j:
            counts[expected[min(max(i - 1, 0), n - 1)][1]] += 1
        i, j = before_i, before_j
    return counts


def _moves(
    cost: list[list[float]],
    i: int,
    j: int,
    expected: list[tuple[str, int]],
    phones: list[Phone],
) -> list[tuple[float, int, int]]:
    moves: list[tuple[float, int, int]] = []
    if i and j:
        same = expected[i - 1][0] == phones[j - 1].name
        both_vowels = expected[i - 1][0] in VOWELS and phones[j - 1].name in VOWELS
        price = 0.0 if same else 0.6 if both_vowels else 1.4
        moves.append((cost[i - 1][j - 1] + price, i - 1, j - 1))
    if i:
        moves.append((cost[i - 1][j] + 1.0, i - 1, j))
    if j:
        moves.append((cost[i][j - 1] + 1.0, i, j - 1))
    return moves


def _split(word: int, phones: tuple[Phone, ...]) -> list[Syllable]:
    nuclei = [i for i, phone in enumerate(phones) if phone.name in VOWELS]
    starts = [0]
    for left, right in pairwise(nuclei):
        between = tuple(phone.name for phone in phones[left + 1 : right])
        starts.append(right - onset_length(between))
    ends = [*starts[1:], len(phones)]
    return [
        Syllable(word, phones[start:nucleus], phones[nucleus], phones[nucleus + 1 : end])
        for start, nucleus, end in zip(starts, nuclei, ends, strict=False)
    ]
