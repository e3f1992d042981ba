"""Chord names, scales and the notes in them."""

import re

from musicapp_pipeline.demo.songmaker.errors import BadScore

MAJOR = (0, 2, 4, 5, 7, 9, 11)
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "sus4": (0, 5, 7),
    "add9": (0, 4, 7, 14),
}
_CHORD = re.compile(r"([A-G])([#b]?)(maj7|m7|m|7|sus4|add9|)(?:/([A-G])([#b]?))?")
_SHIFT = {"": 0, "#": 1, "b": -1}


def _parse(chord: str) -> tuple[int, tuple[int, ...], int]:
    """Root pitch class, intervals, and the bass's pitch class."""
    match = _CHORD.fullmatch(chord)
    if match is None:
        raise BadScore(
            f"{chord!r} is not a chord; write a letter, a quality and perhaps a bass",
            field="chords",
            value=chord,
            allowed="such as C, F#m, Gsus4, Am7 or D/F#",
        )
    letter, accidental, quality, bass, bass_accidental = match.groups()
    root = (_LETTERS[letter] + _SHIFT[accidental]) % 12
    low = root if bass is None else (_LETTERS[bass] + _SHIFT[bass_accidental]) % 12
    return root, _QUALITIES[quality], low


def chord_notes(chord: str, lowest: int) -> tuple[int, ...]:
    """The chord's notes in close position, the lowest at or just above ``lowest`` (MIDI)."""
    root, intervals, _ = _parse(chord)
    classes = {(root + interval) % 12 for interval in intervals}
    return tuple(pitch for pitch in range(lowest, lowest + 12) if pitch % 12 in classes)


def bass_note(chord: str, lowest: int) -> int:
    """The chord's bass at or just above ``lowest`` (MIDI)."""
    _, _, low = _parse(chord)
    return lowest + (low - lowest) % 12


def scale(key: int, low: int, high: int) -> tuple[int, ...]:
    """Notes of the major scale on pitch class ``key`` from ``low`` to ``high``."""
    return tuple(pitch for pitch in range(low, high + 1) if (pitch - key) % 12 in MAJOR)


def degree_chord(key: int, degree: int) -> str:
    """The name of the triad on a degree of the major scale (0 is the tonic)."""
    minor = degree % 7 in (1, 2, 5)
    return _NAMES[(key + MAJOR[degree % 7]) % 12] + ("m" if minor else "")


def third_above(pitch: int, key: int, chord: str) -> int:
    """A second voice: the chord's next note at least a minor third above ``pitch``."""
    root, intervals, _ = _parse(chord)
    classes = {(root + interval) % 12 for interval in intervals}
    in_scale = {(key + step) % 12 for step in MAJOR}
    for candidate in range(pitch + 3, pitch + 6):
        if candidate % 12 in classes and candidate % 12 in in_scale:
            return candidate
    return next(p for p in range(pitch + 3, pitch + 6) if p % 12 in in_scale)
