"""How much each moment sounds like a beat: what the network expects, where attacks are."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from musicapp_pipeline.analysis import onsets
from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.features import NETWORK_FPS
from musicapp_pipeline.analysis.spectra import FPS

ATTACK_WEIGHT = 0.1
"""How much attacks count beside the network (natural log of either)."""


def fuse(heard: Floats, attacks: Doubles) -> Doubles:
    """One beat activation at 100 fps, 0 to 1, (frames,).

    The network knows which attacks are beats; the attacks know to the millisecond when.

    Args:
        heard: the network's probability of a beat at 50 fps, (frames / 2,).
        attacks: see :func:`attack_activation`, (frames,).
    """
    at = np.arange(len(attacks)) * (NETWORK_FPS / FPS)
    beat = np.interp(at, np.arange(len(heard)), heard.astype(np.float64))
    log = ATTACK_WEIGHT * np.log(attacks + 0.01) + (1 - ATTACK_WEIGHT) * np.log(beat + 1e-4)
    return np.asarray(np.minimum(np.exp(log), 1.0))


def attack_activation(flux: Floats) -> Doubles:
    """How much each frame sounds like a beat from attacks alone, 0 to 1, (frames,).

    Args:
        flux: band flux at 100 fps, see :func:`onsets.band_flux`, (frames, 6).
    """
    contrast = onsets.local_contrast(flux)
    # Low attacks count once more: bass and kick carry the pulse.
    curve = contrast.mean(axis=1) + 0.5 * contrast[:, 0]
    smooth = gaussian_filter1d(curve.astype(np.float64), 1.5)
    return np.asarray(1 - np.exp(-0.55 * smooth))


def downbeat_chance(times: Doubles, heard: Floats) -> Doubles:
    """How likely each beat begins a bar, given that it is a beat, 0 to 1, (beats,).

    Args:
        times: the beats in seconds, (beats,).
        heard: the network's probabilities of beat and downbeat at 50 fps, (frames, 2).
    """
    beat, down = (near(times, heard[:, k]) for k in (0, 1))
    return np.asarray((down + 0.01) / (np.maximum(beat, down) + 0.05))


def near(times: Doubles, curve: Floats) -> Doubles:
    """The highest of a curve at 50 fps within 40 ms of each time, (times,)."""
    frames = np.round(times * NETWORK_FPS).astype(int)
    at = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(curve) - 1)
    return np.asarray(curve[at].max(axis=1), np.float64)
