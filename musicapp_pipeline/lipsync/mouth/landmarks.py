"""Which of the face mesh's 478 points are lips, jaw and the rest, and the face's own axes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

# From the mouth's image-left corner to its right one.
UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LEFT_CORNER, RIGHT_CORNER = 61, 291
UPPER_MIDDLE, LOWER_MIDDLE = 13, 14
CHIN, FOREHEAD, NOSE_BASE, NOSE_TIP = 152, 10, 2, 4
LEFT_SIDE, RIGHT_SIDE = 234, 454
JAW = (
    454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234,
)  # fmt: skip
STILL = (
    168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 48, 278, 129, 358, 33, 133, 362, 263,
    50, 280, 205, 425, 117, 346, 94, 234, 454, 127, 356,
)  # fmt: skip
"""Points on bone: nose, cheekbones, eyes, temples."""
CHIN_PATCH = (200, 199, 175, 208, 428, 32, 262)


@dataclass(frozen=True)
class Axes:
    """The face's own frame in the picture.

    Attributes:
        right: unit vector from image-left eye to image-right eye.
        down: unit vector towards the chin.
        scale: distance between the eyes' centres, pixels (yaw taken out).
    """

    right: NDArray[np.float64]
    down: NDArray[np.float64]
    scale: float


def axes(points: Points) -> Axes:
    """The axes of a face given its points, shape ``(478, 2 or 3)``, pixels."""
    left = points[[33, 133], :2].mean(axis=0)
    right = points[[263, 362], :2].mean(axis=0)
    along = right - left
    length = float(np.hypot(*along))
    unit = along / max(length, 1e-6)
    down = np.array([-unit[1], unit[0]])
    if (points[CHIN, :2] - points[FOREHEAD, :2]) @ down < 0:
        down = -down
    foreshortened = max(float(np.cos(np.radians(yaw(points)))), 0.5) if points.shape[1] > 2 else 1.0
    return Axes(unit, down, length / foreshortened)


def yaw(points: Points) -> float:
    """Degrees by which the face is turned from the camera; positive to image-right."""
    across = points[RIGHT_SIDE] - points[LEFT_SIDE]
    return float(np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1]))))


def aperture(points: Points) -> float:
    """How far the inner lips are apart at their middle, in eye distances."""
    frame = axes(points)
    return float((points[LOWER_MIDDLE, :2] - points[UPPER_MIDDLE, :2]) @ frame.down / frame.scale)


def mouth_middle(points: Points) -> NDArray[np.float64]:
    """Half-way between the corners of the mouth, x and y in pixels."""
    return np.asarray((points[LEFT_CORNER, :2] + points[RIGHT_CORNER, :2]) / 2)


def mouth_width(points: Points) -> float:
    """From corner to corner, in eye distances."""
    frame = axes(points)
    return float((points[RIGHT_CORNER, :2] - points[LEFT_CORNER, :2]) @ frame.right / frame.scale)
