"""Sounds of the final exam: struck bars, organs, reeds, filtered saws, a fuzz guitar, a singer."""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, fftconvolve, istft, lfilter, sosfilt, stft

RATE = 22_050
Sound = np.ndarray
Rng = np.random.Generator


def _axis(seconds: float) -> np.ndarray:
    return np.arange(max(64, round(seconds * RATE))) / RATE


def _gate(t: np.ndarray, attack: float, release: float) -> np.ndarray:
    return np.minimum(t / attack, 1) * np.clip((t[-1] - t) / release, 0, 1)


def _band(sound: Sound, low: float, high: float) -> Sound:
    edges = [low, min(high, 0.45 * RATE)]
    return sosfilt(butter(2, edges, "bandpass", fs=RATE, output="sos"), sound)


def mallet(hertz: float, seconds: float, rng: Rng) -> Sound:
    """A wooden bar over a tube: modes of a free bar."""
    t = _axis(max(seconds, 0.5))
    modes = ((1, 1.0, 3.0), (3.93, 0.35, 12.0), (9.24, 0.12, 30.0))
    return sum(g * np.sin(2 * np.pi * hertz * m * t) * np.exp(-t * d) for m, g, d in modes
               if hertz * m < RATE / 2)  # fmt: skip


def drawbars(hertz: float, seconds: float, rng: Rng) -> Sound:
    """A tonewheel organ with a turning loudspeaker."""
    t = _axis(seconds + 0.04)
    ranks = ((0.5, 0.6), (1, 1.0), (1.5, 0.5), (2, 0.7), (3, 0.3), (4, 0.35))
    wave = sum(g * np.sin(2 * np.pi * hertz * r * t) for r, g in ranks)
    turn = 1 + 0.18 * np.sin(2 * np.pi * 6.3 * t + rng.uniform(0, 6))
    return wave * turn * _gate(t, 0.006, 0.03)


def reeds(hertz: float, seconds: float, rng: Rng) -> Sound:
    """An accordion: two narrow pulses that beat."""
    t = _axis(seconds + 0.05)
    pulses = [(((hertz * (1 + d) * t) % 1) < 0.22) - 0.22 for d in (0.0, 0.0035)]
    return lfilter([0.4], [1, -0.6], sum(pulses)) * _gate(t, 0.03, 0.05)


def filtered(hertz: float, seconds: float, rng: Rng) -> Sound:
    """A saw whose filter closes: bright at first."""
    t = _axis(seconds + 0.08)
    saw = 2 * ((hertz * t + rng.uniform()) % 1) - 1
    dark = lfilter([0.06], [1, -0.94], saw)
    open_ = np.exp(-t * 5)[: len(t)]
    return (open_ * saw + (1 - open_) * 3 * dark) * _gate(t, 0.004, 0.07)


def fuzz(hertz: float, seconds: float, rng: Rng) -> Sound:
    """A string and its fifth through a box that clips, then a loudspeaker."""
    t = _axis(seconds + 0.03)
    strings = sum(2 * ((hertz * r * t + rng.uniform()) % 1) - 1 for r in (1, 1.5, 2.0))
    return _band(np.tanh(4 * strings * np.exp(-t * 0.6)), 90, 4_200) * _gate(t, 0.003, 0.03)


def deep(hertz: float, seconds: float, rng: Rng) -> Sound:
    """A bass: a sine with a little of its octave and a finger's noise."""
    t = _axis(seconds + 0.05)
    wave = np.sin(2 * np.pi * hertz * t) + 0.35 * np.sin(4 * np.pi * hertz * t + 0.4)
    finger = 0.2 * rng.standard_normal(len(t)) * np.exp(-t * 150)
    return (np.tanh(1.6 * wave) * np.exp(-t * 1.2) + finger) * _gate(t, 0.006, 0.04)


def singer(hertz: float, seconds: float, rng: Rng) -> Sound:
    """Grains of two vowels at the pitch of the voice; the first slides into the second."""
    t = _axis(seconds)
    scoop = 2 ** (-0.08 * np.exp(-t / 0.06)) * (1 + 0.009 * np.sin(2 * np.pi * 5.6 * t) * (t > 0.2))
    phase = np.cumsum(hertz * scoop) / RATE
    pulses = np.diff(np.floor(phase), prepend=0) + 0.01 * rng.standard_normal(len(t))
    vowels = np.array([[730, 1_090, 2_440], [530, 1_840, 2_480], [270, 2_290, 3_010],
                       [570, 840, 2_410], [300, 870, 2_240]])  # fmt: skip
    first, second = vowels[rng.integers(5)], vowels[rng.integers(5)]
    fade = np.clip((t / max(seconds, 0.1) - 0.3) * 2, 0, 1)
    a = sum(_band(pulses, 0.93 * f, 1.07 * f + 40) for f in first)
    b = sum(_band(pulses, 0.93 * f, 1.07 * f + 40) for f in second)
    hiss = _band(rng.standard_normal(len(t)), 3_000, 9_000) * np.exp(-((t - 0.02) ** 2) / 4e-4)
    return (a * (1 - fade) + b * fade) * _gate(t, 0.04, 0.06) + 0.02 * hiss * rng.uniform(0, 1)


PITCHED: dict[str, Callable[[float, float, Rng], Sound]] = {
    "mallet": mallet, "drawbars": drawbars, "reeds": reeds, "filtered": filtered, "fuzz": fuzz,
    "deep": deep, "singer": singer,
}  # fmt: skip


def kit(rng: Rng) -> dict[str, Sound]:
    """One set of drums, by letter: kick, snare, clap, hat, open hat, ride, tom, shaker, crash."""
    t = _axis(0.5)
    noise = rng.standard_normal(len(t))
    pitch = float(rng.uniform(42, 62))
    sweep = np.cumsum(pitch * (1 + 4 * np.exp(-t * 45))) / RATE
    hands = sum(np.exp(-np.clip(t - d, 0, None) * 60) * (t >= d) for d in (0, 0.011, 0.023))
    metal = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in (263, 400, 421, 474, 587, 845))
    body = np.sin(2 * np.pi * 185 * t) + 0.6 * np.sin(2 * np.pi * 331 * t)
    return {
        "k": np.sin(2 * np.pi * sweep) * np.exp(-t * float(rng.uniform(7, 16))),
        "s": 0.5 * _band(noise, 800, 7_000) * np.exp(-t * 16) + 0.5 * body * np.exp(-t * 28),
        "c": 0.5 * _band(noise, 900, 3_500) * hands,
        "h": 0.25 * _band(noise, 6_000, 9_900) * np.exp(-t * 70),
        "o": 0.25 * _band(noise + 0.4 * metal, 5_000, 9_900) * np.exp(-t * 9),
        "r": 0.2 * _band(metal, 3_000, 9_000) * (np.exp(-t * 5) + np.exp(-t * 60)),
        "t": np.sin(2 * np.pi * np.cumsum(115 * (1 + np.exp(-t * 20))) / RATE) * np.exp(-t * 10),
        "x": 0.2 * _band(noise, 4_000, 9_000) * np.exp(-(((t - 0.025) / 0.018) ** 2)),
        "!": 0.35 * _band(noise + metal, 2_500, 9_900) * np.exp(-t * 4),
    }


def master(mix: Sound, rng: Rng) -> np.ndarray:
    """A hall of velvet noise, a bus compressor, a bright or dark tilt, weak bins thrown away."""
    length = round(float(rng.uniform(0.2, 0.9)) * RATE)
    hall = (rng.random(length) < 0.02) * rng.choice([-1, 1], length)
    hall = hall * np.exp(-5 * np.arange(length) / length)
    wet = fftconvolve(mix, hall)[: len(mix)]
    out = mix / np.abs(mix).max() + float(rng.uniform(0.02, 0.3)) * wet / np.abs(wet).max()
    slow = np.sqrt(lfilter([4e-4], [1, -(1 - 4e-4)], np.square(out)) + 1e-5)
    out = out / np.maximum(slow, 0.05) ** float(rng.uniform(0.2, 0.6))
    out = lfilter([1, float(rng.uniform(-0.5, 0.5))], [1], out)
    _, _, bins = stft(out, RATE, nperseg=1024)
    loudest = np.abs(bins).max(axis=0, keepdims=True)
    bins[np.abs(bins) < 10 ** float(rng.uniform(-3, -1.7)) * loudest] = 0
    out = istft(bins, RATE, nperseg=1024)[1][: len(mix)]
    out = np.tanh(float(rng.uniform(0.7, 2.5)) * out / np.quantile(np.abs(out), 0.99))
    return (0.9 * out / np.abs(out).max()).astype(np.float32)
