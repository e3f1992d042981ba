"""Following one face through a clip: the most prominent, or the one a person points at.

Landmarks are MediaPipe's face mesh (Kartynnik et al., 2019; attention mesh for the lips). Its own
detector misses faces narrower than about a tenth of the picture, so faces are looked for in tiles
too, and then followed in a crop around the face.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.model import MouthBox
from musicapp_pipeline.lipsync.mouth.landmarks import Points, axes, mouth_middle
from musicapp_pipeline.lipsync.mouth.mesh import FaceMesh

Bgr = NDArray[Any]

_CROP_SIDE = 384
"""Pixels of the crop given to the mesh, whose own input is 192."""
_CROP_IN_FACES = 2.2
"""Side of the crop in face sizes: room for the detector and for movement."""
_SEARCH_EVERY = 6
"""Frames between two searches of the whole picture while no face is known."""


@dataclass(frozen=True)
class Box:
    """A square window of the picture, pixels; it may reach outside."""

    x: float
    y: float
    side: float


class FaceTracker:
    """Finds landmarks frame after frame; use as a context manager, then call with frames.

    Args:
        mouth: only a face whose mouth is here will do, when a face is looked for; the largest
            otherwise.

    Raises:
        FaceTrackerUnavailable: on entering, if the landmark model cannot be started.
    """

    def __init__(self, mouth: MouthBox | None = None) -> None:
        self._mouth = mouth

    def __enter__(self) -> Self:
        self._finder = FaceMesh(still=True)
        self._follower = FaceMesh(still=False)
        self._box: Box | None = None
        self._unseen = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._finder.close()
        self._follower.close()

    def __call__(self, bgr: Bgr) -> Points | None:
        """Landmarks of shape ``(478, 3)`` in pixels, depth in the same unit; None if no face."""
        found = None
        if self._box is not None:
            found = largest_face(self._follower, bgr, self._box)
            if found is None:
                self._box, self._unseen = None, 0
            elif not _well_inside(found, self._box):
                self._follow(found)
        if found is None:
            if self._unseen % _SEARCH_EVERY == 0:
                found = self._search(bgr)
            self._unseen += 1
            if found is not None:
                self._follow(found)
        return found

    def _search(self, bgr: Bgr) -> Points | None:
        """The whole picture first, then ever smaller tiles: prominent faces come first."""
        height, width = bgr.shape[:2]
        for boxes in _tiles(height, width):
            faces = [face for box in boxes for face in faces_in(self._finder, bgr, box)]
            if self._mouth is not None:
                faces = [face for face in faces if _at(face, self._mouth, width, height)]
            if faces:
                return max(faces, key=_size)
        return None

    def _follow(self, points: Points) -> None:
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        side = float((high - low).max()) * _CROP_IN_FACES
        x, y = (low + high) / 2 - side / 2
        self._box = Box(float(x), float(y), side)
        self._follower.forget()


def largest_face(mesh: FaceMesh, bgr: Bgr, box: Box) -> Points | None:
    """The largest face in a window of the picture, in the picture's pixels."""
    return max(faces_in(mesh, bgr, box), key=_size, default=None)


def faces_in(mesh: FaceMesh, bgr: Bgr, box: Box) -> list[Points]:
    """The faces in a window of the picture, in the picture's pixels."""
    import cv2

    scale = _CROP_SIDE / box.side
    if scale < 0.5:
        # A warp skips pixels when it shrinks: average them first.
        step = 2 ** int(np.log2(1 / scale))
        small = cv2.resize(bgr, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
        smaller = Box(box.x / step, box.y / step, box.side / step)
        return [face * step for face in faces_in(mesh, small, smaller)]
    place = np.array([[scale, 0, -box.x * scale], [0, scale, -box.y * scale]])
    crop = cv2.warpAffine(bgr, place, (_CROP_SIDE, _CROP_SIDE), borderMode=cv2.BORDER_REPLICATE)
    faces = mesh(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB))
    return [face * box.side + (box.x, box.y, 0.0) for face in faces]


def _at(points: Points, mouth: MouthBox, width: int, height: int) -> bool:
    """Whether a face's mouth is in the box or next to it: people draw boxes roughly."""
    low = np.array([mouth.x * width, mouth.y * height])
    high = low + np.array([mouth.width * width, mouth.height * height])
    middle = mouth_middle(points)
    outside = np.maximum(np.maximum(low - middle, middle - high), 0)
    return bool(np.hypot(*outside) < 0.5 * _size(points))


def _well_inside(points: Points, box: Box) -> bool:
    """Whether the face is inside its crop with room to move, and of about the same size."""
    low = (points[:, :2].min(axis=0) - (box.x, box.y)) / box.side
    high = (points[:, :2].max(axis=0) - (box.x, box.y)) / box.side
    size = float((high - low).max()) * _CROP_IN_FACES
    return bool(low.min() > 0.06 and high.max() < 0.94 and 0.7 < size < 1.4)


def _size(points: Points) -> float:
    return axes(points).scale


def _tiles(height: int, width: int) -> Iterator[list[Box]]:
    whole = float(max(height, width))
    yield [Box((width - whole) / 2, (height - whole) / 2, whole)]
    for parts in (1, 2, 3):
        side = min(height, width) / parts
        across, down = _places(width, side), _places(height, side)
        yield [Box(x, y, side) for y in down for x in across]


def _places(length: int, side: float) -> list[float]:
    """Where windows begin that cover a length, overlapping by about a third."""
    count = int(np.ceil(1.5 * length / side - 0.5 - 1e-9))
    return [float(x) for x in np.linspace(0, length - side, count)]
