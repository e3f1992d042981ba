"""The desk: balance, room, ducking under the kick, and the final level."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import oaconvolve

from musicapp_pipeline.demo.songmaker.loudness import integrated_loudness
from musicapp_pipeline.demo.songmaker.sound.oscillators import noise
from musicapp_pipeline.demo.songmaker.sound.signal import (
    RATE,
    Mono,
    Stereo,
    attack_release,
    decay,
    gain,
    highpass,
    lowpass,
    samples,
)


@dataclass(frozen=True)
class Channel:
    """How one player sits in the mix."""

    level: float
    """dB."""
    position: float = 0.0
    """−1 left to 1 right; ignored by stereo players."""
    width: float = 0.0
    """Above 0 the part is doubled, slightly out of tune, this far left and right."""
    room: float = -60.0
    """dB of it that goes to the reverb."""
    duck: float = 0.0
    """dB it steps back under each kick."""
    low_cut: float = 0.0
    """Hz below which it is silent; 0 is off."""
    yields: float = 0.0
    """dB it steps back while somebody sings."""


CHANNELS = {
    "kick": Channel(-6.0),
    "snare": Channel(-10.0, room=-17.0),
    "clap": Channel(-11.0, 0.15, room=-15.0, low_cut=300.0),
    "rim": Channel(-12.0, -0.15, room=-14.0),
    "hat": Channel(-17.0, 0.35, low_cut=5000.0),
    "open": Channel(-18.0, -0.35, room=-24.0, low_cut=5000.0),
    "shaker": Channel(-14.0, 0.5, room=-22.0, low_cut=3000.0),
    "crash": Channel(-18.0, -0.2, room=-20.0, low_cut=800.0),
    "tom": Channel(-11.0, 0.35, room=-18.0),
    "riser": Channel(-23.0, room=-16.0, low_cut=300.0),
    "bass": Channel(-12.5, duck=5.0),
    "pad": Channel(-20.0, room=-14.0, duck=5.0, low_cut=170.0, yields=2.5),
    "keys": Channel(-21.5, width=0.75, room=-16.0, duck=2.0, low_cut=140.0, yields=2.0),
    "arp": Channel(-22.0, width=0.95, room=-12.0, duck=2.0, low_cut=300.0, yields=2.0),
    "hook": Channel(-21.0, width=0.55, room=-12.0, low_cut=200.0, yields=3.0),
    "ooh": Channel(-11.0, room=-13.0, low_cut=150.0),
}


def hall(seconds: float, rng: np.random.Generator) -> Stereo:
    """A stereo reverb's impulse response: noise that decays, its treble first."""
    n = samples(seconds)
    late = samples(0.018)
    sides = []
    for _ in range(2):
        hiss = noise(n, rng)
        tail = lowpass(hiss, 2600.0) * decay(n, seconds) + 0.35 * highpass(
            lowpass(hiss, 8500.0), 2600.0
        ) * decay(n, 0.55 * seconds)
        sides.append(np.concatenate([np.zeros(late), highpass(tail, 220.0)]))
    response = np.stack(sides, axis=1)
    return np.asarray(response / np.sqrt(np.sum(response**2, axis=0, keepdims=True)))


def reverberate(send: Stereo, response: Stereo) -> Stereo:
    """The room's answer, as long as what was sent."""
    wet = oaconvolve(send, response, axes=0)
    return np.asarray(wet[: len(send)])


def ducking(length: int, hits: list[int]) -> Mono:
    """0 where nothing ducks, 1 at each hit, recovering over a fifth of a second."""
    curve = np.zeros(length)
    n = samples(0.24)
    dip = attack_release(n, 0.0, 0.22)
    for hit in hits:
        end = min(hit + n, length)
        if hit < end:
            curve[hit:end] = np.maximum(curve[hit:end], dip[: end - hit])
    return curve


def singing(vocal: Stereo) -> Mono:
    """0 while nobody sings, 1 while somebody does, moving within a tenth of a second."""
    block = 441
    blocks = np.arange(0, len(vocal), block)
    level = np.sqrt(np.add.reduceat(np.sum(vocal**2, axis=1), blocks) / block)
    active = np.clip(level / max(0.15 * float(np.max(level)), 1e-9), 0.0, 1.0)
    return np.interp(np.arange(len(vocal)), blocks + block / 2, uniform_filter1d(active, 15))


def limit(mix: Stereo, ceiling: float) -> Stereo:
    """Hold every sample under ``ceiling`` by a gain that moves smoothly over 6 ms.

    The gain is the running minimum of what each sample needs, averaged over the same window, so
    it is already low enough when the peak arrives.
    """
    peak = np.max(np.abs(mix), axis=1)
    needed = np.minimum(1.0, ceiling / np.maximum(peak, 1e-9))
    window = 2 * samples(0.003) + 1
    smooth = uniform_filter1d(minimum_filter1d(needed, window), window)
    return np.asarray(mix * np.minimum(smooth, needed)[:, None])


def master(mix: Stereo, lufs: float = -13.0, ceiling_db: float = -1.5) -> Stereo:
    """Bring the mix to a loudness without ever passing the ceiling."""
    mix = highpass(mix, 28.0)
    level = gain(lufs - integrated_loudness(mix, RATE))
    out = limit(np.tanh(0.9 * level * mix) / 0.9, gain(ceiling_db))
    for _ in range(3):  # What the limiter took is given back.
        level *= gain(lufs - integrated_loudness(out, RATE))
        out = limit(np.tanh(0.9 * level * mix) / 0.9, gain(ceiling_db))
    return out
