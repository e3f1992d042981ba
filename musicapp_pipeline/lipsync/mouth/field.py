"""Bending a picture so that control points arrive where they should (radial basis functions)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Xy = NDArray[np.float64]
Map = NDArray[np.float32]

_GRID_STEP = 0.075
"""Spacing of the lattice on which the field is computed, in eye distances."""
_SOFTNESS = 0.05
"""Rounding of the kernel's tip, in eye distances: a sharp tip creases the skin."""
_RIDGE = 1e-6


@dataclass(frozen=True)
class Window:
    """A rectangle of the picture, whole pixels, inside it."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.y1 - self.y0, self.x1 - self.x0

    def of(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return picture[self.y0 : self.y1, self.x0 : self.x1]


def displacement(window: Window, source: Xy, target: Xy, scale: float) -> Map:
    """For every pixel of the window, where to look in the source: ``(height, width, 2)`` offsets.

    The kernel is a multiquadric, which goes over linearly: thin plates overshoot at the nostrils
    when a mouth opens wide.
    """
    import cv2

    height, width = window.shape
    columns = max(4, int(np.ceil(width / (_GRID_STEP * scale))))
    rows = max(4, int(np.ceil(height / (_GRID_STEP * scale))))
    # cv2.resize takes lattice nodes as pixel centres: place them so.
    xs = window.x0 + (np.arange(columns) + 0.5) * width / columns - 0.5
    ys = window.y0 + (np.arange(rows) + 0.5) * height / rows - 0.5
    nodes = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    soft = (_SOFTNESS * scale) ** 2
    among = _kernel(target, target, soft)
    among[np.diag_indices_from(among)] -= _RIDGE * scale
    weights = np.linalg.solve(among, source - target)
    lattice = (_kernel(nodes, target, soft) @ weights).astype(np.float32)
    grid = lattice.reshape(rows, columns, 2)
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC))


def _kernel(a: Xy, b: Xy, soft: float) -> NDArray[np.float64]:
    x, y = a[:, :1] - b[:, 0], a[:, 1:] - b[:, 1]
    return np.asarray(-np.sqrt(x * x + y * y + soft))
