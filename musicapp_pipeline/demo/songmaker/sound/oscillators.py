"""Band-limited waves whose pitch may move."""

import math

import numpy as np

from musicapp_pipeline.demo.songmaker.sound.signal import RATE, Mono

Rng = np.random.Generator


def _phase(hz: float | Mono, n: int, start: float) -> tuple[Mono, Mono]:
    step = np.broadcast_to(np.asarray(hz, dtype=np.float64) / RATE, (n,))
    return (start + np.cumsum(step) - step) % 1.0, step


def _corner(phase: Mono, step: Mono) -> Mono:
    """The two-sample polynomial that rounds a saw's jump off.

    Source: Välimäki and Huovilainen 2007, "Antialiasing oscillators in subtractive synthesis".
    """
    out = np.zeros_like(phase)
    before = phase > 1.0 - step
    after = phase < step
    x = phase[after] / step[after]
    out[after] = 2.0 * x - x * x - 1.0
    x = (phase[before] - 1.0) / step[before]
    out[before] = x * x + 2.0 * x + 1.0
    return out


def sine(hz: float | Mono, n: int, start: float = 0.0) -> Mono:
    """A sine of ``n`` samples; ``start`` is its phase in turns."""
    phase, _ = _phase(hz, n, start)
    return np.asarray(np.sin(2.0 * np.pi * phase))


def saw(hz: float | Mono, n: int, start: float = 0.0) -> Mono:
    """A rising saw with softened jumps."""
    phase, step = _phase(hz, n, start)
    return np.asarray(2.0 * phase - 1.0 - _corner(phase, step))


def pulse(hz: float | Mono, n: int, width: float = 0.5, start: float = 0.0) -> Mono:
    """A pulse wave as the difference of two saws."""
    return 0.5 * (saw(hz, n, start) - saw(hz, n, start + width))


def detuned_saws(hz: float, n: int, cents: tuple[float, ...], rng: Rng) -> Mono:
    """Several saws beside each other in pitch with random phases, at the level of one."""
    total = np.zeros(n)
    for offset in cents:
        total += saw(hz * 2.0 ** (offset / 1200.0), n, float(rng.random()))
    return total / math.sqrt(len(cents))


def noise(n: int, rng: Rng) -> Mono:
    """White noise, roughly −1 to 1."""
    return rng.uniform(-1.0, 1.0, n)
