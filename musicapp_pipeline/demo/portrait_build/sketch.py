"""Where `half_face.csv` comes from: a plain drawing of a face, measured by FaceMesh.

FaceMesh (MediaPipe 0.10.14, Apache-2.0) returns its average face fitted to whatever it sees, so
that a few soft ellipses are enough to learn the lie of a forehead, cheek and jaw. No photograph
is involved. The portrait's builder reads the table only; this module is needed to make it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

_SIZE = 768
_MIDDLE = 384
_EYE_LINE = 355.5
_EYE_DISTANCE = 124.0
_LIP_CORNERS = (78, 308)


@dataclass(frozen=True)
class Dab:
    """A soft ellipse of one colour."""

    centre: tuple[int, int]
    axes: tuple[int, int]
    colour: tuple[int, int, int]
    blur: float
    turn: float = 0.0
    strength: float = 1.0


def _dabs() -> list[Dab]:
    head = [
        Dab((_MIDDLE, 330), (190, 250), (35, 25, 22), 6),
        Dab((_MIDDLE, 640), (90, 160), (165, 115, 95), 8),
        Dab((_MIDDLE, 385), (150, 205), (225, 175, 150), 4),
        Dab((_MIDDLE - 120, 400), (40, 150), (170, 120, 100), 30, strength=0.6),
        Dab((_MIDDLE + 120, 400), (40, 150), (170, 120, 100), 30, strength=0.6),
        Dab((_MIDDLE, 130), (170, 80), (35, 25, 22), 10),
    ]
    sides = []
    for side in (-1, 1):
        eye = _MIDDLE + side * 62
        sides += [
            Dab((eye, 352), (46, 26), (150, 100, 85), 12, strength=0.7),
            Dab((eye, 356), (28, 12), (240, 235, 232), 1),
            Dab((eye, 355), (12, 12), (70, 45, 30), 1),
            Dab((eye, 355), (5, 5), (10, 10, 10), 0),
            Dab((eye, 345), (32, 4), (30, 20, 20), 1),
            Dab((_MIDDLE + side * 64, 316), (42, 6), (60, 40, 30), 2, turn=side * 6),
            Dab((_MIDDLE + side * 17, 452), (7, 4), (110, 60, 50), 2),
            Dab((_MIDDLE + side * 26, 442), (8, 14), (190, 130, 110), 5, strength=0.5),
        ]
    middle = [
        Dab((_MIDDLE, 400), (7, 60), (245, 200, 180), 8, strength=0.7),
        Dab((_MIDDLE, 462), (24, 6), (170, 115, 95), 5, strength=0.8),
        Dab((_MIDDLE, 436), (14, 12), (250, 205, 185), 7, strength=0.6),
        Dab((_MIDDLE, 497), (46, 9), (180, 90, 85), 3),
        Dab((_MIDDLE, 511), (40, 11), (190, 100, 95), 3),
        Dab((_MIDDLE, 503), (46, 2), (90, 40, 40), 1),
        Dab((_MIDDLE, 535), (30, 6), (180, 125, 105), 6, strength=0.6),
    ]
    return head + sides + middle


def drawing() -> NDArray[np.uint8]:
    """The plain face, (768, 768, 3) RGB."""
    picture = np.full((_SIZE, _SIZE, 3), (60, 50, 50), np.float32)
    for dab in _dabs():
        cover = np.zeros((_SIZE, _SIZE), np.float32)
        cv2.ellipse(cover, dab.centre, dab.axes, dab.turn, 0, 360, 1, -1, cv2.LINE_AA)
        if dab.blur:
            cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), dab.blur), np.float32)
        share = cover[..., None] * np.float32(dab.strength)
        picture = picture * (1 - share) + np.asarray(dab.colour, np.float32) * share
    return np.clip(picture, 0, 255).astype(np.uint8)


def landmarks(picture: NDArray[np.uint8], confidence: float = 0.5) -> NDArray[np.float64] | None:
    """FaceMesh's refined landmarks of an RGB picture.

    Returns:
        (478, 3) x, y in pixels and depth in the same scale, away from the viewer; None
        where no face is found.
    """
    _restore_prototype_lookup()
    face_mesh = import_module("mediapipe").solutions.face_mesh
    with face_mesh.FaceMesh(
        static_image_mode=True, refine_landmarks=True, min_detection_confidence=confidence
    ) as mesh:
        found = mesh.process(np.ascontiguousarray(picture)).multi_face_landmarks
    if not found:
        return None
    height, width = picture.shape[:2]
    points = [(point.x * width, point.y * height, point.z * width) for point in found[0].landmark]
    return np.asarray(points, np.float64)


def _restore_prototype_lookup() -> None:
    """MediaPipe 0.10.14 calls a method that protobuf 5 removed; give it the successor."""
    database = import_module("google.protobuf.symbol_database").SymbolDatabase
    if not hasattr(database, "GetPrototype"):
        factory = import_module("google.protobuf.message_factory")
        database.GetPrototype = lambda _, descriptor: factory.GetMessageClass(descriptor)


def measured() -> NDArray[np.float64]:
    """The right half of the average face in eye distances: x, y down, height to the viewer.

    Points of the eye openings and of the mouth are left out; the sculpture models those.
    """
    points = landmarks(drawing(), 0.3)
    if points is None:
        raise RuntimeError("FaceMesh no longer finds the drawing; install mediapipe 0.10.14")
    points = (points[:468] - [_MIDDLE, _EYE_LINE, 0]) / [
        _EYE_DISTANCE,
        _EYE_DISTANCE,
        -_EYE_DISTANCE,
    ]
    mirrored = points * [-1, 1, 1]
    _, partner = linear_sum_assignment(cdist(points, mirrored))
    even = (points + mirrored[partner]) / 2
    lines = import_module("mediapipe.python.solutions.face_mesh_connections")
    skipped = {
        index
        for edges in (lines.FACEMESH_LIPS, lines.FACEMESH_LEFT_EYE, lines.FACEMESH_RIGHT_EYE)
        for edge in edges
        for index in edge
    }
    skipped.update(_LIP_CORNERS)
    rows = [
        (max(x, 0.0), y, z)
        for index, (x, y, z) in enumerate(even.tolist())
        if index not in skipped and x > -1e-3 and not _modelled(x, y)
    ]
    return np.asarray(sorted(rows, key=lambda row: (round(row[1], 3), row[0])))


def _modelled(x: float, y: float) -> bool:
    mouth = x < 0.40 and 1.08 < y < 1.30
    eye = ((x - 0.5) / 0.27) ** 2 + (y / 0.12) ** 2 < 1
    return mouth or eye


if __name__ == "__main__":
    np.savetxt(Path(__file__).with_name("half_face.csv"), measured(), fmt="%.3f", delimiter=",")
