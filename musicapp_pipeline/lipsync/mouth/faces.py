"""Following the most prominent face through a clip.

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

from musicapp_pipeline.lipsync.mouth.landmarks import Points, axes
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

    Raises:
        FaceTrackerUnavailable: on entering, if the landmark model cannot be started.
    """

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
        for boxes in _tiles(*bgr.shape[:2]):
            faces = [f for box in boxes if (f := largest_face(self._finder, bgr, box)) is not None]
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
    import cv2

    scale = _CROP_SIDE / box.side
    if scale < 0.5:
        # A warp skips pixels when it shrinks: average them first.
        step = 2 ** int(np.log2(1 / scale))
        small = cv2.resize(bgr, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
        found = largest_face(mesh, small, Box(box.x / step, box.y / step, box.side / step))
        return None if found is None else found * step
    place = np.array([[scale, 0, -box.x * scale], [0, scale, -box.y * scale]])
    crop = cv2.warpAffine(bgr, place, (_CROP_SIDE, _CROP_SIDE), borderMode=cv2.BORDER_REPLICATE)
    faces = mesh(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB))
    return max((f * box.side + (box.x, box.y, 0.0) for f in faces), key=_size, default=None)


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
        across = np.linspace(0, width - side, max(1, round(1.5 * width / side - 0.5)))
        down = np.linspace(0, height - side, max(1, 2 * parts - 1))
        yield [Box(float(x), float(y), side) for y in down for x in across]
