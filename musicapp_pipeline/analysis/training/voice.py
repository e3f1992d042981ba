"""Singers made by arithmetic: many throats, vibrato or none, doubled lines, rap."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import lfilter

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.training.notes import Note, Score
from musicapp_pipeline.analysis.training.synth import add

Rng = np.random.Generator
_VOWELS = (
    (800, 1200, 2500, 3500), (400, 2000, 2600, 3400), (350, 800, 2300, 3300),
    (500, 1700, 2500, 3500), (300, 2300, 3000, 3600), (650, 1100, 2600, 3400),
)  # fmt: skip
_SYLLABLE = 0.16
"""Seconds a rapped syllable lasts, about."""


@dataclass(frozen=True, slots=True)
class Singer:
    """Somebody's throat and habits.

    Attributes:
        tract: by how much formants are higher than a man's.
        octave: octaves by which the line lies lower or higher than written.
        breath: noise in the source; ``tilt``: how dull the source is.
        vibrato, wobble: its depth as a share of pitch and its rate in Hz.
        scoop: semitones from below which a note is begun.
        glide: seconds from note to note.
        consonants: the share of notes that begin with one.
        speaks: whether the words are spoken in the rhythm of the tune.
        doubled: how many sing the line together.
    """

    tract: float
    octave: int
    breath: float
    tilt: float
    vibrato: float
    wobble: float
    scoop: float
    glide: float
    consonants: float
    speaks: bool
    doubled: int


def somebody(rng: Rng) -> Singer:
    """A singer nobody has heard yet."""
    low = rng.random() < 0.5
    return Singer(
        tract=float(rng.uniform(0.95, 1.1) if low else rng.uniform(1.08, 1.28)),
        octave=-1 if low and rng.random() < 0.7 else 0,
        breath=float(10 ** rng.uniform(-2, -0.4)),
        tilt=float(rng.uniform(0.0, 0.9)),
        vibrato=float(rng.choice([0.0, 0.003, 0.008, 0.012, 0.02])),
        wobble=float(rng.uniform(4.3, 7.0)),
        scoop=float(rng.choice([0.0, 0.0, 0.5, 1.5, 3.0])),
        glide=float(rng.uniform(0.008, 0.06)),
        consonants=float(rng.uniform(0.0, 0.95)),
        speaks=bool(rng.random() < 0.2),
        doubled=int(rng.choice([1, 1, 1, 2, 4])),
    )


def voice(score: Score, rate: int, rng: Rng, seconds: float) -> Floats:
    """The lead layer sung or rapped, (samples,)."""
    singer = somebody(rng)
    late = float(rng.normal(0.0, 0.02))
    lines = [_line(score, rate, rng, seconds, singer, late) for _ in range(singer.doubled)]
    return np.asarray(sum(lines), np.float32)


def _line(score: Score, rate: int, rng: Rng, seconds: float, singer: Singer, late: float) -> Floats:
    count = round(seconds * rate)
    pitch, loud = np.zeros(count), np.zeros(count)
    vowel = np.zeros((len(_VOWELS), count), np.float32)
    noise = np.zeros(count, np.float32)
    detune = float(rng.normal(0, 0.006)) if singer.doubled > 1 else 0.0
    for note in (n for n in score.notes if n.part == "lead"):
        start = score.time_of(note.start) + late + float(rng.normal(0, 0.015))
        end = score.time_of(note.start + note.length) + late
        for a, b in _syllables(start, end, rng) if singer.speaks else ((start, end),):
            first, last = max(0, round(a * rate)), min(count, round(b * rate))
            if last - first < rate // 30:
                continue
            pitch[first:last] = _pitch(note, singer, last - first, rate, rng) * (1 + detune)
            loud[first:last] = note.velocity * _swell(last - first, rate)
            vowel[int(rng.integers(len(_VOWELS))), first:last] = 1
            if rng.random() < singer.consonants:
                sound = _consonant(rate, rng)
                add(noise, first - len(sound), sound)
    return _sing(pitch, loud, vowel, rate, rng, singer) + noise


def _syllables(start: float, end: float, rng: Rng) -> list[tuple[float, float]]:
    count = max(1, round((end - start) / _SYLLABLE))
    edges = np.linspace(start, end, count + 1).tolist()
    return [(a, a + (b - a) * float(rng.uniform(0.6, 0.95))) for a, b in pairwise(edges)]


def _pitch(note: Note, singer: Singer, count: int, rate: int, rng: Rng) -> Doubles:
    """The pitch of a note over its samples: begun from below; of a spoken syllable: falling."""
    inside = np.arange(count) / rate
    if singer.speaks:
        hertz = 110.0 * singer.tract**3 * float(np.exp(rng.normal(0, 0.15)))
        return np.asarray(hertz * np.exp(-0.8 * inside))
    hertz = 440 * 2 ** ((note.pitch - 69) / 12 + singer.octave)
    return np.asarray(hertz * 2 ** (-singer.scoop / 12 * np.exp(-inside / 0.05)))


def _swell(count: int, rate: int) -> Doubles:
    rise = np.minimum(np.arange(count) / (0.03 * rate), 1)
    return np.asarray(rise * np.minimum((count - np.arange(count)) / (0.04 * rate), 1))


def _consonant(rate: int, rng: Rng) -> Floats:
    length = int(rng.uniform(0.02, 0.1) * rate)
    burst = rng.standard_normal(length) * np.hanning(length) * rng.uniform(0.05, 0.5)
    if rng.random() < 0.5:
        burst = np.diff(burst, prepend=0)
    return np.asarray(burst, np.float32)


def _sing(
    pitch: Doubles, loud: Doubles, vowel: Floats, rate: int, rng: Rng, singer: Singer
) -> Floats:
    glide = 1 - np.exp(-1 / (singer.glide * rate))
    filled = np.maximum.accumulate(np.where(pitch > 0, np.arange(len(pitch)), 0))
    gliding = lfilter([glide], [1, glide - 1], np.where(pitch[filled] > 0, pitch[filled], 200.0))
    turns = singer.wobble * np.arange(len(pitch)) / rate + rng.uniform()
    phase = np.cumsum(gliding * (1 + singer.vibrato * np.sin(2 * np.pi * turns))) / rate
    source = 2 * (phase % 1) - 1 + singer.breath * rng.standard_normal(len(phase))
    source = lfilter([1 - singer.tilt], [1, -singer.tilt], source)
    smooth = 1 - np.exp(-1 / (0.02 * rate))
    out = np.zeros(len(pitch))
    for row, formants in zip(vowel, _VOWELS, strict=True):
        if row.any():
            weight = lfilter([smooth], [1, smooth - 1], row)
            tuned = [(hertz * singer.tract, 70 + hertz / 15) for hertz in formants]
            out += weight * sum(_resonance(source, *formant, rate) for formant in tuned)
    sung = out * loud
    return np.asarray(0.35 * sung / (np.abs(sung).max() + 1e-9), np.float32)


def _resonance(source: Doubles, hertz: float, width: float, rate: int) -> Doubles:
    radius = np.exp(-np.pi * width / rate)
    poles = [1, -2 * radius * np.cos(2 * np.pi * hertz / rate), radius**2]
    filtered: Doubles = lfilter([1 - radius], poles, source)
    return filtered
