"""Where and how large the singer stands: the reference image laid out on a plate.

The plate is the frame and a margin around it, so that the camera can move without an edge.
"""

from dataclasses import dataclass

import numpy as np

from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.face import Face
from musicapp_pipeline.generation.picture.field import Floats, Frame, smoothstep

MARGIN = 0.14
"""Share of the frame's width and height on each side of it."""
_EYES = 0.172
"""Distance of the eyes in a medium shot, share of the frame's shorter side: 124 px at 720p."""
_MOST_EYES = 0.25
_REACH = 1.08
"""How far down the person should reach, in frame heights: cameras move by a few per cent."""


@dataclass(frozen=True)
class Plate:
    """RGB picture and matte of the same size; ``focus`` is the middle of the face on it."""

    picture: Frame
    alpha: Floats
    focus: tuple[float, float]


def place(
    reference: Frame, face: Face, matte: Floats, size: tuple[int, int], framing: float, aside: float
) -> Plate:
    """Lay out a reference image.

    Args:
        reference: RGB.
        face: in it.
        matte: how much of each place is the person, any size of the image's shape.
        size: of the frame.
        framing: -1 wide to 1 close.
        aside: how far right of the middle the face is, in frame widths.
    """
    width, height = size
    plate_size = (round(width * (1 + 2 * MARGIN)), round(height * (1 + 2 * MARGIN)))
    if not face.found:
        return _whole(reference, plate_size)
    eyes, eye_y = _layout(reference, face, size, framing)
    scale = eyes / face.eyes
    at = (plate_size[0] / 2 + aside * width, MARGIN * height + eye_y)
    shift = np.array([[1, 0, at[0] - face.x * scale], [0, 1, at[1] - face.y * scale]])
    image = _resized(reference, scale)
    rows, cols = image.shape[:2]
    picture = cv2.warpAffine(image, shift, plate_size, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(np.ones((rows, cols), np.float32), shift, plate_size)
    person = cv2.resize(matte, (cols, rows), interpolation=cv2.INTER_CUBIC)
    alpha = np.clip(cv2.warpAffine(person, shift, plate_size), 0, 1)
    bottom = int(shift[1, 2] + rows) - 2
    _continue_down(picture, alpha, cover, bottom)
    fade = _fade_sides(cover, 0.5 * eyes)
    return Plate(picture, np.asarray(alpha * fade, np.float32), (at[0], at[1] + 0.6 * eyes))


def _layout(
    reference: Frame, face: Face, size: tuple[int, int], framing: float
) -> tuple[float, float]:
    """Eye distance and the eyes' height in the frame, so that no bust floats above its ground."""
    width, height = size
    tall = height > width
    eyes = _EYES * min(size) * (1 + 0.22 * framing)
    below = (reference.shape[0] - face.y) / face.eyes
    wanted, lowest = (0.36, 0.48) if tall else (0.40, 0.44)
    eye_y = min(max(_REACH * height - below * eyes, wanted * height), lowest * height)
    larger = (_REACH * height - eye_y) / below
    return min(max(eyes, larger), max(eyes, _MOST_EYES * min(size))), eye_y


def _whole(reference: Frame, plate_size: tuple[int, int]) -> Plate:
    """Without a face the image fills the plate."""
    rows, cols = reference.shape[:2]
    image = _resized(reference, max(plate_size[0] / cols, plate_size[1] / rows) * 1.001)
    top, left = (image.shape[0] - plate_size[1]) // 2, (image.shape[1] - plate_size[0]) // 2
    cut = image[top : top + plate_size[1], left : left + plate_size[0]]
    alpha = np.ones(cut.shape[:2], np.float32)
    return Plate(np.ascontiguousarray(cut), alpha, (cut.shape[1] / 2, cut.shape[0] / 2))


def _resized(image: Frame, scale: float) -> Frame:
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation))


def _continue_down(picture: Frame, alpha: Floats, cover: Floats, bottom: int) -> None:
    """Let what the image cuts off at its lower edge go on into the dark."""
    if not 0 < bottom < len(picture) - 1:
        return
    rows = len(picture) - bottom
    dark = np.exp(-np.arange(rows, dtype=np.float32) / (0.14 * len(picture)))[:, None]
    edge = cv2.GaussianBlur(picture[bottom - 1 : bottom], (0, 0), 6).astype(np.float32)
    picture[bottom:] = np.clip(edge * dark[:, :, None], 0, 255).astype(np.uint8)
    alpha[bottom:] = alpha[bottom - 1]
    cover[bottom:] = cover[bottom - 1]


def _fade_sides(cover: Floats, reach: float) -> Floats:
    """1 inside the image, falling to 0 over ``reach`` pixels towards borders of it that show."""
    distance = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    return smoothstep(0.0, reach, distance)
