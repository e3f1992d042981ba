"""Where the face is in a reference image, and what of the image is the person."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import Floats, Frame

_LOOK_AT = 480
"""Longer side in pixels at which faces are looked for: enough for a portrait, and fast."""
_MATTE_SIDE = 220
"""The same for the matte, whose edge is soft anyway."""


@dataclass(frozen=True)
class Face:
    """Middle of the eyes and the distance between them, in pixels; ``found`` is False for a
    guess."""

    x: float
    y: float
    eyes: float
    found: bool


_STUDIES: OrderedDict[bytes, tuple[Face, Floats]] = OrderedDict()
_KEPT = 16
_LOCK = threading.Lock()


def study(image: Frame) -> tuple[Face, Floats]:
    """Face and matte of an image; remembered, because every scene of a singer asks again."""
    key = hashlib.sha256(image.tobytes()).digest()
    with _LOCK:
        if key in _STUDIES:
            _STUDIES.move_to_end(key)
            return _STUDIES[key]
    face = find_face(image)
    matte = person_matte(image, face) if face.found else np.ones((8, 8), np.float32)
    with _LOCK:
        _STUDIES[key] = (face, matte)
        while len(_STUDIES) > _KEPT:
            _STUDIES.popitem(last=False)
    return face, matte


def find_face(image: Frame) -> Face:
    """The largest frontal face of an RGB image, or where a portrait would have it."""
    height, width = image.shape[:2]
    scale = _LOOK_AT / max(height, width)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(grey, shape, interpolation=cv2.INTER_AREA)
    boxes, _, weights = _cascade("haarcascade_frontalface_default.xml").detectMultiScale3(
        small, 1.1, 5, minSize=(48, 48), outputRejectLevels=True
    )
    if len(boxes) == 0:
        return Face(width * 0.5, height * 0.42, 0.17 * min(width, height), False)
    # The surest rather than the largest: patterns in the background pass for big vague faces.
    left, top, side, _ = max(zip(boxes, weights, strict=True), key=lambda found: found[1])[0]
    eyes = _eyes(small[top : top + int(0.6 * side), left : left + side], side)
    x, y, apart = eyes or (0.5 * side, 0.39 * side, 0.395 * side)
    return Face(float((left + x) / scale), float((top + y) / scale), float(apart / scale), True)


def _eyes(region: Frame, side: int) -> tuple[float, float, float] | None:
    """Middle and distance of the pair of eyes in the upper part of a face box, if plausible."""
    found = _cascade("haarcascade_eye.xml").detectMultiScale(region, 1.05, 4)
    centres = [(x + w / 2, y + h / 2) for x, y, w, h in found]
    for ax, ay in centres:
        for bx, by in centres:
            apart = bx - ax
            if 0.3 * side < apart < 0.52 * side and abs(by - ay) < 0.12 * side:
                return (ax + bx) / 2, (ay + by) / 2, apart
    return None


def _cascade(name: str) -> Any:
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / name))


def person_matte(image: Frame, face: Face) -> Floats:
    """How much of each place is the person, 0 to 1, small and of the image's shape.

    Args:
        image: RGB, the face found in it.

    Source: Rother, Kolmogorov and Blake, "GrabCut" (2004), started from a head-and-shoulders
        shape around the face.
    """
    scale = _MATTE_SIDE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x, y, eyes = face.x * scale, face.y * scale, face.eyes * scale
    mask = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    rows, cols = small.shape[:2]

    def ellipse(cx: float, cy: float, rx: float, ry: float, value: int) -> None:
        centre, axes = (int(cx), int(cy)), (max(1, int(rx)), max(1, int(ry)))
        cv2.ellipse(mask, centre, axes, 0, 0, 360, value, -1)

    def shoulders(reach: float, top: float, value: int) -> None:
        points = [
            (x - 0.7 * eyes, y + top * eyes),
            (x + 0.7 * eyes, y + top * eyes),
            (x + reach * eyes, rows + 2),
            (x - reach * eyes, rows + 2),
        ]
        cv2.fillConvexPoly(mask, np.array(points, np.int32), value)

    ellipse(x, y + 0.4 * eyes, 2.5 * eyes, 3.0 * eyes, cv2.GC_PR_BGD)
    shoulders(4.6, 0.6, cv2.GC_PR_BGD)
    ellipse(x, y + 0.3 * eyes, 1.6 * eyes, 2.2 * eyes, cv2.GC_PR_FGD)
    shoulders(2.6, 1.6, cv2.GC_PR_FGD)
    ellipse(x, y + 0.5 * eyes, 0.95 * eyes, 1.5 * eyes, cv2.GC_FGD)
    shoulders(0.9, 1.6, cv2.GC_FGD)
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, mask, None, *models, 3, cv2.GC_INIT_WITH_MASK)
    person = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    for step in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        person = cv2.morphologyEx(person, step, kernel)
    count, labels = cv2.connectedComponents(person)
    middle = labels[min(int(y + 0.5 * eyes), rows - 1), min(int(x), cols - 1)]
    if count > 1 and middle:
        person = labels == middle
    # Drawn in a little, or the edge brings a line of the old background along.
    soft = np.clip(cv2.GaussianBlur(person.astype(np.float32), (0, 0), 1.5) * 1.9 - 0.9, 0, 1)
    return np.asarray(soft, np.float32)
