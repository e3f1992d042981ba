"""What a single picture's luma says about it. All take (H, W) luma from 0 to 255."""

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.float32]

WORK_WIDTH = 640
"""Pictures are judged at this width, so that scores compare across resolutions."""

_TILES = 8
_SOFT, _SHARP = 0.6, 2.9
"""Decades of Laplacian variance: a picture blurred beyond recognition, and a crisp one."""
_MIDDLE = 110.0
_DEEP, _BLOWN = 8.0, 250.0


def sharpness(luma: Luma) -> float:
    """0 (blurred) to 1 (crisp): the Laplacian's variance in the sharpest tenth of the picture.

    A shallow depth of field is not punished: only the best tiles count.

    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
    """
    lap = luma[1:-1, :-2] + luma[1:-1, 2:] + luma[:-2, 1:-1] + luma[2:, 1:-1] - 4 * luma[1:-1, 1:-1]
    side = max(min(lap.shape) // _TILES, 1)
    rows, columns = lap.shape[0] // side, lap.shape[1] // side
    tiles = lap[: rows * side, : columns * side].reshape(rows, side, columns, side)
    best = float(np.percentile(tiles.var(axis=(1, 3)), 90))
    return float(np.clip((np.log10(best + 1) - _SOFT) / (_SHARP - _SOFT), 0, 1))


def exposure(luma: Luma) -> float:
    """0 to 1: mean near the middle, little crushed to black, less still burnt out."""
    mean = float(luma.mean())
    centred = float(np.sqrt(max(1 - abs(mean - _MIDDLE) / _MIDDLE, 0.0)))
    dark = float((luma < _DEEP).mean())
    blown = float((luma > _BLOWN).mean())
    crushed = max(1 - 4 * max(dark - 0.25, 0.0), 0.0)
    burnt = max(1 - 4 * max(blown - 0.08, 0.0), 0.0)
    return centred * crushed * burnt


def is_black(luma: Luma) -> bool:
    """Dark all over and without contrast: nothing to see."""
    return float(luma.mean()) < 18 and float(luma.std()) < 10


def block_edges(luma: Luma, grid: int = 8) -> float:
    """How many levels the steps on the codec's block grid exceed their neighbours; 0 is none.

    The median over the grid's lines, so that what really stands in the picture does not count.
    The grid is only where the codec put it at the picture's own resolution.
    """
    steps = np.abs(np.diff(luma, axis=1)).mean(axis=0)
    lines = (steps.size - grid) // grid * grid
    if lines <= 0:
        return 0.0
    on = steps[grid - 1 : grid - 1 + lines : grid]
    beside = (steps[grid - 2 : grid - 2 + lines : grid] + steps[grid : grid + lines : grid]) / 2
    return float(np.median(on - beside))


def colourfulness(bgr: NDArray[np.uint8]) -> float:
    """0 (grey) to 1 (vivid).

    Source: Hasler and Süsstrunk, "Measuring colourfulness in natural images" (SPIE 2003).
    """
    blue, green, red = (bgr[:, :, k].astype(np.float32) for k in range(3))
    rg, yb = red - green, 0.5 * (red + green) - blue
    spread = float(np.hypot(rg.std(), yb.std()))
    shift = float(np.hypot(rg.mean(), yb.mean()))
    return min((spread + 0.3 * shift) / 100.0, 1.0)


def luma_of(bgr: NDArray[np.uint8]) -> Luma:
    """Rec. 709 luma of a BGR picture."""
    weights = np.array([0.0722, 0.7152, 0.2126], np.float32)
    luma: Luma = (bgr.astype(np.float32) @ weights).astype(np.float32)
    return luma
