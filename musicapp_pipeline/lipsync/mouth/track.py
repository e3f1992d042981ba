"""A clip's landmarks over time: gaps, cuts, jitter, and where the mouth may be moved."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.mouth.landmarks import (
    CHIN,
    LEFT_CORNER,
    RIGHT_CORNER,
    Points,
    axes,
    yaw,
)

Flags = NDArray[np.bool_]
Weights = NDArray[np.float64]

MIN_SCALE = 28.0
"""Eye distance in pixels below which a mouth is a handful of pixels."""
FULL_SCALE = 60.0
MAX_YAW = 35.0
_JUMP = 0.45
"""A face that moves further than this (in eye distances) between frames is another shot."""
_FADE_FRAMES = 5
_SHORTEST_RUN = 6
_POSE_SIGMA, _SHAPE_SIGMA = 1.2, 0.6
_RIGID = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 234, 454)


@dataclass(frozen=True)
class Track:
    """Landmarks of every frame of a clip.

    Attributes:
        points: shape ``(frames, 478, 3)``, smoothed; NaN where there is no face.
        weight: how far the mouth may be moved in each frame, 0 (leave alone) to 1.
        visibility: how well the mouth can be seen in each frame, 0 to 1.
        reasons: why frames are not usable, with how many are concerned.
    """

    points: NDArray[np.float32]
    weight: Weights
    visibility: Weights
    reasons: dict[str, int]

    @property
    def usable(self) -> bool:
        """Whether there is anything to move."""
        return bool((self.weight > 0).any())


def build_track(found: Iterable[Points | None], width: int, height: int) -> Track:
    """Smooth the landmarks of a clip of ``width`` by ``height`` pixels and judge every frame."""
    raw = [
        np.full((478, 3), np.nan, np.float32) if p is None else np.asarray(p, np.float32)
        for p in found
    ]
    points = np.stack(raw) if raw else np.zeros((0, 478, 3), np.float32)
    visibility, reasons = np.zeros(len(points)), dict[str, int]()
    usable = np.zeros(len(points), np.bool_)
    for k, p in enumerate(points):
        visibility[k], reason = judge(p, width, height)
        usable[k] = not reason
        if reason:
            reasons[reason] = reasons.get(reason, 0) + 1
    shots = _shots(points)
    smooth = points.copy()
    weight = np.zeros(len(points))
    for start, end in shots:
        smooth[start:end] = _steadied(points[start:end])
        weight[start:end] = _faded(usable[start:end])
    return Track(smooth, weight, visibility, reasons)


def judge(points: NDArray[np.float32], width: int, height: int) -> tuple[float, str]:
    """How well a mouth can be seen, 0 to 1, and why it cannot be used (empty if it can)."""
    if np.isnan(points[0, 0]):
        return 0.0, "no face"
    p = points.astype(np.float64)
    scale, turned = axes(p).scale, abs(yaw(p))
    around = p[[LEFT_CORNER, RIGHT_CORNER, CHIN], :2]
    inside = bool((around > 0).all() and (around < (width, height)).all())
    size = float(np.clip(scale / FULL_SCALE, 0, 1))
    turn = float(np.clip(np.cos(np.radians(turned * 90 / 60)), 0, 1))
    visibility = size * turn * inside
    if not inside:
        return visibility, "mouth outside the picture"
    if scale < MIN_SCALE:
        return visibility, "face too small"
    if turned > MAX_YAW:
        return visibility, "face turned away"
    return visibility, ""


def _shots(points: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Runs of frames in which one face moves without jumps."""
    edges = {0, len(points)}
    for k, (before, after) in enumerate(pairwise(points), start=1):
        gone = np.isnan(before[0, 0]), np.isnan(after[0, 0])
        if gone[0] != gone[1]:
            edges.add(k)
        elif not gone[0]:
            moved = np.median(np.hypot(*(after - before)[:, :2].T))
            if moved > _JUMP * axes(before.astype(np.float64)).scale:
                edges.add(k)
    return list(pairwise(sorted(edges)))


def _steadied(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Zero-lag smoothing: the head's pose more, the face's own movement less.

    The pose is the similarity that carries the shot's mean face onto each frame's bony points.
    """
    from scipy.ndimage import gaussian_filter1d

    if len(points) < 3 or np.isnan(points[0, 0, 0]):
        return points
    flat = points[..., 0].astype(np.complex128) + 1j * points[..., 1]
    rigid = flat[:, _RIGID]
    centre = rigid.mean(axis=1)
    mean = (rigid - centre[:, None]).mean(axis=0)
    turn = ((rigid - centre[:, None]) @ mean.conj()) / float(np.vdot(mean, mean).real)
    own = (flat - centre[:, None]) / turn[:, None]
    centre = gaussian_filter1d(centre, _POSE_SIGMA, mode="nearest")
    turn = gaussian_filter1d(turn, _POSE_SIGMA, mode="nearest")
    own = gaussian_filter1d(own, _SHAPE_SIGMA, axis=0, mode="nearest")
    steady = own * turn[:, None] + centre[:, None]
    return np.stack([steady.real, steady.imag, points[..., 2]], axis=-1).astype(np.float32)


def _faded(usable: Flags) -> Weights:
    """Ramps from unusable frames; no ramp at the ends of a shot, where there is a cut anyway."""
    weight = np.zeros(len(usable))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], usable.astype(int), [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start < min(_SHORTEST_RUN, len(usable)):
            continue
        k = np.arange(start, end)
        since = k - start + 1 if start > 0 else np.full(k.size, _FADE_FRAMES)
        until = end - k if end < len(usable) else np.full(k.size, _FADE_FRAMES)
        ramp = np.clip(np.minimum(since, until) / _FADE_FRAMES, 0, 1)
        weight[start:end] = ramp * ramp * (3 - 2 * ramp)
    return weight
