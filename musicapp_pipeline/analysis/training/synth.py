"""Sounds made by arithmetic: drum machines and a voice that sings vowels."""

import numpy as np
from scipy.signal import lfilter

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.training import grooves
from musicapp_pipeline.analysis.training.notes import Score

Rng = np.random.Generator
_VOWELS = ((800, 1200, 2500), (400, 2000, 2600), (350, 800, 2300), (500, 1700, 2500))


def drum_machine(score: Score, rate: int, rng: Rng, seconds: float) -> Floats:
    """The drum layer played by an invented machine, (samples,)."""
    out = np.zeros(round(seconds * rate), np.float32)
    sounds = {key: _drum(key, rate, rng) for key in {n.pitch for n in score.notes}}
    for note in score.notes:
        if note.part == "drums":
            at = round((score.time_of(note.start) + float(rng.normal(0, score.jitter / 2))) * rate)
            _add(out, at, sounds[note.pitch] * np.float32(note.velocity))
    return out


def _drum(key: int, rate: int, rng: Rng) -> Floats:
    if key in (grooves.KICK, grooves.SURDO):
        return _boom(rate, rng, rng.uniform(38, 65), rng.uniform(6, 25))
    if key in (grooves.SNARE, 40, grooves.CLAP, grooves.SIDE):
        return _snare(rate, rng, key == grooves.CLAP)
    if key in (grooves.LOW_TOM, grooves.MID_TOM, grooves.HIGH_TOM, 62, 63, 64):
        return _boom(rate, rng, rng.uniform(90, 260), rng.uniform(12, 25))
    if key in (grooves.COWBELL, grooves.CLAVES, grooves.BLOCK):
        t = np.arange(int(0.12 * rate)) / rate
        tone = np.sign(np.sin(2 * np.pi * rng.uniform(500, 2500) * t)) * np.exp(-t * 40)
        return (0.3 * tone).astype(np.float32)
    decay = rng.uniform(6, 12) if key in (grooves.OPEN, grooves.CRASH) else rng.uniform(25, 90)
    t = np.arange(int(min(0.8, 6 / decay) * rate)) / rate
    hiss = np.diff(rng.standard_normal(len(t) + 1)) * np.exp(-t * decay)
    return (0.25 * hiss).astype(np.float32)


def _boom(rate: int, rng: Rng, hertz: float, decay: float) -> Floats:
    t = np.arange(int(min(0.7, 6 / decay) * rate)) / rate
    sweep = rng.uniform(1, 5)
    phase = 2 * np.pi * (hertz * t + sweep * (1 - np.exp(-t * 40)))
    click = rng.uniform(0, 0.4) * rng.standard_normal(len(t)) * np.exp(-t * 400)
    sound = np.tanh(rng.uniform(1, 3) * (np.sin(phase) * np.exp(-t * decay) + click))
    return (0.9 * sound).astype(np.float32)


def _snare(rate: int, rng: Rng, clap: bool) -> Floats:
    decay = rng.uniform(12, 45)
    t = np.arange(int(min(0.5, 6 / decay) * rate)) / rate
    body = rng.uniform(0, 0.8) * np.sin(2 * np.pi * rng.uniform(140, 330) * t) * np.exp(-t * 30)
    hiss = rng.standard_normal(len(t)) * np.exp(-t * decay)
    if clap:
        # A clap is several hands.
        hiss *= 0.4 + 0.6 * (np.exp(-(((t * 1000) % 11) / 4)) * (t < 0.033) + (t >= 0.033))
    return (0.5 * (hiss * rng.uniform(0.4, 0.9) + body)).astype(np.float32)


def voice(score: Score, rate: int, rng: Rng, seconds: float) -> Floats:
    """The lead layer sung: gliding pitch, vibrato, changing vowels, consonants before the note."""
    count = round(seconds * rate)
    pitch = np.zeros(count)
    loud = np.zeros(count)
    vowel = np.zeros((len(_VOWELS), count), np.float32)
    noise = np.zeros(count, np.float32)
    late = float(rng.normal(0.0, 0.02))
    for note in (n for n in score.notes if n.part == "lead"):
        start = score.time_of(note.start) + late + float(rng.normal(0, 0.02))
        a = max(0, round(start * rate))
        b = min(count, round(score.time_of(note.start + note.length) * rate))
        if b - a < rate // 30:
            continue
        pitch[a:b] = 440 * 2 ** ((note.pitch - 69) / 12)
        ramp = np.minimum(np.arange(b - a) / (0.03 * rate), 1)
        loud[a:b] = note.velocity * ramp * np.minimum((b - a - np.arange(b - a)) / (0.04 * rate), 1)
        vowel[int(rng.integers(len(_VOWELS))), a:b] = 1
        if rng.random() < 0.6:
            length = int(rng.uniform(0.03, 0.09) * rate)
            burst = rng.standard_normal(length) * np.hanning(length) * rng.uniform(0.1, 0.5)
            _add(noise, a - length, np.diff(burst, prepend=0).astype(np.float32))
    return _sing(pitch, loud, vowel, rate, rng) + noise


def _sing(pitch: Doubles, loud: Doubles, vowel: Floats, rate: int, rng: Rng) -> Floats:
    smooth = 1 - np.exp(-1 / (0.02 * rate))
    held = np.where(pitch > 0, pitch, np.nan)
    filled = np.maximum.accumulate(np.where(np.isnan(held), 0, np.arange(len(held))))
    glide = lfilter([smooth], [1, smooth - 1], np.nan_to_num(held[filled], nan=200.0))
    vibrato = 1 + 0.012 * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * np.arange(len(pitch)) / rate)
    phase = np.cumsum(glide * vibrato) / rate
    source = (2 * (phase % 1) - 1) + 0.05 * rng.standard_normal(len(phase))
    out = np.zeros(len(pitch))
    for row, formants in zip(vowel, _VOWELS, strict=True):
        if row.any():
            weight = lfilter([smooth], [1, smooth - 1], row)
            shaped = sum(_resonance(source, hertz, 90 + hertz / 20, rate) for hertz in formants)
            out += weight * shaped
    sung = out * loud
    return np.asarray(0.35 * sung / (np.abs(sung).max() + 1e-9), np.float32)


def _resonance(source: Doubles, hertz: float, width: float, rate: int) -> Doubles:
    radius = np.exp(-np.pi * width / rate)
    poles = [1, -2 * radius * np.cos(2 * np.pi * hertz / rate), radius**2]
    filtered: Doubles = lfilter([1 - radius], poles, source)
    return filtered


def _add(out: Floats, at: int, sound: Floats) -> None:
    a, b = max(0, at), min(len(out), at + len(sound))
    if b > a:
        out[a:b] += sound[a - at : b - at]
