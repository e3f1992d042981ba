"""Colours that go together: a palette from a hue, a temperament and a style preset."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def oklch(lightness: float, chroma: float, hue: float) -> Floats:
    """A colour by perceived lightness (0 to 1), chroma (0 to about 0.3) and hue in degrees.

    Returns:
        Float32 sRGB, shape (3,), 0 to 1, clipped to the gamut.

    Source: Björn Ottosson, "A perceptual color space for image processing" (2020).
    """
    a, b = chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))
    lms = np.array(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(to_rgb @ lms**3, 0.0, 1.0)
    low, high = 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, low, high), np.float32)


@dataclass(frozen=True)
class Palette:
    """Float32 sRGB colours from dark to bright, an accent and the colour of light sources."""

    night: Floats
    deep: Floats
    mid: Floats
    light: Floats
    accent: Floats
    glow: Floats

    def ramp(self, steps: int = 256) -> Floats:
        """Night to light as a smooth ramp, shape (steps, 3)."""
        stops = np.stack([self.night, self.deep, self.mid, self.accent, self.light])
        at = np.linspace(0, 1, steps)
        knots = np.array([0.0, 0.25, 0.55, 0.8, 1.0])
        return np.stack([np.interp(at, knots, stops[:, c]) for c in range(3)], axis=1).astype(
            np.float32
        )


def palette(hue: float, *, contrast_hue: float, chroma: float, lift: float) -> Palette:
    """Five related colours.

    Args:
        hue: of the shadows and mid-tones, degrees.
        contrast_hue: of the accent and light, degrees.
        chroma: 1 as designed, 0 grey.
        lift: 0 as designed; negative darker, positive brighter.
    """
    dark = max(0.4, 1 + lift)
    return Palette(
        night=oklch(0.10 * dark, 0.035 * chroma, hue),
        deep=oklch(0.24 * dark, 0.085 * chroma, hue),
        mid=oklch(min(0.46 * dark, 0.7), 0.13 * chroma, hue + 12),
        light=oklch(min(0.86 + 0.1 * lift, 0.95), 0.085 * chroma, contrast_hue + 8),
        accent=oklch(min(0.68 + 0.15 * lift, 0.8), 0.17 * chroma, contrast_hue),
        glow=oklch(0.93, 0.06 * chroma, contrast_hue + 20),
    )
