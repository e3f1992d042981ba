"""What an engineer does to the voice: clean, press, brighten, double, put in a room."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from musicapp_pipeline.demo.songmaker.score import Song
from musicapp_pipeline.demo.songmaker.sound.signal import (
    RATE,
    Mono,
    Stereo,
    gain,
    high_shelf,
    highpass,
    pan,
    peak_filter,
    samples,
)
from musicapp_pipeline.demo.songmaker.voice.singer import Vocals

_FORTE = 4.5
"""dB of the voice in a part of full energy."""
_PIANO = -9.0
"""dB that a part of no energy is sung softer."""
_DOUBLE_LEVEL, _HARMONY_LEVEL = -14.0, -15.0
_ECHO_LEVEL = -26.0
_BLOCK = 64
"""Samples between two looks at the level."""


def compress(signal: Mono, threshold_db: float, ratio: float) -> Mono:
    """Even the level out: above the threshold, ``ratio`` dB in give 1 dB out."""
    blocks = np.arange(0, len(signal), _BLOCK)
    power = np.add.reduceat(signal**2, blocks) / _BLOCK
    level = 10.0 * np.log10(gaussian_filter1d(power, 0.008 * RATE / _BLOCK) + 1e-9)
    over = np.maximum(level - threshold_db, 0.0)
    reduction = gaussian_filter1d(over * (1.0 - 1.0 / ratio), 0.006 * RATE / _BLOCK)
    smooth = np.interp(np.arange(len(signal)), blocks + _BLOCK / 2, reduction)
    return np.asarray(signal * 10.0 ** (-smooth / 20.0))


def polish(voice: Mono) -> Mono:
    """Low cut, a level of −18 dB RMS while singing, compression, presence and air."""
    clean = highpass(voice, 130.0, 3)
    active = np.abs(clean) > 0.02 * max(float(np.max(np.abs(clean))), 1e-9)
    rms = float(np.sqrt(np.mean(clean[active] ** 2))) if active.any() else 1.0
    pressed = compress(clean * gain(-18.0) / max(rms, 1e-9), -22.0, 3.0)
    bright = peak_filter(peak_filter(pressed, 3200.0, 3.5, 0.8), 320.0, -2.0, 0.9)
    return high_shelf(bright, 7500.0, 3.0)


def fader(song: Song) -> Mono:
    """The voice's level along the song: softer where the part has less energy."""
    times, levels = [0.0], [_FORTE]
    for start, part in song.placed():
        level = _FORTE + _PIANO * (1.0 - part.energy)
        # Half a beat early, as upbeats belong to the part they lead to.
        times += [song.seconds(start - 0.6), song.seconds(start - 0.5)]
        levels += [levels[-1], level]
    at = np.arange(samples(song.duration)) / RATE
    return np.asarray(10.0 ** (np.interp(at, times, levels) / 20.0))


def mix_vocals(song: Song, vocals: Vocals) -> tuple[Stereo, Stereo]:
    """The voice dry, and what of it goes to the reverb."""
    beat = float(60 / song.bpm)
    lead = polish(vocals.lead)
    dry = pan(lead, 0.0) * np.sqrt(2.0)
    for takes, level, width in (
        (vocals.doubles, _DOUBLE_LEVEL, 0.75),
        (vocals.harmonies, _HARMONY_LEVEL, 0.9),
    ):
        for take, side in zip(takes, (-width, width), strict=True):
            if np.any(take):
                dry += pan(polish(take), side) * gain(level)
    echo = np.zeros_like(dry)
    for repeat, side in ((1, 0.6), (2, -0.6)):
        delay = samples(0.75 * beat) * repeat
        echo[delay:] += pan(lead[:-delay], side) * gain(_ECHO_LEVEL - 5.0 * (repeat - 1))
    ride = fader(song)[:, None]
    return ride * (dry + echo), ride * (dry + 2.0 * echo)
