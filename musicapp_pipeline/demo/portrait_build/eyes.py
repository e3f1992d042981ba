"""Eyes: wet sclera, fibrous iris, catchlights, lid margins."""

from __future__ import annotations

import numpy as np

from musicapp_pipeline.demo.portrait_build import features
from musicapp_pipeline.demo.portrait_build.frame import Field, Frame, Rgb, smoothstep

IRIS_RADIUS = 0.104
PUPIL_RADIUS = 0.040
IRIS_CENTRE = (0.004, -0.014)


def _lid_heights(across: Field) -> tuple[Field, Field]:
    upper, lower = features.upper_lid(128), features.lower_lid(128)
    return (
        np.interp(across, upper[:, 0], upper[:, 1]).astype(np.float32),
        np.interp(across, lower[:, 0], lower[:, 1]).astype(np.float32),
    )


def _iris(across: Field, down: Field, side: int) -> Rgb:
    """Linear-light colour of the iris disc (valid inside its radius)."""
    dx, dy = across - IRIS_CENTRE[0], down - IRIS_CENTRE[1]
    radius = np.hypot(dx, dy) / IRIS_RADIUS
    angle = np.arctan2(dy, dx)
    draw = np.random.default_rng(40 + side)
    ring = np.convolve(np.tile(draw.standard_normal(180), 3), [0.2, 0.6, 0.2], "same")[180:360]
    slow = np.convolve(np.tile(draw.standard_normal(24), 3), [0.3, 0.4, 0.3], "same")[24:48]
    turn = (angle / (2 * np.pi)) % 1.0
    fibre = np.interp((turn + 0.015 * radius) * 180, np.arange(181), np.append(ring, ring[0]))
    patch = np.interp(turn * 24, np.arange(25), np.append(slow, slow[0]))
    outer = np.asarray((0.060, 0.135, 0.120), np.float32)
    inner = np.asarray((0.25, 0.145, 0.055), np.float32)
    warm = smoothstep(0.78, 0.40, (radius + 0.08 * patch + 0.03 * fibre).astype(np.float32))
    colour = outer * (1 - warm[..., None]) + inner * warm[..., None]
    colour = colour * (1 + 0.26 * fibre * smoothstep(0.25, 0.6, radius))[..., None]
    lit_from_above = 0.60 + 0.75 * smoothstep(
        -0.9, 0.95, np.asarray((dy + 0.25 * side * dx) / IRIS_RADIUS, np.float32)
    )
    limbal = 1 - 0.88 * smoothstep(0.74, 1.0, radius)
    pupil = smoothstep(PUPIL_RADIUS / IRIS_RADIUS - 0.05, PUPIL_RADIUS / IRIS_RADIUS + 0.06, radius)
    return np.asarray(colour * (lit_from_above * limbal * pupil)[..., None] * 1.25, np.float32)


def _catchlights(across: Field, down: Field, side: int) -> Rgb:
    """Reflections of a soft box up left and of the coloured lamps on the cornea."""
    x = side * (across - IRIS_CENTRE[0])
    y = down - IRIS_CENTRE[1]
    box = smoothstep(
        1.15, 0.75, np.hypot((x + 0.036) / 0.024, (y + 0.040) / 0.022).astype(np.float32)
    )
    low = np.exp(-0.5 * (((x - 0.040) / 0.013) ** 2 + ((y - 0.044) / 0.010) ** 2))
    edge = np.exp(-0.5 * (((x - 0.078) / 0.008) ** 2 + ((y + 0.01) / 0.035) ** 2))
    light = box[..., None] * np.asarray((1.7, 1.65, 1.55), np.float32)
    light = light + low[..., None] * np.asarray((0.20, 0.22, 0.26), np.float32)
    light = light + edge[..., None] * np.asarray((0.20, 0.04, 0.13), np.float32)
    return np.asarray(light, np.float32)


def paint_eye(frame: Frame, side: int) -> tuple[Rgb, Field]:
    """Linear-light colour of one eye and the coverage of its opening."""
    across = side * frame.x - np.float32(0.5)
    down = frame.y
    upper, lower = _lid_heights(across)
    sphere = np.clip(1 - (across / 0.33) ** 2 - (down / 0.30) ** 2, 0, 1) ** 0.5
    key_side = 1 - 0.21 * frame.x
    sclera = (
        np.asarray((0.60, 0.545, 0.525), np.float32) * (0.30 + 0.72 * sphere * key_side)[..., None]
    )
    corner = np.exp(-0.5 * (((across + 0.225) / 0.040) ** 2 + ((down - 0.025) / 0.03) ** 2))
    sclera = sclera * (1 - corner[..., None] * np.asarray((0.05, 0.50, 0.46), np.float32))
    radius = np.hypot(across - IRIS_CENTRE[0], down - IRIS_CENTRE[1]) / IRIS_RADIUS
    disc = smoothstep(1.03, 0.965, np.asarray(radius, np.float32))[..., None]
    colour = sclera * (1 - disc) + _iris(across, down, side) * disc
    shade = 0.22 + 0.78 * smoothstep(-0.008, 0.075, down - upper)
    colour = (
        colour * shade[..., None] * (0.80 + 0.20 * smoothstep(0, 0.03, lower - down))[..., None]
    )
    colour = colour + _catchlights(across, down, side) * (disc * 0.9 + 0.1)
    wet = np.exp(-0.5 * ((lower - down - 0.006) / 0.006) ** 2) * smoothstep(
        0.23, 0.15, np.abs(across)
    )
    colour = colour + wet[..., None] * np.asarray((0.26, 0.17, 0.16), np.float32)
    opening = frame.fill(features.on_side(features.eye_outline(), side), 0.004)
    return np.asarray(colour, np.float32), opening


def lid_lines(frame: Frame, colour: Rgb, side: int) -> Rgb:
    """Fold of the upper lid, the lids' thickness and the liner, painted on the lit skin."""
    across = side * frame.x - np.float32(0.5)
    upper, lower = _lid_heights(across)
    fold_curve = features.crease(128)
    fold_at = np.interp(across, fold_curve[:, 0], fold_curve[:, 1])
    ends = smoothstep(-0.24, -0.12, across) * smoothstep(0.31, 0.20, across)
    fold = np.exp(-0.5 * ((frame.y - fold_at) / 0.012) ** 2) * ends
    above = np.exp(-0.5 * ((frame.y - fold_at + 0.028) / 0.018) ** 2) * ends
    colour = colour * (1 - 0.62 * fold[..., None] * np.asarray((0.80, 1.0, 0.95), np.float32))
    colour = colour * (1 + 0.10 * above[..., None])
    inside = smoothstep(-0.255, -0.20, across) * smoothstep(0.275, 0.24, across)
    thickness = 0.008 + 0.010 * smoothstep(-0.2, 0.2, across)
    liner = (
        np.exp(-0.5 * np.clip((frame.y - upper + thickness * 0.5) / thickness, -9, 9) ** 2) * inside
    )
    colour = colour * (1 - 0.93 * liner[..., None])
    ledge = np.exp(-0.5 * ((frame.y - lower - 0.010) / 0.008) ** 2) * inside
    colour = colour + 0.07 * ledge[..., None] * np.asarray((1.0, 0.66, 0.60), np.float32)
    under = np.exp(-0.5 * ((frame.y - lower - 0.024) / 0.010) ** 2) * inside
    return np.asarray(
        colour * (1 - 0.34 * under[..., None] * smoothstep(-0.15, 0.2, across)[..., None]),
        np.float32,
    )
