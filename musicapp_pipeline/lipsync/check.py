"""Does the mouth in a finished clip do what it was told? Found anew, not taken on trust."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.model import MouthBox
from musicapp_pipeline.lipsync.mouth.faces import FaceTracker
from musicapp_pipeline.lipsync.mouth.landmarks import aperture
from musicapp_pipeline.lipsync.visemes import OPEN
from musicapp_pipeline.media.frames import FrameReader

_FEWEST = 8


def apertures(
    video: Path, *, every: int = 1, mouth_box: MouthBox | None = None
) -> NDArray[np.float64]:
    """Lip distance in eye distances in every ``every``-th frame; NaN in the others."""
    with FrameReader(video) as reader, FaceTracker(mouth_box) as tracker:
        found = [tracker(bgr) if k % every == 0 else None for k, bgr in enumerate(reader)]
    return np.array([np.nan if p is None else aperture(p) for p in found])


def follow_check(
    video: Path,
    curve: NDArray[np.float64],
    weight: NDArray[np.float64],
    *,
    every: int = 1,
    mouth_box: MouthBox | None = None,
) -> float | None:
    """Correlation of the mouth found in ``video`` with the mouth commanded, -1 to 1.

    None where too few frames were moved, or nothing moved, so that there is nothing to compare.
    """
    found = apertures(video, every=every, mouth_box=mouth_box)
    n = min(len(found), len(curve), len(weight))
    use = np.isfinite(found[:n]) & (weight[:n] > 0.99)
    told = curve[:n, OPEN][use]
    if use.sum() < _FEWEST or np.ptp(told) < 0.05:
        return None
    return round(float(np.corrcoef(found[:n][use], told)[0, 1]), 3)
