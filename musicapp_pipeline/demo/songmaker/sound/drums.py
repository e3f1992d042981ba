"""The drum kit: one function a drum, each returning one hit."""

import numpy as np

from musicapp_pipeline.demo.songmaker.sound.oscillators import Rng, noise, pulse, sine
from musicapp_pipeline.demo.songmaker.sound.signal import (
    Mono,
    attack_release,
    bandpass,
    decay,
    highpass,
    lowpass,
    samples,
)


def kick(_rng: Rng) -> Mono:
    """A sine that falls from 160 to 48 Hz under a short click."""
    n = samples(0.34)
    body = sine(48.0 + 112.0 * decay(n, 0.11), n) * decay(n, 0.42)
    click = sine(1800.0, n) * decay(n, 0.012) * 0.35
    return np.tanh(1.6 * (body + click)) * attack_release(n, 0.0008, 0.03)


def snare(rng: Rng) -> Mono:
    """Two drum modes and a noise burst."""
    n = samples(0.26)
    shell = (sine(186.0, n) + 0.6 * sine(331.0, n)) * decay(n, 0.14)
    rattle = bandpass(noise(n, rng), 900.0, 9000.0) * decay(n, 0.24)
    return np.tanh(0.7 * shell + 1.5 * rattle) * attack_release(n, 0.0008, 0.03)


def clap(rng: Rng) -> Mono:
    """Three quick bursts and a tail."""
    n = samples(0.28)
    burst = decay(n, 0.03)
    shape = 0.6 * decay(n, 0.3)
    for delay in (0.0, 0.011, 0.023):
        shift = samples(delay)
        shape[shift:] += burst[: n - shift]
    return bandpass(noise(n, rng), 800.0, 4200.0) * shape


def rim(rng: Rng) -> Mono:
    """A side-stick: dry and short, for slow songs."""
    n = samples(0.09)
    return (sine(820.0, n) + 0.7 * sine(1710.0, n) + 0.4 * noise(n, rng)) * decay(n, 0.055)


def _metal(n: int) -> Mono:
    partials = (3205.0, 4237.0, 5401.0, 6319.0, 7919.0, 8513.0)
    return np.asarray(np.mean([pulse(hz, n) for hz in partials], axis=0))


def closed_hat(rng: Rng) -> Mono:
    """A tick of metal and noise."""
    n = samples(0.07)
    return highpass(0.6 * _metal(n) + 0.7 * noise(n, rng), 6500.0, 4) * decay(n, 0.07)


def open_hat(rng: Rng) -> Mono:
    """The same cymbal ringing on."""
    n = samples(0.32)
    return highpass(0.6 * _metal(n) + 0.7 * noise(n, rng), 6000.0, 4) * decay(n, 0.34)


def shaker(rng: Rng) -> Mono:
    """A soft swish, its peak a few milliseconds in."""
    n = samples(0.09)
    return bandpass(noise(n, rng), 4500.0, 11_000.0) * attack_release(n, 0.02, 0.06)


def crash(rng: Rng) -> Mono:
    """A long cymbal for the first beat of a section."""
    n = samples(2.4)
    wash = highpass(0.35 * _metal(n) + noise(n, rng), 3000.0)
    return lowpass(wash, 13_000.0) * decay(n, 2.6) * attack_release(n, 0.002, 0.3)


def tom(rng: Rng) -> Mono:
    """A pitched drum for fills."""
    n = samples(0.3)
    body = sine(105.0 + 60.0 * decay(n, 0.09), n) * decay(n, 0.34)
    return np.tanh(1.3 * body + 0.12 * noise(n, rng) * decay(n, 0.04))


KIT = {
    "kick": kick,
    "snare": snare,
    "clap": clap,
    "rim": rim,
    "hat": closed_hat,
    "open": open_hat,
    "shaker": shaker,
    "crash": crash,
    "tom": tom,
}
"""Drums by the name that patterns use."""


def riser(seconds: float, rng: Rng) -> Mono:
    """Noise that opens and swells into the next section."""
    n = samples(seconds)
    ramp = np.linspace(0.0, 1.0, n)
    hiss = noise(n, rng)
    return (lowpass(hiss, 900.0) * (1.0 - ramp) + highpass(hiss, 2500.0) * ramp) * ramp**2.2
