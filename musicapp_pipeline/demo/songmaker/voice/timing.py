"""When each phone is sung: vowels begin on their notes and are stretched, consonants are not."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from musicapp_pipeline.demo.songmaker.sound.signal import Mono
from musicapp_pipeline.demo.songmaker.voice.flite import Phone
from musicapp_pipeline.demo.songmaker.voice.phonetics import DIPHTHONGS, LONGEST
from musicapp_pipeline.demo.songmaker.voice.syllables import Syllable

SHORTEST_VOWEL = 0.07
SHORTEST_ONSET = 0.03
LEGATO_GAP = 0.09
"""A rest shorter than this is sung through."""


@dataclass(frozen=True)
class SungPhone:
    """A phone's place in the speech (``source``) and in the song (``start``, ``end``), seconds."""

    name: str
    word: int
    source: Phone
    start: float
    end: float


@dataclass(frozen=True)
class Slot:
    """When a syllable's note sounds, in seconds of the song."""

    start: float
    end: float


def place(syllables: tuple[Syllable, ...], slots: tuple[Slot, ...]) -> tuple[SungPhone, ...]:
    """Put a line's syllables on their notes.

    A vowel starts with its note. The consonants before it come early, and those after it end
    where the next syllable's consonants begin, or with the note if a rest follows.
    """
    sung: list[SungPhone] = []
    for index, (syllable, slot) in enumerate(zip(syllables, slots, strict=True)):
        word, nucleus = syllable.word, syllable.nucleus
        earliest = sung[-1].end if sung else 0.0
        vowel_end, coda_end = _ends(syllables, slots, index)
        sung += _run(word, syllable.onset, earliest, slot.start)
        sung.append(SungPhone(nucleus.name, word, nucleus, slot.start, vowel_end))
        sung += _run(word, syllable.coda, vowel_end, coda_end)
    return _joined(sung)


def _consonant(phone: Phone) -> float:
    return min(phone.end - phone.start, LONGEST.get(phone.name, 0.09))


def _ends(
    syllables: tuple[Syllable, ...], slots: tuple[Slot, ...], index: int
) -> tuple[float, float]:
    """When a syllable's vowel ends, and the consonants after it."""
    slot, coda = slots[index], sum(_consonant(phone) for phone in syllables[index].coda)
    if index + 1 == len(slots):
        vowel_end = max(slot.end - coda, slot.start + SHORTEST_VOWEL)
        return vowel_end, vowel_end + coda
    onset = syllables[index + 1].onset
    next_start = slots[index + 1].start - sum(_consonant(phone) for phone in onset)
    rests = next_start - slot.end > LEGATO_GAP
    vowel_end = max((slot.end if rests else next_start) - coda, slot.start + SHORTEST_VOWEL)
    # However crowded, the next syllable's consonants get a moment of their own.
    latest = slots[index + 1].start - (SHORTEST_ONSET if onset else 0.0)
    return vowel_end, min(vowel_end + coda, latest)


def _run(word: int, phones: tuple[Phone, ...], start: float, end: float) -> list[SungPhone]:
    """Consonants one after the other, ending at ``end``, squeezed if they do not fit."""
    lengths = [_consonant(phone) for phone in phones]
    total = sum(lengths)
    if not total:
        return []
    scale = min(1.0, max(end - start, 1e-3) / total)
    at = end - total * scale
    out = []
    for phone, length in zip(phones, lengths, strict=True):
        out.append(SungPhone(phone.name, word, phone, at, at + length * scale))
        at += length * scale
    return out


def _joined(sung: list[SungPhone]) -> tuple[SungPhone, ...]:
    """Close gaps that are too short to be rests by lengthening the phone before."""
    out = list(sung)
    for i, (one, other) in enumerate(pairwise(sung)):
        if 0.0 < other.start - one.end < LEGATO_GAP:
            out[i] = SungPhone(one.name, one.word, one.source, out[i].start, other.start)
    return tuple(out)


def anchors(phones: tuple[SungPhone, ...]) -> tuple[Mono, Mono]:
    """Where in the speech each moment of the song is taken from.

    Returns:
        Times of the song, strictly ascending, and the speech's times there, ascending within a
        phrase; both shape ``(n,)``, seconds, to be joined by straight lines.
    """
    song: list[float] = []
    speech: list[float] = []
    for phone in phones:
        for at, source in _inside(phone):
            if not song or at > song[-1] + 1e-6:
                song.append(at)
                speech.append(source)
    return np.array(song), np.array(speech)


def _inside(phone: SungPhone) -> list[tuple[float, float]]:
    a, b = phone.source.start, phone.source.end
    length, natural = phone.end - phone.start, b - a
    points = [(phone.start, a)]
    if length > natural + 0.03:
        diphthong = phone.name in DIPHTHONGS
        # The middle is held; the moves into and out of it keep their natural speed. A diphthong
        # is held on its first vowel and closed late, as singers do.
        head, until = (0.32, 0.55) if diphthong else (0.36, 0.64)
        tail = min(0.22, 0.4 * length) if diphthong else (1.0 - until) * natural
        points.append((phone.start + head * natural, a + head * natural))
        points.append((phone.end - tail, a + until * natural))
    points.append((phone.end - 1e-4, b))
    return points
