"""Neck, chest, black top and leather jacket."""

from __future__ import annotations

import cv2
import numpy as np

from musicapp_pipeline.demo.portrait_build import light, skin
from musicapp_pipeline.demo.portrait_build.frame import (
    Field,
    Frame,
    Points,
    Rgb,
    bump,
    curve,
    profile,
    smoothstep,
    twin,
)

_NECK_HALF_WIDTH = [
    (0.9, 0.80), (1.35, 0.715), (1.7, 0.675), (1.95, 0.685), (2.12, 0.76), (2.26, 0.92),
    (2.40, 1.15),
    (2.56, 1.55), (2.8, 2.1), (3.9, 2.6),
]  # fmt: skip


def _mirrored(points: Points, side: int) -> Points:
    return np.asarray(points * [side, 1.0], np.float64)


def neck_height(frame: Frame) -> Field:
    """Height field of neck and chest."""
    width = profile(_NECK_HALF_WIDTH, frame.y)
    across = (frame.x - 0.05 * smoothstep(2.3, 1.4, frame.y)) / width
    round_part = np.sqrt(np.clip(1 - across**2, 0.0, 1))
    depth = 0.56 + 0.10 * smoothstep(2.0, 2.7, frame.y)
    height = depth * round_part - 0.55 + 0.20 * smoothstep(1.9, 3.0, frame.y)
    for side in (-1, 1):
        spine = _mirrored(curve([(0.56, 1.50), (0.42, 1.95), (0.22, 2.36), (0.11, 2.55)], 40), side)
        bone = _mirrored(curve([(0.13, 2.60), (0.45, 2.62), (0.95, 2.50), (1.5, 2.40)], 40), side)
        height = height + 0.032 * _ridge(frame, spine, 0.060) + 0.034 * _ridge(frame, bone, 0.060)
    height = (
        height
        - 0.07 * bump(frame, (0, 2.57), (0.085, 0.075))
        - 0.05 * twin(frame, (0.50, 2.47), (0.22, 0.06))
    )
    height = height - 0.035 * twin(frame, (0.48, 2.73), (0.32, 0.05))
    return frame.blur(np.asarray(height, np.float32), 0.022)


def _ridge(frame: Frame, spine: Points, width: float) -> Field:
    canvas = np.zeros(frame.shape, np.uint8)
    pixels = np.round(frame.to_pixels(spine) * 16).astype(np.int32)
    cv2.polylines(canvas, [pixels], False, 255, max(1, round(width * frame.unit)), cv2.LINE_AA, 4)
    return frame.blur(canvas.astype(np.float32) / np.float32(255), width * 0.6)


def neck_mask(frame: Frame) -> Field:
    """Coverage of neck and chest."""
    width = profile(_NECK_HALF_WIDTH, frame.y)
    across = np.abs(frame.x - 0.05 * smoothstep(2.3, 1.4, frame.y))
    return np.asarray(smoothstep(0.012, -0.012, across - width) * (frame.y > 0.9), np.float32)


def neck(frame: Frame, chin_shadow: Field) -> Rgb:
    """Linear-light picture of the skin below the chin.

    Args:
        chin_shadow: 0..1, how much of the key light the head takes away.
    """
    relief = light.relief_of(frame, neck_height(frame))
    relief = light.Relief(
        relief.height, relief.normal, relief.occlusion, relief.key_shadow * (1 - 0.85 * chin_shadow)
    )
    colour = np.broadcast_to(np.asarray(skin.SKIN, np.float32), (*frame.x.shape, 3)).copy()
    mottled = 0.03 * frame.noise(31, 0.12) + 0.02 * frame.noise(32, 0.012)
    colour = colour * (1 + mottled[..., None] * np.asarray((0.6, 1.0, 1.1), np.float32))
    lit = (
        light.diffuse(frame, relief)
        * colour
        * (1 - 0.60 * chin_shadow[..., None] * np.asarray((0.85, 1.0, 1.0), np.float32))
    )
    lit = lit + 0.035 * light.gloss(relief, 22)[..., None]
    across = frame.x / profile(_NECK_HALF_WIDTH, frame.y)
    return np.asarray(lit + light.rims(relief, across) * 0.12, np.float32)


def jacket_outlines() -> dict[str, Points]:
    """Closed outlines of the right half's parts, in drawing order."""
    body = np.concatenate([
        curve([(0.90, 2.12), (1.30, 2.32), (1.90, 2.46), (2.42, 2.62), (2.74, 2.95), (2.98, 3.9)]),
        curve([(0.05, 3.9), (0.22, 3.5), (0.42, 3.05), (0.64, 2.60), (0.82, 2.22), (0.90, 2.12)]),
    ])  # fmt: skip
    collar = np.concatenate([
        curve([(0.80, 2.02), (1.00, 2.10), (1.28, 2.34), (1.42, 2.58)], 24),
        curve([(1.42, 2.58), (1.14, 2.70), (0.84, 2.86)], 16),
        curve([(0.84, 2.86), (0.70, 2.62), (0.71, 2.32), (0.80, 2.02)], 24),
    ])  # fmt: skip
    lapel = np.concatenate([
        curve([(0.82, 2.80), (1.22, 2.80), (1.44, 2.88)], 16),
        curve([(1.44, 2.88), (1.08, 3.30), (0.60, 3.74), (0.40, 4.0)], 30),
        curve([(0.40, 4.0), (0.26, 3.6), (0.44, 3.14), (0.66, 2.76), (0.82, 2.80)], 30),
    ])  # fmt: skip
    return {"body": body, "lapel": lapel, "collar": collar}


def _pillow(frame: Frame, cover: Field, rise: float, reach: float) -> Field:
    """Height that rounds off towards the edge of a covered area."""
    distance = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    inward = distance.astype(np.float32) / np.float32(frame.unit)
    return frame.blur(
        np.asarray(rise * (1 - np.exp(-inward / np.float32(reach))), np.float32), 0.012
    )


def _leather(frame: Frame, height: Field, sheen: float) -> Rgb:
    """Black leather: next to no colour of its own, sharp lights on folds and edges."""
    relief = light.relief_of(frame, height)
    lit = light.diffuse(frame, relief, glow=0.0) * np.asarray((0.014, 0.013, 0.020), np.float32)
    lit = lit + sheen * light.gloss(relief, 12)[..., None] * np.asarray(
        (0.25, 0.22, 0.25), np.float32
    )
    lit = lit + sheen * light.gloss(relief, 55)[..., None]
    for aim, colour, outside in (
        ((0.90, -0.42, 0.12), light.RIM_RIGHT, smoothstep(-0.2, 1.6, frame.x)),
        ((-0.90, -0.42, 0.12), light.RIM_LEFT, smoothstep(0.2, -1.6, frame.x)),
    ):
        graze = np.clip(relief.normal @ np.asarray(aim, np.float32), 0, 1) ** 9 * outside
        lit = lit + 0.55 * graze[..., None] * np.asarray(colour, np.float32)
    return np.asarray(lit, np.float32)


def jacket(frame: Frame, below: Rgb) -> Rgb:
    """The black top and the open jacket laid over a linear-light picture."""
    below = chain(frame, below)
    neckline = 3.22 - 0.30 * (frame.x / 0.7) ** 2
    top = smoothstep(-0.008, 0.008, frame.y - neckline) * neck_mask(frame)
    cloth = (
        np.asarray((0.012, 0.011, 0.016), np.float32) * (1 + 0.2 * frame.noise(41, 0.01))[..., None]
    )
    hem = np.exp(-0.5 * ((frame.y - neckline - 0.012) / 0.010) ** 2)
    picture = below * (1 - top[..., None]) + (cloth + 0.03 * hem[..., None]) * top[..., None]
    folds = (
        0.05 * frame.noise(42, 0.62)
        + 0.007 * frame.noise(43, 0.22)
        + 0.00015 * frame.noise(44, 0.014)
    )
    for name, outline in jacket_outlines().items():
        cover = np.zeros_like(frame.x)
        for side in (-1, 1):
            cover = np.maximum(cover, frame.fill(_mirrored(outline, side)))
        rise, reach = (0.62, 0.26) if name == "body" else (0.060, 0.040)
        height = _pillow(frame, cover, rise, reach) + folds
        if name != "body":
            height = height - 0.30 * np.abs(frame.x)
        shade = frame.blur(np.roll(cover, round(0.03 * frame.unit), axis=0), 0.05)
        picture = picture * (1 - 0.75 * np.clip(shade - cover, 0, 1)[..., None])
        worn = _leather(frame, np.asarray(height, np.float32), 0.11 if name == "body" else 0.14)
        picture = picture * (1 - cover[..., None]) + worn * cover[..., None]
    return stitched(frame, picture)


def stitched(frame: Frame, picture: Rgb) -> Rgb:
    """Sleeve seams: a dark groove with a lit lip."""
    for side in (-1, 1):
        seam = curve([(2.16, 2.54), (2.02, 2.85), (1.98, 3.3), (2.06, 3.9)], 60)
        groove = _ridge(frame, _mirrored(seam, side), 0.012)
        lip = _ridge(frame, _mirrored(seam + np.asarray((0.022, 0.0)), side), 0.008)
        picture = picture * (1 - 0.85 * np.clip(groove, 0, 1))[..., None] + 0.016 * lip[..., None]
    return np.asarray(picture, np.float32)


def chain(frame: Frame, picture: Rgb) -> Rgb:
    """A fine gold chain with a drop, and the shadow it throws on the skin."""
    half = [(0.70, 2.04), (0.60, 2.36), (0.44, 2.68), (0.20, 2.93)]
    course = curve([*((-x, y) for x, y in half), (0.0, 3.00), *half[::-1]], 170)
    shadow = np.clip(_ridge(frame, course + np.asarray((0.012, 0.016)), 0.010), 0, 1)
    picture = picture * (1 - 0.5 * shadow)[..., None]
    draw = np.random.default_rng(61)
    for x, y in course:
        light_on_link = float(draw.uniform(0.25, 1.0) ** 2 * (1.2 - 0.5 * x))
        _bead(frame, picture, (float(x), float(y)), 0.0075, light_on_link)
    _bead(frame, picture, (0.0, 3.035), 0.026, 0.55)
    _bead(frame, picture, (-0.008, 3.027), 0.008, 3.0)
    return picture


def _bead(
    frame: Frame, picture: Rgb, centre: tuple[float, float], radius: float, bright: float
) -> None:
    """Lay one bead of metal onto the picture, in place."""
    near = frame.around(centre, (2.5 * radius + 0.01, 2.5 * radius + 0.01))
    distance = np.hypot(
        near.x - np.float32(centre[0]), near.y - np.float32(centre[1])
    ) / np.float32(radius)
    cover = smoothstep(1.15, 0.75, distance)[..., None]
    metal = np.asarray((0.95, 0.62, 0.28), np.float32) * np.float32(0.10 + 0.75 * bright)
    part = near.part_of(frame)
    picture[part] = picture[part] * (1 - cover) + metal * cover
