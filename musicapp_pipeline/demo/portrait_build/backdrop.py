"""A stage out of focus: haze, beams and discs of lamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from musicapp_pipeline.demo.portrait_build.frame import Field, Frame, Rgb, bump, smoothstep

_RIGHT_COLOURS = ((1.00, 0.20, 0.58), (0.98, 0.46, 0.24), (0.62, 0.22, 0.95), (1.00, 0.30, 0.72))
_LEFT_COLOURS = ((0.14, 0.60, 0.98), (0.12, 0.78, 0.84), (0.32, 0.36, 1.00), (0.98, 0.62, 0.30))


@dataclass(frozen=True)
class Lamp:
    """A lamp out of focus."""

    colour: tuple[float, float, float]
    centre: tuple[float, float]
    radius: float
    strength: float


def lamps(count: int = 64, seed: int = 8) -> list[Lamp]:
    """Lamps scattered over both sides of the stage, magenta right and blue left."""
    draw = np.random.default_rng(seed)
    placed = []
    for index in range(count):
        side = 1 if index % 2 else -1
        x, y = side * draw.uniform(0.9, 3.1), draw.uniform(-2.6, 1.9)
        colours = _RIGHT_COLOURS if side > 0 else _LEFT_COLOURS
        colour = colours[int(draw.choice(4, p=(0.4, 0.18, 0.22, 0.2)))]
        radius = float(
            draw.choice([0.07, 0.12, 0.18, 0.27], p=(0.34, 0.32, 0.22, 0.12))
            * draw.uniform(0.85, 1.15)
        )
        strength = float(draw.uniform(0.14, 0.50) * np.interp(y, [-2.6, 1.9], [1.1, 0.45]))
        placed.append(Lamp(colour, (float(x), float(y)), radius, strength))
    return placed


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
    for lamp in lamps():
        near = frame.around(lamp.centre, (1.3 * lamp.radius, 1.3 * lamp.radius))
        part = near.part_of(frame)
        disc = near.blur(_disc(near, lamp.centre, lamp.radius), 0.014) * np.float32(lamp.strength)
        light = disc[..., None] * np.asarray(lamp.colour, np.float32)
        picture[part] = 1 - (1 - picture[part]) * (1 - light)
    return np.asarray(np.clip(picture, 0, 1), np.float32)
