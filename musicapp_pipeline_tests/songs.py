"""Songs for tests, made of numbers: clicks on every beat, louder where the bar starts."""

from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 22_050


def click_song(path: Path, *, seconds: float = 12.0, bpm: float = 120.0, seed: int = 0) -> Path:
    """A steady 4/4 with a bass note a bar and some noise; the first beat is at 0.25 s."""
    rng = np.random.default_rng(seed)
    samples = np.zeros(int(seconds * RATE), np.float32)
    times = np.arange(0.25, seconds - 0.2, 60 / bpm)
    decay = np.exp(-np.arange(int(0.08 * RATE)) / (0.015 * RATE)).astype(np.float32)
    for number, time in enumerate(times):
        start = int(time * RATE)
        loud = 0.7 if number % 4 == 0 else 0.4
        samples[start : start + decay.size] += loud * decay * rng.standard_normal(decay.size)
        if number % 4 == 0:
            length = min(int(2.0 * RATE), samples.size - start)
            tone = np.sin(2 * np.pi * (55 + 11 * (number // 4 % 3)) * np.arange(length) / RATE)
            samples[start : start + length] += 0.2 * tone
    samples += 0.002 * rng.standard_normal(samples.size).astype(np.float32)
    sf.write(path, np.clip(samples, -1, 1), RATE)
    return path
