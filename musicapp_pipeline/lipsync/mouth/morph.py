"""Moving the mouth in one frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.mouth import landmarks as lm
from musicapp_pipeline.lipsync.mouth.field import Map, Window, displacement
from musicapp_pipeline.lipsync.mouth.interior import MouthPlane, Tones, coverage, paint
from musicapp_pipeline.lipsync.mouth.landmarks import Axes, Points, axes
from musicapp_pipeline.lipsync.mouth.targets import Controls, controls
from musicapp_pipeline.lipsync.mouth.teeth import RealTeeth, mouth_origin
from musicapp_pipeline.lipsync.visemes import ROUND

Bgr = NDArray[Any]
Xy = NDArray[np.float64]

_SIDE, _ABOVE, _BELOW = 1.05, 0.75, 1.3
"""How far the bent part reaches from the mouth's middle, in eye distances."""
_SEAM_SOFTNESS = 0.10
"""Beside the mouth the movements above and below flow into each other over this height."""


@dataclass(frozen=True)
class Morpher:
    """Gives a face in a picture another mouth shape.

    Args:
        teeth: the person's own, if a frame of the clip shows them.
    """

    teeth: RealTeeth | None = None

    def __call__(
        self, bgr: Bgr, points: Points, shape: NDArray[np.float64], weight: float = 1.0
    ) -> Bgr:
        """A copy of ``bgr`` whose mouth has ``shape`` (open, width, round, press, tuck)."""
        import cv2

        frame = axes(points)
        window = _window(points, frame, bgr.shape[1], bgr.shape[0])
        if weight <= 0 or min(window.shape) < 8:
            return bgr
        goal = controls(points, frame, shape, weight)
        look = _blended(window, goal, frame)
        height, width = window.shape
        x = look[..., 0] + np.arange(window.x0, window.x1, dtype=np.float32)
        y = look[..., 1] + np.arange(window.y0, window.y1, dtype=np.float32)[:, None]
        bent = cv2.remap(bgr, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        self._fill(bent, window, goal, points, frame, bgr, weight, float(shape[ROUND]))
        out = bgr.copy()
        out[window.y0 : window.y1, window.x0 : window.x1] = bent.reshape(height, width, 3)
        return out

    def _fill(
        self,
        bent: Bgr,
        window: Window,
        goal: Controls,
        points: Points,
        frame: Axes,
        source: Bgr,
        weight: float,
        rounded: float,
    ) -> None:
        """Paint the inside of the mouth between the moved lips."""
        inner = _mouth_window(goal, window, frame)
        if min(inner.shape) < 2:
            return
        plane = _mouth_plane(inner, goal, points, frame)
        tones = _tones(source, points)
        gums = float((points[lm.UPPER_MIDDLE, :2] - mouth_origin(points)) @ frame.down)
        layer = paint(plane, tones, self.teeth, gums / frame.scale - 0.02, rounded)
        alpha = (coverage(plane) * weight)[..., None]
        x0, y0 = inner.x0 - window.x0, inner.y0 - window.y0
        part = bent[y0 : y0 + inner.shape[0], x0 : x0 + inner.shape[1]]
        part[:] = np.clip(part * (1 - alpha) + layer * alpha + 0.5, 0, 255).astype(np.uint8)


def _window(points: Points, frame: Axes, width: int, height: int) -> Window:
    centre = lm.mouth_middle(points)
    corners = np.array(
        [
            centre + frame.scale * (side * _SIDE * frame.right + along * frame.down)
            for side in (-1, 1)
            for along in (-_ABOVE, _BELOW)
        ]
    )
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int), (width, height))
    return Window(int(x0), int(y0), int(max(x1, x0)), int(max(y1, y0)))


def _blended(window: Window, goal: Controls, frame: Axes) -> Map:
    """The movement of what is above the lips, below them, and between the two beside them."""
    upper = displacement(window, goal.upper_from, goal.upper_to, frame.scale)
    lower = displacement(window, goal.lower_from, goal.lower_to, frame.scale)
    band = _band(window, goal, frame)
    rows = slice(band.y0 - window.y0, band.y1 - window.y0)
    across, down, middle = _mouth_coordinates(band, goal, frame)
    reach = float((goal.corners[1] - goal.corners[0]) @ frame.right) / 2 / frame.scale
    seam = _curve((goal.upper_lip + goal.lower_lip) / 2, middle, frame, across)
    # Between the lips a blend of both movements would look at what lies between them: no blend.
    beside = np.clip((np.abs(across) - reach - 0.02) / 0.2, 0, 1)
    soft = 0.05 / frame.scale + _SEAM_SOFTNESS * beside
    below = np.clip((down - seam) / soft + 0.5, 0, 1)[..., None]
    lower[: rows.start] = upper[: rows.start]
    lower[rows] = upper[rows] + (lower[rows] - upper[rows]) * below
    lower *= _edge_fade(window)
    return lower


def _band(window: Window, goal: Controls, frame: Axes) -> Window:
    """The rows of the window in which the lips' seam, tilted as the head is, can lie."""
    half = window.shape[1] * abs(float(frame.right[1])) + _SEAM_SOFTNESS * frame.scale + 2
    both = np.concatenate([goal.upper_lip[:, 1], goal.lower_lip[:, 1]])
    y0 = int(np.clip(both.min() - half, window.y0, window.y1))
    y1 = int(np.clip(both.max() + half, y0, window.y1))
    return Window(window.x0, y0, window.x1, y1)


def _edge_fade(window: Window) -> Map:
    """1 inside, 0 at the window's border: nothing outside may tear."""
    height, width = window.shape
    x = np.minimum(np.arange(width), np.arange(width)[::-1]) / (0.08 * width)
    y = np.minimum(np.arange(height), np.arange(height)[::-1]) / (0.08 * height)
    fade = np.minimum(np.minimum(x, 1), np.minimum(y, 1)[:, None])
    return np.asarray(fade[..., None], np.float32)


def _mouth_coordinates(
    window: Window, goal: Controls, frame: Axes
) -> tuple[NDArray[np.float32], NDArray[np.float32], Xy]:
    """``across`` and ``down`` of each pixel from the target mouth's middle, in eye distances."""
    middle = (goal.upper_lip[0] + goal.upper_lip[-1]) / 2
    x = (np.arange(window.x0, window.x1) - middle[0])[None, :] / frame.scale
    y = (np.arange(window.y0, window.y1) - middle[1])[:, None] / frame.scale
    across = x * frame.right[0] + y * frame.right[1]
    down = x * frame.down[0] + y * frame.down[1]
    return across.astype(np.float32), down.astype(np.float32), middle


def _curve(lip: Xy, middle: Xy, frame: Axes, across: NDArray[np.float32]) -> NDArray[np.float32]:
    """The height of a lip's edge at each ``across``, a smooth curve through its points."""
    from scipy.interpolate import PchipInterpolator

    a = (lip - middle) @ frame.right / frame.scale
    b = (lip - middle) @ frame.down / frame.scale
    a = np.maximum.accumulate(a + np.arange(a.size) * 1e-6)
    steps = np.linspace(a[0], a[-1], 128)
    return np.interp(across, steps, PchipInterpolator(a, b)(steps)).astype(np.float32)


def _mouth_window(goal: Controls, window: Window, frame: Axes) -> Window:
    """The part of ``window`` that the inside of the mouth can fill."""
    both = np.vstack([goal.upper_lip, goal.lower_lip])
    low = np.floor(both.min(axis=0) - 0.03 * frame.scale - 1).astype(int)
    high = np.ceil(both.max(axis=0) + 0.03 * frame.scale + 2).astype(int)
    return Window(
        max(int(low[0]), window.x0),
        max(int(low[1]), window.y0),
        min(int(high[0]), window.x1),
        min(int(high[1]), window.y1),
    )


def _mouth_plane(window: Window, goal: Controls, points: Points, frame: Axes) -> MouthPlane:
    across, down, middle = _mouth_coordinates(window, goal, frame)
    lift = float((middle - mouth_origin(points)) @ frame.down) / frame.scale
    return MouthPlane(
        across=across,
        down=down,
        upper=_curve(goal.upper_lip, middle, frame, across),
        lower=_curve(goal.lower_lip, middle, frame, across),
        below_nose=down + np.float32(lift),
        pixel=1 / frame.scale,
        half_width=float((goal.upper_lip[-1] - goal.upper_lip[0]) @ frame.right) / 2 / frame.scale,
    )


def _tones(bgr: Bgr, points: Points) -> Tones:
    lip = _mean_colour(bgr, points[17, :2], 2)
    skin = (_mean_colour(bgr, points[50, :2], 4) + _mean_colour(bgr, points[280, :2], 4)) / 2
    return Tones(lip, float(np.clip(skin.mean() / 185, 0.15, 1.1)))


def _mean_colour(bgr: Bgr, at: Xy, radius: int) -> NDArray[np.float32]:
    height, width = bgr.shape[:2]
    x, y = int(np.clip(at[0], 0, width - 1)), int(np.clip(at[1], 0, height - 1))
    patch = bgr[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
    return np.asarray(patch.reshape(-1, 3).mean(axis=0), np.float32)
