"""A first automatic score of a clip: is it sharp, well exposed, steady, free of blocks, alive?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.assembly.errors import BadClip
from musicapp_pipeline.assembly.picture import (
    WORK_WIDTH,
    Luma,
    block_edges,
    exposure,
    is_black,
    sharpness,
)
from musicapp_pipeline.media.errors import MediaError
from musicapp_pipeline.media.probe import moving_picture, open_media

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_SPARSE_WIDTH = 160
_EIGHT_BIT_LUMA = ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12")
_FULL_RANGE = 2
_STILL = 0.12
_STILL_ALLOWED = 0.05
_JUDGED = 16
_EDGES_UNSEEN = 0.2
"""Levels of luma; clean encodes of photographs stay below, one level more is plain to see."""
_WEIGHTS = {"sharpness": 0.35, "exposure": 0.2, "contrast": 0.1, "flicker": 0.2, "blockiness": 0.15}
_LEAST = 0.02


@dataclass(frozen=True)
class QualityReport:
    """All values 0 to 1. Of the first six, 1 is best; ``black`` and ``frozen`` are shares of time.

    ``flicker`` 1 means steady and ``blockiness`` 1 means no blocks.
    """

    score: float
    sharpness: float
    exposure: float
    flicker: float
    blockiness: float
    contrast: float
    black: float
    frozen: float
    frames: int


def quality_score(video: Path) -> QualityReport:
    """Judge a clip without a reference.

    Every frame is decoded and looked at small (brightness, change); sixteen spread over the clip
    are looked at closely. The score is a weighted geometric mean, times the share that is neither
    black nor frozen: one bad property is not made up for by the others.

    Raises:
        BadClip: no frame can be decoded.
    """
    seen = _measure(video)
    if not seen.black:
        raise BadClip(f"{video.name} holds no frame that can be decoded", value=video.name)
    close = seen.close
    parts = {
        "sharpness": float(np.median([sharpness(luma) for luma, _ in close])),
        "exposure": float(np.mean([exposure(luma) for luma, _ in close])),
        "contrast": min(float(np.median([luma.std() for luma, _ in close])) / 40, 1.0),
        "flicker": _steadiness(np.array(seen.shifts)),
        "blockiness": _smoothness([edges for _, edges in close]),
    }
    base = float(np.exp(sum(w * np.log(max(parts[k], _LEAST)) for k, w in _WEIGHTS.items())))
    black_share = float(np.mean(seen.black))
    frozen = float(np.mean(np.array(seen.changes) < _STILL)) if seen.changes else 0.0
    score = base * (1 - black_share) * (1 - max(frozen - _STILL_ALLOWED, 0.0))
    return QualityReport(
        score=round(score, 4),
        sharpness=round(parts["sharpness"], 4),
        exposure=round(parts["exposure"], 4),
        flicker=round(parts["flicker"], 4),
        blockiness=round(parts["blockiness"], 4),
        contrast=round(parts["contrast"], 4),
        black=round(black_share, 4),
        frozen=round(frozen, 4),
        frames=len(seen.black),
    )


@dataclass
class _Seen:
    """What passed by: each frame's blackness, the step to the next, and a close look at some."""

    black: list[bool] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    """Mean absolute difference to the frame before."""
    shifts: list[float] = field(default_factory=list)
    """Median difference to the frame before: light that changes, not things that move."""
    close: list[tuple[Luma, float]] = field(default_factory=list)
    """A picture at working width, and its block edges at full size."""


def _measure(video: Path) -> _Seen:
    seen = _Seen()
    before: Luma | None = None
    for index, (frame, wanted) in enumerate(_frames(video)):
        small = _sparse(frame)
        seen.black.append(is_black(small))
        if before is not None:
            step = small - before
            seen.changes.append(float(np.abs(step).mean()))
            seen.shifts.append(float(np.median(step)))
        before = small
        if index in wanted:
            seen.close.append((_luma(frame, WORK_WIDTH), block_edges(_luma(frame, None))))
    return seen


def _frames(video: Path) -> "Iterator[tuple[VideoFrame, frozenset[int]]]":
    """Decoded frames, each with the set of indices that are to be looked at closely."""
    import av

    try:
        with open_media(video) as container:
            stream = moving_picture(container)
            if stream is None:
                return
            stream.thread_type = "AUTO"
            count = max(stream.frames or _JUDGED, 1)
            wanted = frozenset((2 * i + 1) * count // (2 * _JUDGED) for i in range(_JUDGED))
            for frame in container.decode(stream):
                yield frame, wanted
    except MediaError as error:
        raise BadClip(error.message, value=video.name) from error
    except av.error.FFmpegError:
        # A clip that breaks off is judged by what came before; the check of its length is not ours.
        return


def _sparse(frame: "VideoFrame") -> Luma:
    """About 160 x 90 points of the luma, 0 to 255. Reads every n-th point and converts nothing:
    judging every frame then costs little more than decoding it."""
    step = max(frame.width // _SPARSE_WIDTH, 1)
    if frame.format.name not in _EIGHT_BIT_LUMA:
        return _luma(frame, None)[::step, ::step]
    plane = frame.planes[0]
    points = np.frombuffer(bytes(plane), np.uint8).reshape(frame.height, plane.line_size)
    luma: Luma = points[::step, : frame.width : step].astype(np.float32)
    if frame.color_range != _FULL_RANGE:
        luma = (luma - np.float32(16)) * np.float32(255 / 219)
    return luma


def _luma(frame: "VideoFrame", width: int | None) -> Luma:
    if width is None or width >= frame.width:
        array = frame.to_ndarray(format="gray")
    else:
        height = max(round(frame.height * width / frame.width), 16)
        array = frame.to_ndarray(format="gray", width=width, height=height, interpolation="AREA")
    return array.astype(np.float32)


def _steadiness(shifts: NDArray[np.float64]) -> float:
    """1 when brightness changes smoothly; the sharpest tenth of jumps (cuts) is forgiven."""
    if shifts.size < 2:
        return 1.0
    bends = np.sort(np.abs(np.diff(shifts)))
    kept = bends[: max(int(bends.size * 0.9), 1)]
    return float(np.clip(1 - kept.mean() / 4, 0, 1))


def _smoothness(edges: list[float]) -> float:
    return float(np.clip(1 - (np.median(edges) - _EDGES_UNSEEN), 0, 1))
