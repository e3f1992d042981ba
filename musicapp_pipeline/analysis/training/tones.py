"""Pitched instruments made by arithmetic, for songs that need no sound font."""

from dataclasses import dataclass

import numpy as np

from musicapp_pipeline.analysis.arrays import Floats
from musicapp_pipeline.analysis.training.notes import Note, Score

Rng = np.random.Generator
_LONGEST = 4.0


@dataclass(frozen=True, slots=True)
class Tone:
    """A recipe: how harmonics fall off, how the note starts and dies, how it wavers."""

    slope: float
    odd: float
    attack: float
    decay: float
    release: float
    detune: float
    bell: float


_FAMILIES = {
    "bass": Tone(1.4, 1.0, 0.004, 1.5, 0.04, 0.0, 0.0),
    "plucked": Tone(1.2, 0.9, 0.002, 4.0, 0.08, 0.001, 0.0),
    "keys": Tone(1.6, 0.6, 0.003, 2.2, 0.12, 0.0, 0.4),
    "pad": Tone(1.5, 1.0, 0.12, 0.1, 0.35, 0.004, 0.0),
    "organ": Tone(0.9, 0.7, 0.01, 0.0, 0.03, 0.0, 0.0),
    "brass": Tone(0.8, 1.0, 0.03, 0.4, 0.06, 0.002, 0.0),
    "reed": Tone(1.0, 0.1, 0.025, 0.2, 0.05, 0.0, 0.0),
}
_CHOICES = {
    "bass": ("bass", "bass", "plucked"),
    "comp": ("plucked", "keys", "organ", "pad"),
    "second": ("pad", "plucked", "brass", "keys"),
    "lead": ("reed", "brass", "keys", "plucked"),
    "solo": ("reed", "brass", "keys", "plucked"),
}


def play(score: Score, layers: frozenset[str], rate: int, rng: Rng, seconds: float) -> Floats:
    """The pitched layers of a score, (samples,)."""
    out = np.zeros(round(seconds * rate), np.float32)
    for part in sorted(layers & _CHOICES.keys()):
        tone = _varied(_FAMILIES[str(rng.choice(_CHOICES[part]))], rng)
        sounds: dict[tuple[int, int], Floats] = {}
        level = {"bass": 0.9, "lead": 0.6, "solo": 0.6}.get(part, 0.35)
        for note in (n for n in score.notes if n.part == part):
            start = score.time_of(note.start) + float(rng.normal(0, score.jitter))
            key = (note.pitch, _length(score, note, rate))
            if key not in sounds:
                sounds[key] = _note(tone, *key, rate, rng)
            _mix(out, round(start * rate), sounds[key] * np.float32(level * note.velocity))
    return out


def _length(score: Score, note: Note, rate: int) -> int:
    """Samples, on a coarse grid so that equal notes share their sound."""
    seconds = score.time_of(note.start + note.length) - score.time_of(note.start)
    return int(np.clip(round(seconds / 0.04), 2, _LONGEST / 0.04)) * int(0.04 * rate)


def _varied(tone: Tone, rng: Rng) -> Tone:
    return Tone(
        slope=tone.slope * float(rng.uniform(0.7, 1.4)),
        odd=tone.odd * float(rng.uniform(0.6, 1.0)),
        attack=tone.attack * float(rng.uniform(0.5, 2.0)),
        decay=tone.decay * float(rng.uniform(0.6, 1.6)),
        release=tone.release * float(rng.uniform(0.6, 1.6)),
        detune=tone.detune,
        bell=tone.bell * float(rng.uniform(0.3, 1.3)),
    )


def _note(tone: Tone, pitch: int, length: int, rate: int, rng: Rng) -> Floats:
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    tail = int(tone.release * rate)
    t = np.arange(length + tail, dtype=np.float32) / rate
    wave = np.zeros(len(t), np.float32)
    top = min(14, int(0.45 * rate / hertz))
    for harmonic in range(1, max(top, 1) + 1):
        gain = harmonic**-tone.slope * (tone.odd if harmonic % 2 == 0 else 1.0)
        # Higher partials die first.
        fall = np.exp(-t * tone.decay * (0.6 + 0.4 * harmonic))
        for side in (-1, 1) if tone.detune else (0,):
            tuned = hertz * harmonic * (1 + side * tone.detune)
            phase = np.float32(rng.uniform(0, 2 * np.pi))
            wave += np.float32(gain) * fall * np.sin(np.float32(2 * np.pi * tuned) * t + phase)
    if tone.bell:
        ring = np.sin(np.float32(2 * np.pi * hertz * 7.1) * t) * np.exp(-t * 9)
        wave += np.float32(0.5 * tone.bell) * ring
    wave *= np.minimum(t / tone.attack, 1) * np.minimum((len(t) - np.arange(len(t))) / tail, 1)
    return np.asarray(wave / (np.abs(wave).max() + 1e-9), np.float32)


def _mix(out: Floats, at: int, sound: Floats) -> None:
    a, b = max(0, at), min(len(out), at + len(sound))
    if b > a:
        out[a:b] += sound[a - at : b - at]
