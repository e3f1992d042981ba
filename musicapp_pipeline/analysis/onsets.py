"""When something starts: onset strength in bands, and the onsets themselves."""

from itertools import pairwise

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.spectra import FPS

BANDS = 6
LAG = 2
"""Frames between the spectra compared; 20 ms spans the attack of most instruments."""
LATENCY = -0.0045
"""Seconds by which a peak of the onset strength lies after the true attack: before it, because
the window sees what is to come (measured on exact clicks, tones and kicks)."""


def rise(mel: Floats) -> Floats:
    """How much each band grew over its recent past, vibrato suppressed, shaped like ``mel``.

    Source: Böck & Widmer, Maximum filter vibrato suppression for onset detection (DAFx 2013).
    """
    past = mel.copy()
    np.maximum(past[:, 1:], mel[:, :-1], out=past[:, 1:])
    np.maximum(past[:, :-1], mel[:, 1:], out=past[:, :-1])
    grown = np.zeros_like(mel)
    np.maximum(mel[LAG:] - past[:-LAG], 0, out=grown[LAG:])
    # The file's first frames rise from nothing; that is no attack.
    grown[: LAG + 1] = 0
    return grown


def band_flux(grown: Floats) -> Floats:
    """The rise of six bands, (frames, 6)."""
    edges = np.linspace(0, grown.shape[1], BANDS + 1).round().astype(int)
    return np.stack([grown[:, a:b].mean(axis=1) for a, b in pairwise(edges)], 1)


def local_contrast(curve: Floats, seconds: float = 4.0) -> Floats:
    """A curve freed from its local mean and scaled by its local energy, along axis 0."""
    sharp = np.maximum(curve - uniform_filter1d(curve, int(0.4 * FPS), axis=0), 0)
    energy = uniform_filter1d(np.square(sharp), int(seconds * FPS), axis=0)
    whole = np.sqrt(np.mean(np.square(sharp), axis=0))
    scaled: Floats = sharp / (np.sqrt(np.maximum(energy, 0)) + 0.25 * whole + 1e-4)
    return scaled


def onset_strength(flux: Floats) -> Floats:
    """One curve of attack strength from the band flux, (frames,)."""
    return np.asarray(local_contrast(flux, 8.0).mean(axis=1), np.float32)


def refine_peak(curve: Floats | Doubles, frame: int) -> float:
    """The position of a maximum between frames, by a parabola through its neighbours."""
    if not 0 < frame < len(curve) - 1:
        return float(frame)
    before, here, after = (float(v) for v in curve[frame - 1 : frame + 2])
    bend = before - 2 * here + after
    return frame + (float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0)


def pick_onsets(strength: Floats) -> tuple[Doubles, Doubles]:
    """Times in seconds and strengths (0 to 1) of the onsets.

    A peak counts when it is the highest within 30 ms and clearly above its second.
    """
    if len(strength) < 3 or float(strength.max()) <= 0:
        return np.zeros(0), np.zeros(0)
    highest = maximum_filter1d(strength, 7) == strength
    around = uniform_filter1d(strength, FPS)
    frames = np.flatnonzero(highest & (strength > around + 0.15) & (strength > 1.3 * around))
    times = np.array([refine_peak(strength, int(f)) for f in frames]) / FPS - LATENCY
    scale = float(np.quantile(strength[frames], 0.95)) if len(frames) else 1.0
    keep = times >= 0
    return times[keep], np.minimum(strength[frames][keep] / max(scale, 1e-9), 1.0)
