"""A stage out of focus: haze, beams and discs of lamps."""

from __future__ import annotations

import numpy as np

from musicapp_pipeline.demo.portrait_build.frame import Field, Frame, Rgb, bump, smoothstep

_LAMPS = [
    ((1.00, 0.24, 0.62), (2.05, -1.55), 0.34), ((0.98, 0.52, 0.22), (2.62, -0.55), 0.24),
    ((1.00, 0.20, 0.55), (1.62, -2.25), 0.22), ((0.55, 0.22, 0.95), (2.75, 0.55), 0.30),
    ((0.16, 0.62, 0.98), (-2.15, -1.35), 0.32), ((0.12, 0.78, 0.86), (-2.72, -0.35), 0.25),
    ((0.98, 0.60, 0.28), (-1.70, -2.20), 0.20), ((0.30, 0.38, 1.00), (-2.55, 0.75), 0.28),
    ((0.98, 0.66, 0.36), (0.55, -2.42), 0.15), ((0.20, 0.70, 0.95), (-0.75, -2.35), 0.17),
    ((0.95, 0.28, 0.70), (2.35, 1.35), 0.20), ((0.14, 0.55, 0.90), (-1.95, 1.55), 0.18),
]  # fmt: skip


def _disc(frame: Frame, centre: tuple[float, float], radius: float) -> Field:
    distance = np.hypot(
        frame.x - np.float32(centre[0]), frame.y - np.float32(centre[1])
    ) / np.float32(radius)
    body = smoothstep(1.04, 0.94, distance)
    return np.asarray(body * (0.55 + 0.45 * smoothstep(0.5, 1.0, distance)), np.float32)


def _beam(frame: Frame, top: float, foot: float, width: float) -> Field:
    down = (frame.y + 2.7) / 6.3
    middle = top + (foot - top) * down
    spread = width * (0.25 + down)
    return np.asarray(
        np.exp(-0.5 * ((frame.x - middle) / spread) ** 2) * smoothstep(1.1, 0.0, down), np.float32
    )


def backdrop(frame: Frame) -> Rgb:
    """Display-value picture of the stage behind the singer."""
    depth = smoothstep(-2.6, 3.6, frame.y)
    picture = np.asarray((0.055, 0.045, 0.110), np.float32) * (1 - depth)[..., None]
    picture = picture + np.asarray((0.020, 0.016, 0.034), np.float32) * depth[..., None]
    glow_right, glow_left = (
        bump(frame, (2.1, -0.6), (1.3, 1.6)),
        bump(frame, (-2.1, -0.5), (1.3, 1.6)),
    )
    picture = picture + glow_right[..., None] * np.asarray((0.30, 0.045, 0.20), np.float32)
    picture = picture + glow_left[..., None] * np.asarray((0.025, 0.15, 0.27), np.float32)
    for colour, top, foot, width in (
        ((0.34, 0.08, 0.24), 1.3, 3.1, 0.42), ((0.06, 0.22, 0.36), -1.3, -3.2, 0.42),
        ((0.26, 0.16, 0.10), 0.5, -1.9, 0.30),
    ):  # fmt: skip
        picture = picture + 0.55 * _beam(frame, top, foot, width)[..., None] * np.asarray(
            colour, np.float32
        )
    haze = 1 + 0.10 * frame.noise(21, 1.6) + 0.05 * frame.noise(22, 0.6)
    picture = picture * haze[..., None]
    for colour, centre, radius in _LAMPS:
        lamp = frame.blur(_disc(frame, centre, radius), 0.012)
        picture = picture + 0.42 * lamp[..., None] * np.asarray(colour, np.float32) * (
            1 - 0.4 * picture
        )
    return np.asarray(np.clip(picture, 0, 1), np.float32)
