"""The moments a cut may fall on: beats, and what stands in where none is heard."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from math import isfinite
from statistics import median

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.clips import longest_scene
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.timebase import Frames, frame_at


class Grade(IntEnum):
    """What a cut stands on, the strongest first."""

    EDGE = 0
    SECTION = 1
    PHRASE_8 = 2
    PHRASE_4 = 3
    PHRASE_2 = 4
    BAR = 5
    HALF = 6
    BEAT = 7
    ONSET = 8
    COUNTED = 9
    CLOCK = 10
    KEPT = 11
    """The edge of a scene that stays."""
    PLACED = 12
    """A cut that is on none of these."""


@dataclass(frozen=True, slots=True)
class CutPoint:
    """A moment a cut may fall on; ``strength`` 0 to 1 says how clearly it is heard.

    ``ground`` is what lies under a section start or bar: a beat, or what stands in for one.
    """

    time: float
    frame: Frames
    grade: Grade
    strength: float = 0.5
    ground: Grade = Grade.BEAT


def points_of(analysis: SongAnalysis, total: Frames, options: PlannerOptions) -> list[CutPoint]:
    """Beats between the song's two ends; where they leave a stretch longer than a scene may be,
    onsets; where those do too, the beat counted on from its neighbours, or plain time.

    Returns:
        Points ascending by frame, one a frame, neighbours at most the longest scene apart.
    """
    fps = options.fps
    beats = _inside(
        (
            CutPoint(b.time, frame_at(b.time, fps), Grade.BEAT, _unit(b.strength))
            for b in analysis.beats
            if isfinite(b.time)
        ),
        total,
    )
    edges = (
        CutPoint(0.0, 0, Grade.EDGE, 1.0),
        CutPoint(analysis.duration, total, Grade.EDGE, 1.0),
    )
    return _fill_gaps([edges[0], *beats, edges[1]], _onsets(analysis, total, options), options)


def period_near(time: float, beats: Sequence[float]) -> float | None:
    """The median beat length around ``time`` in seconds, if at least four beats tell it."""
    k = bisect_left(beats, time)
    steps = [b - a for a, b in pairwise(beats[max(0, k - 8) : k + 8])]
    period = median(steps) if len(steps) >= 3 else 0.0
    return period if 0.2 <= period <= 2.5 else None


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0) if isfinite(value) else 0.0


def _inside(points: Iterable[CutPoint], total: Frames) -> list[CutPoint]:
    """Points strictly inside the song, ascending, one a frame."""
    by_frame: dict[Frames, CutPoint] = {}
    for point in points:
        if 0 < point.frame < total:
            by_frame.setdefault(point.frame, point)
    return [by_frame[frame] for frame in sorted(by_frame)]


def _onsets(analysis: SongAnalysis, total: Frames, options: PlannerOptions) -> list[CutPoint]:
    times, strengths = analysis.onsets, analysis.onset_strengths
    if len(strengths) != len(times):
        strengths = (0.5,) * len(times)
    return _inside(
        (
            CutPoint(t, frame_at(t, options.fps), Grade.ONSET, _unit(s))
            for t, s in zip(times, strengths, strict=True)
            if isfinite(t)
        ),
        total,
    )


def _fill_gaps(
    points: Sequence[CutPoint], onsets: Sequence[CutPoint], options: PlannerOptions
) -> list[CutPoint]:
    longest = longest_scene(options)
    beats = [p.time for p in points if p.grade == Grade.BEAT]
    onset_frames = [p.frame for p in onsets]
    filled = [points[0]]
    for left, right in pairwise(points):
        if right.frame - left.frame > longest:
            first = bisect_right(onset_frames, left.frame)
            heard = onsets[first : bisect_left(onset_frames, right.frame)]
            for a, b in pairwise([left, *heard, right]):
                if b.frame - a.frame > longest:
                    filled.extend(_invented(a, b, beats, longest, options))
                filled.append(b)
        else:
            filled.append(right)
    return filled


def _invented(
    left: CutPoint,
    right: CutPoint,
    beats: Sequence[float],
    longest: Frames,
    options: PlannerOptions,
) -> list[CutPoint]:
    """Points between two far neighbours: the beat counted on from ``left``, or the clock."""
    span = right.frame - left.frame
    period = period_near(left.time, beats)
    if left.grade == Grade.BEAT and period is not None:
        # A very slow beat is counted in halves, where a scene may not last a whole one.
        while period * options.fps > longest - 1 and period > 2 / options.fps:
            period /= 2
        count = int((right.time - left.time) / period)
        times = [left.time + k * period for k in range(1, count + 1)]
        counted = (CutPoint(t, frame_at(t, options.fps), Grade.COUNTED, 0.2) for t in times)
        return [p for p in counted if left.frame < p.frame < right.frame]
    # Eighths of the longest clip, in whole frames, so that a scene can fill its clip exactly.
    steps = {(longest * k) // 8 for k in range(1, span * 8 // longest + 1)}
    return [
        CutPoint(float(frame / options.fps), frame, Grade.CLOCK, 0.0)
        for frame in sorted(left.frame + step for step in steps if 0 < step < span)
    ]
