"""Ink: anti-aliased strands and tapered hairs on a transparent layer."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.demo.portrait_build.frame import Field, Frame, Points, Rgb

_SHIFT = 4


class Layer:
    """A transparent picture that later strokes cover; colours are display values 0..1."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._inks = np.zeros((*frame.shape, 4), np.uint8)

    def _pixels(self, points: Points) -> NDArray[np.int32]:
        return np.round(self._frame.to_pixels(points) * (1 << _SHIFT)).astype(np.int32)

    def strand(self, points: Points, colours: NDArray[np.float64], width_units: float) -> None:
        """Draw one strand of even width whose colour changes along it.

        Args:
            points: (n, 2) in face units.
            colours: (n, 3), one for each point.
            width_units: width in face units.
        """
        thickness = max(1, round(width_units * self._frame.unit))
        pixels = self._pixels(points)
        inks = np.clip(np.rint((colours[:-1] + colours[1:]) * 127.5), 0, 255)
        for start, end, (red, green, blue) in zip(
            pixels[:-1].tolist(), pixels[1:].tolist(), inks.tolist(), strict=True
        ):
            cv2.line(
                self._inks, start, end, (red, green, blue, 255), thickness, cv2.LINE_AA, _SHIFT
            )

    def hair(self, points: Points, colour: tuple[float, float, float], width_units: float) -> None:
        """Draw one hair that is thickest near its root and ends in a point."""
        along = np.gradient(points, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
        share = np.linspace(0, 1, len(points))
        half = (width_units / 2 * np.minimum(1, 0.55 + 3 * share) * (1 - share) ** 0.6)[:, None]
        outline = np.concatenate([points + across * half, (points - across * half)[::-1]])
        ink = [float(np.clip(round(value * 255), 0, 255)) for value in colour]
        cv2.fillPoly(self._inks, [self._pixels(outline)], (*ink, 255.0), cv2.LINE_AA, _SHIFT)

    @property
    def cover(self) -> Field:
        """Opacity 0..1 of every pixel."""
        return self._inks[..., 3].astype(np.float32) / np.float32(255)

    def over(self, below: Rgb, opacity: float = 1.0) -> Rgb:
        """The layer laid over a picture of display values."""
        ink = self._inks[..., :3].astype(np.float32) * np.float32(opacity / 255)
        return np.asarray(
            below * (1 - np.float32(opacity) * self.cover[..., None]) + ink, np.float32
        )
