"""What every voice of the band is built from: arrays of samples, envelopes and filters."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

RATE = 44_100
"""Samples a second of everything the song maker renders."""

Mono = NDArray[np.float64]
"""Samples, shape ``(n,)``."""
Stereo = NDArray[np.float64]
"""Samples, shape ``(n, 2)``, left then right."""
Kind = Literal["lowpass", "highpass", "bandpass"]


def samples(seconds: float) -> int:
    """The nearest whole number of samples."""
    return round(seconds * RATE)


def gain(decibels: float) -> float:
    """The amplitude factor of a level in dB."""
    return float(10.0 ** (decibels / 20.0))


def hertz(midi: float | Mono) -> Mono:
    """The frequency of a MIDI note number (69 is A4, 440 Hz)."""
    return np.asarray(440.0 * 2.0 ** ((np.asarray(midi, dtype=np.float64) - 69.0) / 12.0))


def add_at(track: NDArray[np.float64], start: int, chunk: NDArray[np.float64]) -> None:
    """Mix ``chunk`` into ``track`` from sample ``start``; what falls outside is dropped."""
    first = max(-start, 0)
    length = min(len(chunk) - first, len(track) - start - first)
    if length > 0:
        track[start + first : start + first + length] += chunk[first : first + length]


def attack_release(n: int, attack: float, release: float) -> Mono:
    """A plateau of 1 with raised-cosine edges.

    Args:
        n: samples in all.
        attack: seconds of rise.
        release: seconds of fall, at the end of ``n``.
    """
    shape = np.ones(n)
    rise, fall = min(samples(attack), n), min(samples(release), n)
    if rise:
        shape[:rise] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    if fall:
        shape[n - fall :] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) + 1) / fall)
    return shape


def decay(n: int, seconds: float) -> Mono:
    """An exponential fall by 60 dB in ``seconds``."""
    return np.asarray(np.exp(-6.908 * np.arange(n) / (seconds * RATE)))


@lru_cache(maxsize=256)
def _butterworth(kind: Kind, hz: float | tuple[float, float], order: int) -> NDArray[np.float64]:
    return np.asarray(butter(order, hz, kind, fs=RATE, output="sos"))


def lowpass(signal: NDArray[np.float64], hz: float, order: int = 2) -> NDArray[np.float64]:
    """A Butterworth low-pass along the samples."""
    return _filtered("lowpass", signal, hz, order)


def highpass(signal: NDArray[np.float64], hz: float, order: int = 2) -> NDArray[np.float64]:
    """A Butterworth high-pass along the samples."""
    return _filtered("highpass", signal, hz, order)


def bandpass(signal: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """A second-order Butterworth band-pass along the samples."""
    return _filtered("bandpass", signal, (low, high), 2)


def _filtered(
    kind: Kind,
    signal: NDArray[np.float64],
    hz: float | tuple[float, float],
    order: int,
) -> NDArray[np.float64]:
    return np.asarray(sosfilt(_butterworth(kind, hz, order), signal, axis=0))


def peak_filter(
    signal: NDArray[np.float64], hz: float, decibels: float, q: float = 0.9
) -> NDArray[np.float64]:
    """Lift or cut a band around ``hz``.

    Source: R. Bristow-Johnson, Audio EQ Cookbook, peaking EQ.
    """
    amplitude = 10.0 ** (decibels / 40.0)
    w = 2.0 * np.pi * hz / RATE
    alpha = np.sin(w) / (2.0 * q)
    b = np.array([1 + alpha * amplitude, -2 * np.cos(w), 1 - alpha * amplitude])
    a = np.array([1 + alpha / amplitude, -2 * np.cos(w), 1 - alpha / amplitude])
    sos = np.concatenate([b, a])[None, :] / a[0]
    return np.asarray(sosfilt(sos, signal, axis=0))


def high_shelf(signal: NDArray[np.float64], hz: float, decibels: float) -> NDArray[np.float64]:
    """Lift or cut everything above ``hz``.

    Source: R. Bristow-Johnson, Audio EQ Cookbook, high shelf with slope 1.
    """
    amplitude = 10.0 ** (decibels / 40.0)
    w = 2.0 * np.pi * hz / RATE
    cosine, root = np.cos(w), np.sqrt(2.0 * amplitude) * np.sin(w)
    up, down = amplitude + 1, amplitude - 1
    b = amplitude * np.array(
        [up + down * cosine + root, -2 * (down + up * cosine), up + down * cosine - root]
    )
    a = np.array([up - down * cosine + root, 2 * (down - up * cosine), up - down * cosine - root])
    sos = np.concatenate([b, a])[None, :] / a[0]
    return np.asarray(sosfilt(sos, signal, axis=0))


def pan(signal: Mono, position: float) -> Stereo:
    """Place a mono signal, −1 left to 1 right, at constant power."""
    angle = (position + 1.0) * np.pi / 4.0
    return np.stack([signal * np.cos(angle), signal * np.sin(angle)], axis=1)
