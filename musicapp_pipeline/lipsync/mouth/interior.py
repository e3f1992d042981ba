"""What is seen between open lips: the cavity, the tongue, the teeth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.mouth.teeth import RealTeeth, drawn_teeth

Plane = NDArray[np.float32]

_WARM = np.array([1.35, 1.25, 0.75], np.float32)
"""Exponents of the shade in blue, green and red."""
Colour = NDArray[np.float32]


@dataclass(frozen=True)
class MouthPlane:
    """Coordinates of the pixels around a mouth, in eye distances, and the lips' inner edges.

    Attributes:
        across: to the image-right of the mouth's middle.
        down: below the mouth's middle.
        upper, lower: where the inner edge of either lip is, for every pixel's ``across``.
        below_nose: below the nose's base: fixed to the skull, as the upper teeth are.
        pixel: one pixel in eye distances.
        half_width: of the mouth.
    """

    across: Plane
    down: Plane
    upper: Plane
    lower: Plane
    below_nose: Plane
    pixel: float
    half_width: float

    @property
    def gap(self) -> Plane:
        return np.asarray(np.maximum(self.lower - self.upper, 0))


@dataclass(frozen=True)
class Tones:
    """Colours that fit the picture's light, BGR 0 to 255."""

    lip: Colour
    light: float
    """Brightness of the face's skin, 0 to 1."""


def coverage(plane: MouthPlane) -> Plane:
    """How much of each pixel lies between the lips, 0 to 1."""
    soft = max(plane.pixel * 1.5, 0.008)
    under_upper = np.clip((plane.down - plane.upper) / soft + 0.5, 0, 1)
    over_lower = np.clip((plane.lower - plane.down) / soft + 0.5, 0, 1)
    inside = np.clip((plane.half_width - np.abs(plane.across)) / (3 * soft), 0, 1)
    return np.asarray(under_upper * over_lower * inside, np.float32)


def paint(
    plane: MouthPlane,
    tones: Tones,
    teeth: RealTeeth | None,
    teeth_top: float,
    rounded: float,
) -> Plane:
    """The inside of the mouth for every pixel, BGR.

    Args:
        teeth_top: where the gums are, below the nose's base.
        rounded: how far the lips are pushed forward, 0 to 1; the teeth then lie in their shade.
    """
    gap = float(plane.gap.max())
    depth = np.clip((plane.down - plane.upper) / np.maximum(plane.gap, 1e-3), 0, 1)
    # Between lips that hardly part one sees lip, not the depth behind.
    near = 0.14 + 0.34 * float(np.exp(-gap / 0.02))
    cavity = tones.lip * near + np.array([6, 6, 12], np.float32) * tones.light
    picture = np.broadcast_to(cavity, (*plane.across.shape, 3)).astype(np.float32)
    picture = _over(picture, *_tongue(plane, tones, gap))
    if teeth is not None:
        colour, alpha = teeth.sample(plane.across, plane.below_nose)
    else:
        colour, alpha = drawn_teeth(
            plane.across, plane.below_nose - teeth_top, tones.light, plane.pixel
        )
    alpha = alpha * np.clip((gap - 0.02) / 0.04, 0, 1) * (1 - 0.85 * rounded)
    picture = _over(picture, colour, alpha)
    # The upper lip throws a shadow; the corners of the mouth lie in the dark.
    shadow = 0.6 + 0.4 * np.clip((plane.down - plane.upper) / 0.04, 0, 1)
    corner = 1 - 0.75 * np.clip(np.abs(plane.across) / plane.half_width, 0, 1) ** 4
    floor = 1 - 0.25 * depth**4
    # Light that reaches in has bounced off lips and gums: shade is reddish, not grey.
    shade = (shadow * corner * floor)[..., None] ** _WARM
    return np.asarray(picture * shade, np.float32)


def _tongue(plane: MouthPlane, tones: Tones, gap: float) -> tuple[Plane, Plane]:
    """A soft mound that rises from the lower lip when the mouth is open."""
    x = plane.across / (0.72 * plane.half_width)
    top = plane.lower - 0.42 * np.maximum(plane.gap, 1e-3) * np.clip(1 - x * x, 0, 1)
    body = np.clip((plane.down - top) / 0.05 + 0.3, 0, 1) * np.clip((1 - np.abs(x)) * 4, 0, 1)
    alpha = body * np.clip((gap - 0.05) / 0.1, 0, 1) * 0.85
    glow = 0.62 + 0.25 * np.clip((plane.down - top) / 0.1, 0, 1) - 0.12 * np.exp(-((x / 0.08) ** 2))
    colour = np.array([78, 74, 158], np.float32) * tones.light * glow[..., None]
    return np.asarray(colour, np.float32), np.asarray(alpha, np.float32)


def _over(below: Plane, colour: Plane, alpha: Plane) -> Plane:
    return np.asarray(below * (1 - alpha[..., None]) + colour * alpha[..., None], np.float32)
