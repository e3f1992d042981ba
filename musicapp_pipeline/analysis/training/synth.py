"""Drum machines made by arithmetic."""

import numpy as np

from musicapp_pipeline.analysis.arrays import Floats
from musicapp_pipeline.analysis.training import grooves
from musicapp_pipeline.analysis.training.notes import Score

Rng = np.random.Generator


def drum_machine(score: Score, rate: int, rng: Rng, seconds: float) -> Floats:
    """The drum layer played by an invented machine, (samples,)."""
    out = np.zeros(round(seconds * rate), np.float32)
    sounds = {key: _drum(key, rate, rng) for key in {n.pitch for n in score.notes}}
    for note in score.notes:
        if note.part == "drums":
            at = round((score.time_of(note.start) + float(rng.normal(0, score.jitter / 2))) * rate)
            add(out, at, sounds[note.pitch] * np.float32(note.velocity))
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


def add(out: Floats, at: int, sound: Floats) -> None:
    """Mix a sound in from sample ``at``; what lies outside is left out."""
    a, b = max(0, at), min(len(out), at + len(sound))
    if b > a:
        out[a:b] += sound[a - at : b - at]
