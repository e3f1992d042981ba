"""The picture plane: where a point of the face lies on the canvas, and fields over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""One value a pixel, (height, width)."""

Rgb = NDArray[np.float32]
"""Red, green, blue a pixel, (height, width, 3)."""

Points = NDArray[np.float64]
"""Points in face units, (n, 2): x to the picture's right, y down."""

FINAL_SIZE = 1536
_UNIT_AT_FINAL = 250.0
_ORIGIN_AT_FINAL = (768.0, 640.0)
HEAD_TILT_DEGREES = -3.0


@dataclass(frozen=True)
class Frame:
    """A square canvas measured in face units.

    One face unit is the distance between the pupils; (0, 0) is midway between them.

    Args:
        size: width and height in pixels.
        tilt_degrees: roll of the face frame against the canvas, clockwise positive.
        window: the part of the canvas that fields cover, as (left, top, right, bottom) in
            pixels; None for the whole canvas.
    """

    size: int
    tilt_degrees: float = 0.0
    window: tuple[int, int, int, int] | None = None

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the covered part in pixels."""
        return self.window or (0, 0, self.size, self.size)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of this frame's fields."""
        left, top, right, bottom = self.box
        return bottom - top, right - left

    def around(self, centre: tuple[float, float], half: tuple[float, float]) -> Frame:
        """The same canvas restricted to a box of the given half-sizes, in face units."""
        (x, y), reach = self.to_canvas(np.asarray([centre]))[0], np.asarray(half) * self.unit
        low = np.clip(np.floor([x - reach[0], y - reach[1]]), 0, self.size).astype(int)
        high = np.clip(np.ceil([x + reach[0], y + reach[1]]), 0, self.size).astype(int)
        return Frame(
            self.size, self.tilt_degrees, (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        )

    def part_of(self, outer: Frame) -> tuple[slice, slice]:
        """Rows and columns of this frame's box inside a wider frame's fields."""
        left, top, right, bottom = self.box
        x, y = outer.box[:2]
        return slice(top - y, bottom - y), slice(left - x, right - x)

    @property
    def unit(self) -> float:
        """Pixels in one face unit."""
        return _UNIT_AT_FINAL * self.size / FINAL_SIZE

    @property
    def _turn(self) -> tuple[float, float]:
        angle = np.deg2rad(self.tilt_degrees)
        return float(np.cos(angle)), float(np.sin(angle))

    @property
    def origin(self) -> tuple[float, float]:
        """Pixel position of the point between the eyes."""
        scale = self.size / FINAL_SIZE
        return _ORIGIN_AT_FINAL[0] * scale, _ORIGIN_AT_FINAL[1] * scale

    @cached_property
    def x(self) -> Field:
        """Face-unit x of every pixel centre."""
        return self._grids[0]

    @cached_property
    def y(self) -> Field:
        """Face-unit y of every pixel centre."""
        return self._grids[1]

    @cached_property
    def _grids(self) -> tuple[Field, Field]:
        left, top, right, bottom = self.box
        columns = np.arange(left, right, dtype=np.float32) + np.float32(0.5)
        rows = np.arange(top, bottom, dtype=np.float32) + np.float32(0.5)
        across = (columns[None, :] - np.float32(self.origin[0])) / np.float32(self.unit)
        down = (rows[:, None] - np.float32(self.origin[1])) / np.float32(self.unit)
        cos, sin = (np.float32(value) for value in self._turn)
        return across * cos + down * sin, down * cos - across * sin

    def to_pixels(self, points: Points) -> Points:
        """Positions (n, 2) in this frame's fields of points given in face units."""
        return np.asarray(self.to_canvas(points) - self.box[:2], np.float64)

    def to_canvas(self, points: Points) -> Points:
        """Canvas positions (n, 2) of points given in face units."""
        cos, sin = self._turn
        x, y = points[..., 0], points[..., 1]
        return np.stack(
            [
                (x * cos - y * sin) * self.unit + self.origin[0],
                (x * sin + y * cos) * self.unit + self.origin[1],
            ],
            axis=-1,
        )

    def blur(self, field: Field, sigma_units: float) -> Field:
        """Gaussian blur with a sigma in face units; wide blurs run on a smaller copy."""
        sigma = sigma_units * self.unit
        shrink = max(1, int(sigma // 6))
        if shrink == 1:
            return np.asarray(cv2.GaussianBlur(field, (0, 0), max(sigma, 0.3)), np.float32)
        height, width = field.shape[:2]
        small = cv2.resize(
            field, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA
        )
        small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
        return np.asarray(
            cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32
        )

    def noise(self, seed: int, grain_units: float) -> Field:
        """Smooth noise, mean 0 and deviation 1, with features of about `grain_units`.

        The same seed gives the same pattern at every canvas size.
        """
        cells = max(4, round(FINAL_SIZE / _UNIT_AT_FINAL / grain_units))
        coarse = np.random.default_rng(seed).standard_normal((cells, cells)).astype(np.float32)
        resample = cv2.INTER_AREA if cells > self.size else cv2.INTER_CUBIC
        full = cv2.resize(coarse, (self.size, self.size), interpolation=resample)
        rows, columns = self.part_of(Frame(self.size))
        return np.asarray(full[rows, columns] / np.float32(full.std()), np.float32)

    def fill(self, outline: Points, soften_units: float = 0.0) -> Field:
        """Coverage 0..1 of a closed outline given in face units."""
        mask = np.zeros(self.shape, np.uint8)
        pixels = np.round(self.to_pixels(outline) * 16).astype(np.int32)
        cv2.fillPoly(mask, [pixels], 255, cv2.LINE_AA, 4)
        cover = mask.astype(np.float32) / np.float32(255)
        return self.blur(cover, soften_units) if soften_units > 0 else cover


def smoothstep(low: float, high: float, value: Field) -> Field:
    """Hermite ramp from 0 at `low` to 1 at `high` (either may be the larger)."""
    ramp = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def bump(
    frame: Frame, centre: tuple[float, float], radii: tuple[float, float], turn: float = 0.0
) -> Field:
    """A Gaussian hill of height 1 with the given radii (one deviation), in face units."""
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    across, down = frame.x - np.float32(centre[0]), frame.y - np.float32(centre[1])
    u = (across * cos + down * sin) / np.float32(radii[0])
    v = (down * cos - across * sin) / np.float32(radii[1])
    return np.asarray(np.exp(-0.5 * (u * u + v * v)), np.float32)


def twin(
    frame: Frame, centre: tuple[float, float], radii: tuple[float, float], turn: float = 0.0
) -> Field:
    """The same hill on both sides of the face."""
    return bump(frame, centre, radii, turn) + bump(frame, (-centre[0], centre[1]), radii, -turn)


def curve(knots: list[tuple[float, float]], count: int = 64) -> Points:
    """A smooth open curve through the knots, evenly sampled in its parameter."""
    from scipy.interpolate import CubicSpline

    given = np.asarray(knots, np.float64)
    chord = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(given, axis=0).T))])
    spline = CubicSpline(chord / chord[-1], given, axis=0)
    return np.asarray(spline(np.linspace(0, 1, count)), np.float64)


def profile(knots: list[tuple[float, float]], at: Field) -> Field:
    """Monotone cubic through (position, value) knots, evaluated on a field."""
    from scipy.interpolate import PchipInterpolator

    positions, values = zip(*knots, strict=True)
    table_at = np.linspace(positions[0], positions[-1], 2048)
    table = PchipInterpolator(positions, values)(table_at)
    return np.asarray(np.interp(at, table_at, table), np.float32)
