"""Upper teeth: taken from the clip where a frame shows them, drawn otherwise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.mouth import landmarks as lm
from musicapp_pipeline.lipsync.mouth.landmarks import Points, aperture, axes

Plane = NDArray[np.float32]
Bgr = NDArray[np.uint8]

TEETH_HEIGHT = 0.115
"""Visible height of the front teeth, in eye distances."""
_MIN_APERTURE = 0.06
_EDGES = np.array([0.0, 0.078, 0.138, 0.198, 0.252, 0.298], np.float32)
"""Borders between teeth from the middle outwards, in eye distances (they foreshorten)."""


@dataclass(frozen=True)
class RealTeeth:
    """Teeth as one frame showed them, placed relative to the nose.

    Attributes:
        picture: BGR patch around the mouth.
        mask: where teeth are, 0 to 1.
        origin: the mouth's middle, at the height of the nose's base, in the patch's pixels.
        right, down: the face's axes there; scale: its eye distance.
    """

    picture: Bgr
    mask: Plane
    origin: NDArray[np.float64]
    right: NDArray[np.float64]
    down: NDArray[np.float64]
    scale: float

    def sample(self, across: Plane, below_nose: Plane) -> tuple[Plane, Plane]:
        """Colour and coverage for pixels given in eye distances."""
        import cv2

        x = self.origin[0] + (across * self.right[0] + below_nose * self.down[0]) * self.scale
        y = self.origin[1] + (across * self.right[1] + below_nose * self.down[1]) * self.scale
        at = x.astype(np.float32), y.astype(np.float32)
        colour = cv2.remap(self.picture, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = cv2.remap(self.mask, *at, cv2.INTER_LINEAR)
        return np.asarray(colour, np.float32), np.asarray(mask, np.float32)


def visible_teeth(bgr: Bgr, points: Points) -> float:
    """How much tooth a frame shows: bright, unsaturated area between the lips, eye distances²."""
    if aperture(points) < _MIN_APERTURE:
        return 0.0
    bright, _, _ = _bright_between_lips(bgr, points)
    scale = axes(points).scale
    return float(bright.sum() / 255 / scale**2)


def take_teeth(bgr: Bgr, points: Points) -> RealTeeth:
    """Cut the teeth out of a frame that shows them."""
    import cv2

    frame = axes(points)
    bright, x0, y0 = _bright_between_lips(bgr, points)
    size = max(3, int(frame.scale * 0.05) | 1)
    closed = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    mask = np.asarray(cv2.GaussianBlur(closed, (0, 0), max(0.7, frame.scale * 0.01)), np.float32)
    mask /= 255
    patch = bgr[y0 : y0 + bright.shape[0], x0 : x0 + bright.shape[1]].copy()
    return RealTeeth(patch, mask, mouth_origin(points) - (x0, y0), frame.right, frame.down,
                     frame.scale)  # fmt: skip


def mouth_origin(points: Points) -> NDArray[np.float64]:
    """The mouth's middle, lifted to the height of the nose's base (which is bone)."""
    frame = axes(points)
    middle = lm.mouth_middle(points)
    nose = points[lm.NOSE_BASE, :2]
    return np.asarray(middle + ((nose - middle) @ frame.down) * frame.down)


def _bright_between_lips(bgr: Bgr, points: Points) -> tuple[NDArray[np.uint8], int, int]:
    """Mask (0 or 255) of tooth-like pixels and the patch's corner in the picture."""
    import cv2

    ring = points[[*lm.UPPER_INNER, *lm.LOWER_INNER[-2:0:-1]], :2]
    margin = axes(points).scale * 0.2
    x0, y0 = np.maximum(np.floor(ring.min(axis=0) - margin), 0).astype(int)
    x1, y1 = np.ceil(ring.max(axis=0) + margin).astype(int)
    patch = bgr[y0:y1, x0:x1]
    inside = np.zeros(patch.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(ring - (x0, y0)).astype(np.int32)], 255)
    hsv = cv2.cvtColor(patch, cv2.COLOR_BGR2HSV)
    if not inside.any():
        return inside, int(x0), int(y0)
    bright = hsv[..., 2] > 0.45 * np.percentile(hsv[..., 2][inside > 0], 98)
    pale = hsv[..., 1] < 120
    return np.where(bright & pale & (inside > 0), 255, 0).astype(np.uint8), int(x0), int(y0)


def drawn_teeth(across: Plane, below_gum: Plane, light: float, pixel: float) -> tuple[Plane, Plane]:
    """Colour and coverage of a row of drawn teeth, ``below_gum`` counted from the gum line."""
    aside = np.abs(across)
    tooth = np.searchsorted(_EDGES, aside, side="right") - 1
    tooth = np.clip(tooth, 0, len(_EDGES) - 2)
    left, right = _EDGES[tooth], _EDGES[tooth + 1]
    within = np.clip((aside - left) / (right - left), 0, 1)
    # Rounded edges; the second tooth is shorter, the corner tooth pointed.
    lengths = np.array([1.0, 0.93, 0.97, 0.86, 0.78], np.float32)[tooth] * TEETH_HEIGHT
    arch = 0.10 * aside**2
    bottom = lengths - arch - 0.012 * (2 * within - 1) ** 4
    soft = max(pixel * 1.3, 0.007)
    alpha = np.clip((bottom - below_gum) / soft + 0.5, 0, 1)
    alpha = alpha * np.clip((_EDGES[-1] - aside) / 0.03, 0, 1)
    seam = np.minimum(aside - left, right - aside)
    line = 1 - 0.14 * np.exp(-((seam / max(0.0055, pixel * 0.7)) ** 2))
    bulge = 1 - 0.10 * (2 * within - 1) ** 2
    turn = np.clip(1 - 0.9 * (aside / 0.33) ** 2.2, 0.15, 1)
    gum = np.clip(below_gum / 0.02 + 1.0, 0, 1)
    edge = 1 - 0.10 * np.clip((below_gum - bottom + 0.03) / 0.03, 0, 1)
    shade = (line * bulge * turn * edge * gum * min(1.0, 0.38 + 0.75 * light))[..., None]
    colour = np.array([196, 218, 238], np.float32) * shade
    return np.asarray(colour, np.float32), np.asarray(alpha, np.float32)
