"""Colour of the skin and lips: blush, freckles, pores, make-up."""

from __future__ import annotations

import cv2
import numpy as np

from musicapp_pipeline.demo.portrait_build import features
from musicapp_pipeline.demo.portrait_build.frame import (
    Field,
    Frame,
    Rgb,
    bump,
    smoothstep,
    twin,
)

SKIN = (0.70, 0.405, 0.285)
"""Linear-light albedo of the unpainted skin."""


def tint(colour: Rgb, towards: tuple[float, float, float], amount: Field) -> Rgb:
    """Multiply `colour` by `towards` where `amount` is 1."""
    factor = 1 + amount[..., None] * (np.asarray(towards, np.float32) - 1)
    return np.asarray(colour * factor, np.float32)


def freckles(frame: Frame, count: int = 260, seed: int = 11) -> Field:
    """Small soft spots over the nose and upper cheeks, coverage 0..1."""
    draw = np.random.default_rng(seed)
    side = draw.choice([-1.0, 1.0], count)
    centres = np.stack(
        [side * np.abs(draw.normal(0.36, 0.22, count)), draw.normal(0.36, 0.12, count)], axis=1
    )
    radii = draw.uniform(0.0035, 0.0085, count) * frame.unit
    canvas = np.zeros(frame.shape, np.float32)
    for (x, y), radius, strength in zip(
        frame.to_pixels(centres), radii, draw.uniform(0.15, 0.75, count), strict=True
    ):
        shape = (round(x * 16), round(y * 16))
        cv2.circle(canvas, shape, max(1, round(radius * 16)), float(strength), -1, cv2.LINE_8, 4)
    return frame.blur(canvas, 0.0045)


def lip_mask(frame: Frame) -> Field:
    """Coverage of both lips."""
    x = frame.x
    top, bottom = features.upper_lip_edge(x), features.lower_lip_edge(x)
    soft = 0.011
    inside = smoothstep(-soft, soft, frame.y - top) * smoothstep(-soft, soft, bottom - frame.y)
    return np.asarray(inside * smoothstep(0.415, 0.39, np.abs(x)), np.float32)


def lip_creases(frame: Frame) -> Field:
    """Fine vertical folds that fan out over the lips, about -1..1."""
    draw = np.random.default_rng(5)
    table = np.convolve(draw.standard_normal(400), [0.25, 0.5, 0.25], "same").astype(np.float32)
    fan = frame.x / (1 + 0.35 * np.abs(frame.y - features.mouth_line(frame.x)) / 0.15)
    fine = np.interp((fan + 0.5) * 400, np.arange(400), table)
    return np.asarray(fine, np.float32)


def albedo(frame: Frame) -> Rgb:
    """Linear-light colour of the face before any light falls on it."""
    colour = np.broadcast_to(np.asarray(SKIN, np.float32), (*frame.x.shape, 3)).copy()
    blush = 0.85 * twin(frame, (0.66, 0.44), (0.24, 0.15), -0.4) + 0.45 * bump(
        frame, (0, 0.62), (0.12, 0.10)
    )
    colour = tint(colour, (1.02, 0.80, 0.80), np.clip(blush, 0, 1))
    colour = tint(colour, (0.98, 0.88, 0.86), 0.5 * bump(frame, (0, 1.1), (0.5, 0.28)))
    colour = tint(colour, (1.02, 1.04, 0.97), bump(frame, (0, -0.7), (0.6, 0.3)))
    colour = tint(colour, (0.92, 0.84, 0.86), 0.6 * twin(frame, (0.44, 0.17), (0.16, 0.05), 0.3))
    mottled = (
        0.025 * frame.noise(3, 0.10) + 0.02 * frame.noise(4, 0.035) + 0.022 * frame.noise(6, 0.010)
    )
    colour *= 1 + mottled[..., None] * np.asarray((0.6, 1.0, 1.1), np.float32)
    colour = tint(colour, (0.66, 0.50, 0.42), 0.75 * freckles(frame))
    nostrils = twin(frame, (0.082, 0.722), (0.034, 0.0135), 0.22)
    colour = tint(colour, (0.10, 0.04, 0.03), np.clip(1.1 * nostrils, 0, 1))
    return painted_lips(frame, painted_lids(frame, colour))


def painted_lids(frame: Frame, colour: Rgb) -> Rgb:
    """Smoky eye shadow: plum on the lid, deepest at the lash line's outer end."""
    lid = twin(frame, (0.53, -0.10), (0.20, 0.065), 0.05)
    outer = twin(frame, (0.72, -0.06), (0.10, 0.075), -0.5)
    under = twin(frame, (0.54, 0.10), (0.19, 0.030), 0.0)
    colour = tint(colour, (0.50, 0.33, 0.36), np.clip(0.85 * lid, 0, 1))
    colour = tint(colour, (0.42, 0.30, 0.36), np.clip(0.9 * outer, 0, 1))
    return tint(colour, (0.66, 0.48, 0.50), np.clip(0.7 * under, 0, 1))


def painted_lips(frame: Frame, colour: Rgb) -> Rgb:
    """Berry lipstick with creases and a dark parting line."""
    cover = lip_mask(frame)
    line = features.mouth_line(frame.x)
    paint = np.broadcast_to(np.asarray((0.50, 0.115, 0.125), np.float32), colour.shape).copy()
    paint *= (1 + 0.10 * lip_creases(frame) * smoothstep(0.0, 0.05, np.abs(frame.y - line)))[
        ..., None
    ]
    edge = np.minimum(
        frame.y - features.upper_lip_edge(frame.x), features.lower_lip_edge(frame.x) - frame.y
    )
    paint *= (0.78 + 0.22 * smoothstep(0.0, 0.035, edge))[..., None]
    colour = colour * (1 - 0.92 * cover[..., None]) + paint * 0.92 * cover[..., None]
    thickness = 0.007 + 0.007 * np.clip(1 - np.abs(frame.x) / features.MOUTH_HALF_WIDTH, 0, 1)
    parting = np.exp(-0.5 * ((frame.y - line) / thickness) ** 2) * smoothstep(
        0.41, 0.36, np.abs(frame.x)
    )
    return np.asarray(colour * (1 - 0.85 * parting[..., None]), np.float32)
