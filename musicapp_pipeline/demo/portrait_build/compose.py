"""All layers of the portrait, from the stage to the loose hairs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.demo.portrait_build import (
    backdrop,
    eyes,
    features,
    hair,
    lashes,
    light,
    outfit,
    sculpture,
    skin,
)
from musicapp_pipeline.demo.portrait_build.frame import (
    FINAL_SIZE,
    HEAD_TILT_DEGREES,
    Field,
    Frame,
    Rgb,
    smoothstep,
)
from musicapp_pipeline.demo.portrait_build.strokes import Layer


def developed(linear: Rgb) -> Rgb:
    """Display values 0..1 of linear light, with a soft shoulder."""
    exposed = np.clip(linear, 0, None) * np.float32(1.18)
    toned = exposed * (1 + 0.10 * exposed) / (1 + 0.62 * exposed)
    return np.asarray(np.clip(toned * 1.30, 0, 1) ** np.float32(1 / 2.2), np.float32)


def mixed(below: Rgb, above: Rgb, cover: Field) -> Rgb:
    """`above` over `below` with a coverage 0..1."""
    return np.asarray(below + (above - below) * cover[..., None], np.float32)


def face(frame: Frame, hair_shadow: Field) -> Rgb:
    """Display-value picture of the lit face with eyes, without strokes."""
    relief = light.relief_of(frame, sculpture.height_field(frame))
    width = np.maximum(features.half_width(frame.y), np.float32(0.28))
    across = np.asarray(frame.x / width, np.float32)
    lit = light.diffuse(frame, relief) * skin.albedo(frame)
    lips = skin.lip_mask(frame)
    pores = 1 + 0.22 * frame.noise(52, 0.012)
    lit = lit + (0.085 * light.gloss(relief, 14) * pores * (1 - lips))[..., None]
    lit = lit + (0.13 * light.gloss(relief, 46) * pores * (1 - lips))[..., None]
    parted = smoothstep(0.012, 0.045, np.abs(frame.y - features.mouth_line(frame.x)))
    shine = light.gloss(relief, 60) * lips * parted * (1 + 0.5 * skin.lip_creases(frame))
    lit = lit + 0.20 * np.clip(shine, 0, None)[..., None]
    lit = lit * (1 - 0.62 * hair_shadow[..., None] * np.asarray((0.85, 1.0, 1.0), np.float32))
    lit = lit + light.rims(relief, across) * (0.24 * smoothstep(1.40, 0.75, frame.y))[..., None]
    for side in (-1, 1):
        near = frame.around((0.5 * side, 0.0), (0.45, 0.35))
        part = near.part_of(frame)
        lined = eyes.lid_lines(near, lit[part], side)
        eye, opening = eyes.paint_eye(near, side)
        lit[part] = mixed(lined, eye, opening)
    return developed(lit)


def made_up(frame: Frame, picture: Rgb) -> Rgb:
    """Brows and lashes laid over a display-value picture of the face."""
    powder = lashes.brow_powder(frame)[..., None] * np.asarray((0.42, 0.50, 0.50), np.float32)
    picture = lashes.brows(frame).over(picture * (1 - powder), 0.72)
    picture = lashes.lower_lashes(frame).over(picture, 0.55)
    return lashes.upper_lashes(frame).over(picture, 0.92)


def body(frame: Frame, chin_shadow: Field) -> tuple[Rgb, Field]:
    """Display-value picture of neck and clothes, and its coverage."""
    clothed = outfit.jacket(frame, outfit.neck(frame, chin_shadow))
    cover = outfit.neck_mask(frame)
    for outline in outfit.jacket_outlines().values():
        for side in (-1, 1):
            cover = np.maximum(cover, frame.fill(outline * [side, 1.0]))
    return developed(clothed), cover


def shifted(frame: Frame, cover: Field, across: float, down: float, soften: float) -> Field:
    """A coverage moved by face units and blurred: the shadow it throws."""
    move = np.asarray([[1, 0, across * frame.unit], [0, 1, down * frame.unit]], np.float32)
    return frame.blur(
        np.asarray(cv2.warpAffine(cover, move, cover.shape[::-1]), np.float32), soften
    )


def _shaded_by(picture: Rgb, layer: Layer, shadow: Field, strength: float) -> Rgb:
    return np.asarray(picture * (1 - strength * shadow * (1 - layer.cover))[..., None], np.float32)


def compose(size: int) -> Rgb:
    """Paint the whole portrait.

    Args:
        size: canvas width and height in pixels.

    Returns:
        (size, size, 3) display values 0..1, red first.
    """
    upright, tilted = Frame(size), Frame(size, HEAD_TILT_DEGREES)
    strands = hair.front_hair(tilted)
    face_cover = tilted.fill(features.face_outline(), 0.006)
    picture = hair.back_hair(tilted).over(backdrop.backdrop(upright))
    contact = shifted(upright, face_cover, 0.0, 0.16, 0.09)
    chin_shadow = np.clip(
        contact * 0.95 + 1.3 * shifted(upright, face_cover, 0.12, 0.40, 0.07), 0, 1
    )
    worn, body_cover = body(upright, chin_shadow)
    picture = mixed(picture, worn, body_cover)
    hair_shadow = np.clip(1.3 * shifted(upright, strands.cover, 0.05, 0.06, 0.045), 0, 1)
    head = tilted.around((0.0, 0.05), (1.35, 1.95))
    part = head.part_of(tilted)
    picture[part] = mixed(picture[part], face(head, hair_shadow[part]), face_cover[part])
    picture[part] = made_up(head, picture[part])
    picture = _shaded_by(picture, strands, shifted(upright, strands.cover, 0.03, 0.05, 0.03), 0.25)
    picture = strands.over(picture)
    return finished(upright, hair.flyaways(tilted).over(picture, 0.8))


def finished(frame: Frame, picture: Rgb) -> Rgb:
    """Lens bloom and a vignette."""
    bright = np.clip(picture - 0.62, 0, None)
    bloom = np.stack([frame.blur(bright[..., channel], 0.14) for channel in range(3)], axis=-1)
    picture = picture + 0.30 * bloom
    away = np.hypot(frame.x, (frame.y - 0.4) * 0.9)
    picture = picture * (1 - 0.38 * np.clip((away - 1.9) / 2.2, 0, 1) ** 1.5)[..., None]
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def portrait(size: int = FINAL_SIZE, supersample: int = 2) -> NDArray[np.uint8]:
    """The portrait as 8-bit RGB.

    Args:
        size: width and height in pixels of the result.
        supersample: the canvas is this many times larger and averaged down.

    Returns:
        (size, size, 3) uint8, red first.
    """
    large = compose(size * supersample)
    small = (
        cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA) if supersample > 1 else large
    )
    return np.asarray(np.rint(small * 255), np.uint8)
