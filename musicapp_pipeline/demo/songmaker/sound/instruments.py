"""The pitched instruments: one note in, its samples out."""

import numpy as np

from musicapp_pipeline.demo.songmaker.sound.oscillators import (
    Rng,
    detuned_saws,
    noise,
    pulse,
    saw,
    sine,
)
from musicapp_pipeline.demo.songmaker.sound.signal import (
    RATE,
    Mono,
    Stereo,
    attack_release,
    bandpass,
    decay,
    hertz,
    lowpass,
    samples,
)


def bass(pitch: float, seconds: float, brightness: float, _rng: Rng) -> Mono:
    """A round bass: saw through a closing filter over a sine."""
    n = samples(seconds + 0.04)
    hz = float(hertz(pitch))
    wave = saw(hz, n, 0.5)
    bright, dark = lowpass(wave, 500.0 + 1800.0 * brightness), lowpass(wave, 260.0)
    opening = decay(n, 0.35)
    tone = bright * opening + dark * (1.0 - opening) + 0.8 * sine(hz, n)
    return np.tanh(1.2 * tone) * attack_release(n, 0.004, 0.05)


def pad(pitch: float, seconds: float, brightness: float, rng: Rng) -> Stereo:
    """Wide, slow strings: other detunings left and right."""
    n = samples(seconds + 0.35)
    hz = float(hertz(pitch))
    shape = attack_release(n, 0.12, 0.4)
    sides = [
        lowpass(detuned_saws(hz, n, cents, rng), 700.0 + 3300.0 * brightness) * shape
        for cents in ((-9.0, 2.0, 7.0), (-6.0, -1.0, 10.0))
    ]
    return np.stack(sides, axis=1)


def keys(pitch: float, seconds: float, brightness: float, _rng: Rng) -> Mono:
    """An electric piano: two-operator frequency modulation."""
    n = samples(max(seconds, 0.2) + 0.25)
    hz = float(hertz(pitch))
    index = (0.6 + 1.6 * brightness) * decay(n, 0.9)
    turn = 2.0 * np.pi * hz * np.arange(n) / RATE
    tine = 0.25 * brightness * np.sin(14.0 * turn) * decay(n, 0.12)
    tone = np.sin(turn + index * np.sin(turn)) + tine
    return tone * decay(n, 2.8) * attack_release(n, 0.003, 0.25)


def pluck(pitch: float, seconds: float, brightness: float, rng: Rng) -> Mono:
    """A short bright string for arpeggios and the hook."""
    n = samples(max(seconds, 0.12) + 0.18)
    hz = float(hertz(pitch))
    wave = detuned_saws(hz, n, (-5.0, 5.0), rng)
    bright, dark = lowpass(wave, 2200.0 + 5000.0 * brightness), lowpass(wave, 900.0)
    opening = decay(n, 0.22)
    tone = bright * opening + dark * (1.0 - opening)
    return tone * decay(n, 0.75) * attack_release(n, 0.002, 0.12)


def lead(pitch: float, seconds: float, brightness: float, rng: Rng) -> Mono:
    """The hook's synth: pulse and saw with a late vibrato."""
    n = samples(seconds + 0.12)
    hz = _with_vibrato(pitch, n, 0.18)
    start = float(rng.random())
    wave = 0.6 * saw(hz, n, start) + 0.5 * pulse(hz * 1.003, n, 0.3, start)
    return lowpass(wave, 1800.0 + 3500.0 * brightness) * attack_release(n, 0.012, 0.14)


def ooh(pitch: float, seconds: float, brightness: float, rng: Rng) -> Mono:
    """A wordless voice: a saw through the formants of /u/ opening to /o/."""
    n = samples(seconds + 0.1)
    wave = saw(_with_vibrato(pitch, n, 0.35), n, float(rng.random()))
    wave = wave + 0.05 * noise(n, rng)
    closed = bandpass(wave, 260.0, 420.0) + 0.4 * bandpass(wave, 700.0, 900.0)
    opened = bandpass(wave, 400.0, 620.0) + 0.6 * bandpass(wave, 800.0, 1150.0)
    mixed = closed + brightness * (opened - closed) + 0.15 * bandpass(wave, 2300.0, 3000.0)
    return 2.2 * mixed * attack_release(n, 0.05, 0.1)


def _with_vibrato(pitch: float, n: int, depth: float) -> Mono:
    """Hertz of a held note whose vibrato (5.4 Hz, ``depth`` semitones) comes in after 0.25 s."""
    t = np.arange(n) / RATE
    amount = depth * np.clip((t - 0.25) / 0.3, 0.0, 1.0)
    return hertz(pitch + amount * np.sin(2.0 * np.pi * 5.4 * t))
