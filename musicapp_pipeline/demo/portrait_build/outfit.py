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
    (0.9, 0.56), (1.4, 0.50), (1.75, 0.475), (1.98, 0.50), (2.12, 0.60), (2.24, 0.82), (2.36, 1.20),
    (2.52, 1.70), (2.8, 2.15), (3.8, 2.35),
]  # fmt: skip


def _mirrored(points: Points, side: int) -> Points:
    return np.asarray(points * [side, 1.0], np.float64)


def neck_height(frame: Frame) -> Field:
    """Height field of neck and chest."""
    width = profile(_NECK_HALF_WIDTH, frame.y)
    across = (frame.x - 0.05 * smoothstep(2.3, 1.4, frame.y)) / width
    round_part = np.sqrt(np.clip(1 - across**2, 0.0, 1))
    depth = 0.42 + 0.12 * smoothstep(2.0, 2.7, frame.y)
    height = depth * round_part - 0.55 + 0.20 * smoothstep(1.9, 3.0, frame.y)
    for side in (-1, 1):
        spine = _mirrored(curve([(0.40, 1.50), (0.30, 1.90), (0.16, 2.25), (0.08, 2.40)], 40), side)
        bone = _mirrored(curve([(0.10, 2.42), (0.40, 2.44), (0.85, 2.34), (1.35, 2.24)], 40), side)
        height = height + 0.050 * _ridge(frame, spine, 0.055) + 0.055 * _ridge(frame, bone, 0.050)
    height = (
        height
        - 0.07 * bump(frame, (0, 2.42), (0.075, 0.065))
        - 0.05 * twin(frame, (0.45, 2.30), (0.20, 0.06))
    )
    height = height - 0.035 * twin(frame, (0.42, 2.55), (0.30, 0.05))
    return frame.blur(np.asarray(height, np.float32), 0.022)


def _ridge(frame: Frame, spine: Points, width: float) -> Field:
    canvas = np.zeros((frame.size, frame.size), np.uint8)
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
    lit = light.diffuse(frame, relief) * colour * (1 - 0.40 * chin_shadow[..., None])
    lit = lit + 0.06 * light.gloss(relief, 22)[..., None]
    across = frame.x / profile(_NECK_HALF_WIDTH, frame.y)
    return np.asarray(lit + light.rims(relief, across) * 0.30, np.float32)


def jacket_outlines() -> dict[str, Points]:
    """Closed outlines of the right half's parts, in drawing order."""
    body = np.concatenate([
        curve([(0.66, 2.02), (1.00, 2.20), (1.55, 2.36), (1.98, 2.60), (2.22, 3.0), (2.40, 3.8)]),
        curve([(0.05, 3.8), (0.16, 3.45), (0.30, 2.95), (0.46, 2.48), (0.60, 2.10), (0.66, 2.02)]),
    ])  # fmt: skip
    collar = np.concatenate([
        curve([(0.56, 1.96), (0.74, 2.02), (0.98, 2.24), (1.10, 2.46)], 24),
        curve([(1.10, 2.46), (0.88, 2.56), (0.62, 2.72)], 16),
        curve([(0.62, 2.72), (0.50, 2.50), (0.50, 2.22), (0.56, 1.96)], 24),
    ])  # fmt: skip
    lapel = np.concatenate([
        curve([(0.60, 2.66), (0.98, 2.66), (1.16, 2.74)], 16),
        curve([(1.16, 2.74), (0.86, 3.18), (0.42, 3.66), (0.20, 3.9)], 30),
        curve([(0.20, 3.9), (0.14, 3.5), (0.30, 3.02), (0.47, 2.62), (0.60, 2.66)], 30),
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
    relief = light.relief_of(frame, height)
    lit = light.diffuse(frame, relief, glow=0.0) * np.asarray((0.030, 0.028, 0.042), np.float32)
    lit = lit + sheen * light.gloss(relief, 16)[..., None] * np.asarray(
        (0.55, 0.50, 0.50), np.float32
    )
    lit = lit + 0.5 * sheen * light.gloss(relief, 70)[..., None]
    right = np.clip(relief.normal @ np.asarray((0.86, -0.40, 0.30), np.float32), 0, 1) ** 4
    left = np.clip(relief.normal @ np.asarray((-0.86, -0.40, 0.30), np.float32), 0, 1) ** 4
    lit = lit + right[..., None] * np.asarray(light.RIM_RIGHT, np.float32) * np.float32(0.55)
    return np.asarray(
        lit + left[..., None] * np.asarray(light.RIM_LEFT, np.float32) * np.float32(0.42),
        np.float32,
    )


def jacket(frame: Frame, below: Rgb) -> Rgb:
    """The black top and the open jacket laid over a linear-light picture."""
    neckline = 3.02 - 0.35 * (frame.x / 0.6) ** 2
    top = smoothstep(-0.008, 0.008, frame.y - neckline) * neck_mask(frame)
    cloth = (
        np.asarray((0.012, 0.011, 0.016), np.float32) * (1 + 0.2 * frame.noise(41, 0.01))[..., None]
    )
    hem = np.exp(-0.5 * ((frame.y - neckline - 0.012) / 0.010) ** 2)
    picture = below * (1 - top[..., None]) + (cloth + 0.03 * hem[..., None]) * top[..., None]
    folds = (
        0.030 * frame.noise(42, 0.55)
        + 0.012 * frame.noise(43, 0.20)
        + 0.0013 * frame.noise(44, 0.016)
    )
    for name, outline in jacket_outlines().items():
        cover = np.zeros_like(frame.x)
        for side in (-1, 1):
            cover = np.maximum(cover, frame.fill(_mirrored(outline, side)))
        rise, reach = (0.75, 0.42) if name == "body" else (0.055, 0.030)
        height = _pillow(frame, cover, rise, reach) + folds
        if name != "body":
            height = height - 0.30 * np.abs(frame.x)
        shade = frame.blur(np.roll(cover, round(0.03 * frame.unit), axis=0), 0.05)
        picture = picture * (1 - 0.75 * np.clip(shade - cover, 0, 1)[..., None])
        worn = _leather(frame, np.asarray(height, np.float32), 0.10 if name == "body" else 0.14)
        picture = picture * (1 - cover[..., None]) + worn * cover[..., None]
    return np.asarray(picture, np.float32)
