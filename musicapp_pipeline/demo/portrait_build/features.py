"""The sitter's measurements: outlines that the sculpture, the paint and the hair share."""

from __future__ import annotations

import numpy as np

from musicapp_pipeline.demo.portrait_build.frame import Field, Points, curve, profile

# Half-width of the face by height, in distances between the pupils.
_HALF_WIDTH = [
    (-1.60, 0.30), (-1.45, 0.60), (-1.25, 0.80), (-1.0, 0.93), (-0.7, 1.00), (-0.3, 1.03),
    (0.0, 1.03), (0.35, 1.00), (0.75, 0.91), (1.05, 0.79), (1.28, 0.635), (1.46, 0.47),
    (1.58, 0.335), (1.66, 0.19), (1.70, 0.0),
]  # fmt: skip

MOUTH_HALF_WIDTH = 0.41
EYE_HALF_WIDTH = 0.245


def half_width(y: Field) -> Field:
    """Half-width of the face at height `y`."""
    return profile(_HALF_WIDTH, y)


def face_outline() -> Points:
    """The closed outline of forehead, cheeks and jaw."""
    heights = np.linspace(_HALF_WIDTH[0][0], _HALF_WIDTH[-1][0], 220)
    widths = half_width(heights.astype(np.float32)).astype(np.float64)
    right = np.stack([widths, heights], axis=1)
    return np.concatenate([right, right[::-1] * [-1, 1]])


def mouth_line(x: Field) -> Field:
    """Height of the line where the lips meet; its corners lift into a slight smile."""
    knots = [(0.0, 1.066), (0.07, 1.059), (0.18, 1.064), (0.30, 1.040), (0.41, 0.994), (0.6, 0.98)]
    return profile(knots, np.abs(x))


def upper_lip_edge(x: Field) -> Field:
    """Height of the upper lip's border, with its bow."""
    knots = [
        (0.0, 0.960), (0.03, 0.956), (0.085, 0.938), (0.16, 0.958), (0.29, 0.995), (0.41, 0.994),
        (0.6, 0.995),
    ]  # fmt: skip
    return profile(knots, np.abs(x))


def lower_lip_edge(x: Field) -> Field:
    """Height of the lower lip's border."""
    knots = [
        (0.0, 1.212), (0.10, 1.206), (0.20, 1.174), (0.30, 1.106), (0.37, 1.034), (0.41, 0.994),
        (0.6, 0.995),
    ]  # fmt: skip
    return profile(knots, np.abs(x))


def upper_lid(count: int = 64) -> Points:
    """The right-hand eye's upper lid margin, inner corner first, relative to (0.5, 0)."""
    return curve(
        [
            (-0.245, 0.030),
            (-0.19, -0.016),
            (-0.10, -0.068),
            (0.01, -0.089),
            (0.12, -0.075),
            (0.20, -0.038),
            (0.25, 0.004),
        ],
        count,
    )


def lower_lid(count: int = 64) -> Points:
    """The right-hand eye's lower lid margin, inner corner first, relative to (0.5, 0)."""
    return curve(
        [
            (-0.245, 0.030),
            (-0.18, 0.052),
            (-0.08, 0.078),
            (0.04, 0.086),
            (0.14, 0.066),
            (0.25, 0.004),
        ],
        count,
    )


def crease(count: int = 64) -> Points:
    """The fold above the upper lid, relative to (0.5, 0)."""
    return curve(
        [
            (-0.225, -0.035),
            (-0.13, -0.120),
            (0.0, -0.158),
            (0.13, -0.142),
            (0.235, -0.078),
            (0.29, -0.03),
        ],
        count,
    )


def eye_outline() -> Points:
    """The closed eye opening, relative to (0.5, 0)."""
    return np.concatenate([upper_lid(), lower_lid()[::-1]])


def brow(count: int = 64) -> Points:
    """The middle line of the right-hand brow, inner end first, relative to (0.5, 0)."""
    return curve(
        [(-0.26, -0.288), (-0.10, -0.328), (0.08, -0.354), (0.22, -0.328), (0.36, -0.250)], count
    )


def on_side(points: Points, side: int) -> Points:
    """Points given relative to the right-hand eye, at the eye of `side` (+1 or -1)."""
    return np.asarray((points + np.asarray((0.5, 0.0))) * np.asarray((side, 1.0)), np.float64)
