"""Stage light on a height field: soft key, cool fill, coloured rims, shadows, and skin's glow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from musicapp_pipeline.demo.portrait_build.frame import Field, Frame, Rgb, smoothstep

Direction = tuple[float, float, float]
"""Towards the light: x right, y down, z to the viewer."""

KEY: Direction = (-0.52, -0.52, 0.70)
FILL: Direction = (0.50, 0.38, 0.78)
KEY_COLOUR = (1.00, 0.90, 0.79)
FILL_COLOUR = (0.42, 0.30, 0.50)
AMBIENT_COLOUR = (0.22, 0.17, 0.22)
RIM_RIGHT = (1.00, 0.16, 0.62)
RIM_LEFT = (0.10, 0.62, 0.95)


@dataclass(frozen=True)
class Relief:
    """A height field with what the lights need to know of it."""

    height: Field
    normal: Rgb
    occlusion: Field
    key_shadow: Field


def _unit(direction: Direction) -> Rgb:
    vector = np.asarray(direction, np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def normals(frame: Frame, height: Field) -> Rgb:
    """Unit normals of the surface (x right, y down, z to the viewer)."""
    down, across = np.gradient(height * np.float32(frame.unit))
    stacked = np.stack([-across, -down, np.ones_like(height)], axis=-1).astype(np.float32)
    return np.asarray(stacked / np.linalg.norm(stacked, axis=-1, keepdims=True), np.float32)


def occlusion(frame: Frame, height: Field) -> Field:
    """How open each point is, 0..1: low in grooves, from the difference to blurred heights."""
    openness = np.ones_like(height)
    for sigma, weight in ((0.03, 3.4), (0.08, 1.9), (0.18, 0.75)):
        hollow = np.clip(frame.blur(height, sigma) - height, 0, None)
        openness *= np.exp(-np.float32(weight) * hollow / np.float32(sigma) * np.float32(0.30))
    return np.asarray(openness, np.float32)


def cast_shadow(frame: Frame, height: Field, light: Direction, reach: float = 0.9) -> Field:
    """Share of an area light that a point sees, by marching over the height field."""
    rows, columns = frame.shape
    scale = min(1.0, 640 / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = cv2.resize(height, size, interpolation=cv2.INTER_AREA)
    towards = _unit(light)
    turn = np.deg2rad(frame.tilt_degrees)
    step_x = towards[0] * np.cos(turn) - towards[1] * np.sin(turn)
    step_y = towards[0] * np.sin(turn) + towards[1] * np.cos(turn)
    clear = np.ones_like(small)
    for distance in np.linspace(0.03, reach, 48):
        pixels = distance * frame.unit * scale
        move = np.asarray([[1, 0, -step_x * pixels], [0, 1, -step_y * pixels]], np.float32)
        ahead = cv2.warpAffine(small, move, size, borderMode=cv2.BORDER_REPLICATE)
        gap = small + towards[2] * distance - ahead
        clear = np.minimum(clear, 0.5 + gap / (0.10 + 0.28 * distance))
    seen = cv2.resize(np.clip(clear, 0, 1), (columns, rows), interpolation=cv2.INTER_CUBIC)
    return 0.22 + 0.78 * frame.blur(smoothstep(0, 1, np.asarray(seen, np.float32)), 0.014)


def relief_of(frame: Frame, height: Field) -> Relief:
    """Prepare a height field for shading."""
    return Relief(
        height=height,
        normal=normals(frame, height),
        occlusion=occlusion(frame, height),
        key_shadow=cast_shadow(frame, height, KEY),
    )


def _wrapped(cosine: Field, wrap: float) -> Field:
    lifted = np.clip((cosine + np.float32(wrap)) / np.float32(1 + wrap), 0, None)
    return np.asarray(lifted * lifted * (3 - lifted) / 2, np.float32)


def diffuse(frame: Frame, relief: Relief, glow: float = 1.0) -> Rgb:
    """Irradiance in linear light; red reaches further under the skin than green and blue.

    Args:
        glow: 1 for skin, 0 for an opaque matter.
    """
    key, fill = relief.normal @ _unit(KEY), relief.normal @ _unit(FILL)
    channels = []
    for index, (wrap, spread) in enumerate(((0.42, 0.040), (0.22, 0.016), (0.14, 0.009))):
        shadow = frame.blur(relief.key_shadow, spread * glow) if glow > 0 else relief.key_shadow
        lit = _wrapped(key, wrap * glow) * shadow * np.float32(KEY_COLOUR[index] * 1.55)
        lit += _wrapped(fill, 0.3) * np.float32(FILL_COLOUR[index] * 0.36)
        lit += np.float32(AMBIENT_COLOUR[index] * 0.75) * (0.65 - 0.35 * relief.normal[..., 1])
        open_share = relief.occlusion ** np.float32((0.75, 1.0, 1.1)[index])
        shaded = np.asarray(lit * open_share, np.float32)
        channels.append(frame.blur(shaded, spread * 0.5 * glow) if glow > 0 else shaded)
    return np.stack(channels, axis=-1)


def rims(relief: Relief, across: Field) -> Rgb:
    """Coloured light that grazes the two sides from behind.

    Args:
        across: signed position over the body, -1 at its left edge and +1 at its right.
    """
    graze = np.clip(1 - relief.normal[..., 2], 0, 1)
    right = graze**2 * smoothstep(0.1, 0.7, relief.normal[..., 0]) * smoothstep(0.80, 1.0, across)
    left = graze**2 * smoothstep(0.1, 0.7, -relief.normal[..., 0]) * smoothstep(0.80, 1.0, -across)
    light = right[..., None] * np.asarray(RIM_RIGHT, np.float32) * np.float32(2.4)
    light += left[..., None] * np.asarray(RIM_LEFT, np.float32) * np.float32(1.5)
    return np.asarray(light, np.float32)


def gloss(relief: Relief, sharpness: float) -> Field:
    """Blinn-Phong highlight of the key light, without its strength."""
    half = _unit(KEY) + np.asarray((0, 0, 1), np.float32)
    cosine = np.clip(relief.normal @ (half / np.linalg.norm(half)).astype(np.float32), 0, 1)
    return np.asarray(cosine ** np.float32(sharpness) * relief.key_shadow, np.float32)
