"""What the network hears: mel bands, their attacks, and how much the harmony changes."""

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.spectra import CHROMA_FPS, FPS

NETWORK_FPS = 50
SPANS = (0.3, 0.6, 1.2, 2.4)
"""Seconds before and after a moment whose harmonies are compared."""


def harmonic_change(chroma: Floats, frames: int) -> Floats:
    """Distance between what sounded and what will sound, over four spans.

    Independent of key, so that the network need not learn twelve of each progression.

    Args:
        chroma: pitch-class energy at 10 fps, (n, 12).
        frames: how many frames at 50 fps are wanted.

    Returns:
        1 - cosine similarity, (frames, 4).
    """
    compressed = np.sqrt(chroma.astype(np.float64))
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(compressed, axis=0)])
    # Half steps between the frames of the chroma place a change to 50 ms.
    places = np.arange(0, len(chroma) + 0.01, 0.5)
    columns = [_change(sums, places, span * CHROMA_FPS) for span in SPANS]
    times = np.arange(frames) / NETWORK_FPS * CHROMA_FPS + 0.5
    return np.stack([np.interp(times, places, column) for column in columns], 1).astype(np.float32)


def _change(sums: Doubles, places: Doubles, span: float) -> Doubles:
    before = _at(sums, places) - _at(sums, places - span)
    after = _at(sums, places + span) - _at(sums, places)
    scale = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.asarray(1 - np.einsum("ij,ij->i", before, after) / (scale + 1e-6))


def _at(sums: Doubles, places: Doubles) -> Doubles:
    """The running sum at fractional positions, held at both ends."""
    inside = np.clip(places, 0, len(sums) - 1)
    low = np.minimum(inside.astype(np.int64), len(sums) - 2)
    part = (inside - low)[:, None]
    return np.asarray(sums[low] * (1 - part) + sums[low + 1] * part)


def network_frames(mel: Floats) -> int:
    """How many frames the network yields for a mel spectrogram at 100 fps."""
    return (len(mel) * NETWORK_FPS + FPS - 1) // FPS


def network_input(mel: Floats, grown: Floats, harmony: Floats) -> Floats:
    """One row a frame at 50 fps: 80 levels, 80 attacks, 4 changes of harmony.

    Args:
        mel: log mel bands at 100 fps, (n, 80).
        grown: their rise, see ``onsets.rise``, (n, 80).
        harmony: see :func:`harmonic_change`, (frames, 4).
    """
    count, bands = len(harmony), mel.shape[1]
    out = np.zeros((count, 2 * bands + harmony.shape[1]), np.float32)
    # Frame i of 50 covers the hundredths 2i - 1 and 2i: attacks keep their place to 10 ms.
    here, before = mel[::2], mel[1::2]
    out[: len(here), :bands] = here
    out[1 : len(before) + 1, :bands] += before[: count - 1]
    out[1:, :bands] *= 0.5
    out[: len(here), bands : 2 * bands] = grown[::2]
    np.maximum(
        out[1 : len(before) + 1, bands : 2 * bands],
        grown[1::2][: count - 1],
        out=out[1 : len(before) + 1, bands : 2 * bands],
    )
    out[:, 2 * bands :] = harmony
    return out
