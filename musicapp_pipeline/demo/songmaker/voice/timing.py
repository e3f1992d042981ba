"""When each phone is sung: vowels begin on their notes and are stretched, consonants are not."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from musicapp_pipeline.demo.songmaker.sound.signal import Mono
from musicapp_pipeline.demo.songmaker.voice.flite import Phone
from musicapp_pipeline.demo.songmaker.voice.phonetics import DIPHTHONGS, LONGEST
from musicapp_pipeline.demo.songmaker.voice.syllables import Syllable

SHORTEST_VOWEL = 0.07
LEGATO_GAP = 0.09
"""A rest shorter than this is sung through."""
_EDGE = 0.04
"""Seconds at a vowel's ends that keep their natural speed: there the mouth moves."""


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
        onset = [_consonant(phone) for phone in syllable.onset]
        coda = [_consonant(phone) for phone in syllable.coda]
        earliest = sung[-1].end if sung else slot.start - sum(onset)
        end = _vowel_end(syllables, slots, index, sum(coda))
        sung += _run(syllable.word, syllable.onset, max(earliest, 0.0), slot.start)
        sung.append(
            SungPhone(syllable.nucleus.name, syllable.word, syllable.nucleus, slot.start, end)
        )
        sung += _run(syllable.word, syllable.coda, end, end + _coda_room(slots, index, end, coda))
    return _joined(sung)


def _consonant(phone: Phone) -> float:
    return min(phone.end - phone.start, LONGEST.get(phone.name, 0.09))


def _next_onset(syllables: tuple[Syllable, ...], slots: tuple[Slot, ...], index: int) -> float:
    """When the next syllable's consonants begin, or infinity for the last."""
    if index + 1 >= len(syllables):
        return float("inf")
    return slots[index + 1].start - sum(_consonant(p) for p in syllables[index + 1].onset)


def _vowel_end(
    syllables: tuple[Syllable, ...], slots: tuple[Slot, ...], index: int, coda: float
) -> float:
    slot = slots[index]
    limit = _next_onset(syllables, slots, index)
    if limit - slot.end > LEGATO_GAP:
        limit = slot.end
    return max(limit - coda, slot.start + SHORTEST_VOWEL)


def _coda_room(slots: tuple[Slot, ...], index: int, end: float, coda: list[float]) -> float:
    """Seconds for the closing consonants; never into the next vowel."""
    wanted = sum(coda)
    if index + 1 < len(slots):
        return max(min(wanted, slots[index + 1].start - 0.03 - end), 0.0)
    return wanted


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
        edge = min(_EDGE, 0.3 * natural)
        points.append((phone.start + edge, a + edge))
        if phone.name in DIPHTHONGS:
            # Singers hold the first vowel of a diphthong and close it late.
            glide = min(0.2, 0.4 * length)
            points.append((phone.end - max(glide, edge * 1.5), a + 0.38 * natural))
        points.append((phone.end - edge, b - edge))
    points.append((phone.end - 1e-4, b))
    return points
