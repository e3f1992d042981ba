"""Short-time spectra: one pass over the samples feeds every other module."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft

from musicapp_pipeline.analysis.arrays import Doubles, Floats

SAMPLE_RATE = 22_050
"""Analysis rate in Hz; what lies above 11 kHz says nothing about beats."""
FPS = 100
"""Frames a second of everything about rhythm."""
WINDOW = 1024
MEL_BANDS = 80
LOWEST_HZ, HIGHEST_HZ = 30.0, 10_000.0
CHROMA_FPS = 10
CHROMA_WINDOW = 4096
_CHUNK = 2048


@dataclass(frozen=True, slots=True)
class Spectra:
    """What the song sounds like over time.

    Attributes:
        mel: log-compressed mel magnitudes, (frames at 100 fps, 80).
        power: mean power of the samples under each frame's window, (frames,).
        chroma: pitch-class energy, (frames at 10 fps, 12), C first.
        shape: spectral centroid Hz, roll-off Hz (85 %), flatness, (frames at 10 fps, 3).
        duration: seconds of the song.
    """

    mel: Floats
    power: Floats
    chroma: Floats
    shape: Floats
    duration: float


def frame_count(samples: int, fps: int) -> int:
    """How many frames start within ``samples``."""
    return max(1, int(np.ceil(samples * fps / SAMPLE_RATE)))


def spectra(samples: Floats) -> Spectra:
    """Measure the spectra of a whole song.

    Args:
        samples: mono at 22,050 Hz, (n,).

    Returns:
        Frame ``i`` is centred on second ``i / fps``.
    """
    level = reference_level(samples)
    mel, power = _log_mel(samples, level)
    chroma, shape = _tonal(samples)
    return Spectra(mel, power, chroma, shape, len(samples) / SAMPLE_RATE)


def reference_level(samples: Floats) -> float:
    """The RMS of the loud parts, so that features do not depend on the file's gain."""
    usable = samples[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW)
    if not len(usable):
        return float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
    loud = np.quantile(np.mean(np.square(usable), axis=1), 0.9)
    return float(np.sqrt(loud))


def _frames(samples: Floats, window: int, fps: int) -> tuple[Floats, Doubles]:
    """A strided view of every window and the start of each frame's window in it."""
    padded = np.pad(samples, (window // 2, window))
    view = np.lib.stride_tricks.sliding_window_view(padded, window)
    starts = np.round(np.arange(frame_count(len(samples), fps)) * (SAMPLE_RATE / fps))
    return view, np.minimum(starts, len(view) - 1)


def _log_mel(samples: Floats, level: float) -> tuple[Floats, Floats]:
    view, starts = _frames(samples, WINDOW, FPS)
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    bank = mel_bank()
    # A loud frame then sits near magnitude 1 a bin, whatever the master's level.
    gain = np.float32(1.0 / (max(level, 1e-5) * WINDOW**0.5))
    mel = np.empty((len(starts), MEL_BANDS), np.float32)
    power = np.empty(len(starts), np.float32)
    for a in range(0, len(starts), _CHUNK):
        block = view[starts[a : a + _CHUNK].astype(np.int64)] * window
        power[a : a + _CHUNK] = np.einsum("ij,ij->i", block, block) / (0.375 * WINDOW)
        magnitude = np.abs(scipy.fft.rfft(block, axis=1)) * gain
        mel[a : a + _CHUNK] = np.log1p(10.0 * (magnitude @ bank))
    return mel, power


def _tonal(samples: Floats) -> tuple[Floats, Floats]:
    view, starts = _frames(samples, CHROMA_WINDOW, CHROMA_FPS)
    window = np.hanning(CHROMA_WINDOW + 1)[:-1].astype(np.float32)
    bank = chroma_bank()
    hertz = np.fft.rfftfreq(CHROMA_WINDOW, 1 / SAMPLE_RATE).astype(np.float32)
    chroma = np.empty((len(starts), 12), np.float32)
    shape = np.empty((len(starts), 3), np.float32)
    for a in range(0, len(starts), 256):
        block = view[starts[a : a + 256].astype(np.int64)] * window
        magnitude = np.abs(scipy.fft.rfft(block, axis=1))
        chroma[a : a + 256] = np.square(magnitude) @ bank
        total = magnitude.sum(axis=1) + 1e-9
        rising = np.cumsum(magnitude, axis=1)
        shape[a : a + 256, 0] = magnitude @ hertz / total
        shape[a : a + 256, 1] = hertz[np.argmax(rising >= 0.85 * rising[:, -1:], axis=1)]
        floor = np.maximum(magnitude, 1e-7)
        shape[a : a + 256, 2] = np.exp(np.log(floor).mean(axis=1)) / floor.mean(axis=1)
    return chroma, shape


@lru_cache(maxsize=1)
def mel_bank() -> Floats:
    """Triangles of equal height on the mel scale, (513, 80).

    Source: O'Shaughnessy, Speech Communication (1987): mel = 2595 log10(1 + f / 700).
    """
    edge = _mel(np.array([LOWEST_HZ, HIGHEST_HZ]))
    centres = 700 * (10 ** (np.linspace(edge[0], edge[1], MEL_BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    low, mid, high = centres[:-2], centres[1:-1], centres[2:]
    rise = (hertz[:, None] - low) / (mid - low)
    fall = (high - hertz[:, None]) / (high - mid)
    bank = np.maximum(0, np.minimum(rise, fall))
    return np.asarray(bank / np.maximum(bank.sum(axis=0), 1.0), np.float32)


def _mel(hertz: Doubles) -> Doubles:
    return 2595 * np.log10(1 + hertz / 700)


@lru_cache(maxsize=1)
def chroma_bank() -> Floats:
    """Which pitch class each bin belongs to, (2049, 12), 65 Hz to 2.1 kHz, smooth in pitch."""
    hertz = np.fft.rfftfreq(CHROMA_WINDOW, 1 / SAMPLE_RATE)
    pitch = 69 + 12 * np.log2(np.maximum(hertz, 1.0) / 440)
    distance = (pitch[:, None] - np.arange(12) + 6) % 12 - 6
    weight = np.exp(-0.5 * np.square(distance / 0.4))
    audible = np.exp(-0.5 * np.square((pitch - 60) / 12.0)) * (hertz > 65) * (hertz < 2100)
    return np.asarray(weight * audible[:, None], np.float32)
