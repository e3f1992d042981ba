"""Where the song may be cut: section boundaries, bars, beats, and what stands in for them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise
from math import isfinite
from statistics import median

from musicapp_pipeline.analysis.model import Section, SongAnalysis
from musicapp_pipeline.storyboard.clips import longest_scene, shortest_scene
from musicapp_pipeline.storyboard.errors import NothingToPlan
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.timebase import Frames, frame_at

ON_THE_BEAT = 0.08
"""Seconds within which a section boundary is already on a beat."""


class Grade(IntEnum):
    """What a cut stands on, the strongest first."""

    EDGE = 0
    SECTION = 1
    PHRASE_8 = 2
    PHRASE_4 = 3
    PHRASE_2 = 4
    BAR = 5
    BEAT = 6
    ONSET = 7
    COUNTED = 8
    CLOCK = 9


@dataclass(frozen=True, slots=True)
class CutPoint:
    """A moment a cut may fall on; ``strength`` 0 to 1 says how clearly it is heard."""

    time: float
    frame: Frames
    grade: Grade
    strength: float = 0.5
    ground: Grade = Grade.BEAT
    """What lies under a section start or bar: a beat, or what stands in for one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section between two forced cuts; ``occurrence`` counts parts of its type from 0."""

    name: str
    type: str
    start: CutPoint
    end: CutPoint
    occurrence: int
    moved: float = 0.0
    """Seconds by which the boundary at ``start`` was moved onto the beat."""


@dataclass(frozen=True, slots=True)
class CutMap:
    """All cut points, ascending by frame, and the parts whose edges must be cuts."""

    points: tuple[CutPoint, ...]
    parts: tuple[Part, ...]

    @property
    def total(self) -> Frames:
        return self.points[-1].frame


def map_cuts(analysis: SongAnalysis, options: PlannerOptions) -> CutMap:
    """Every place a cut may fall.

    Beats first; where there are none for longer than a scene may be, onsets; where those do not
    reach either, the beat counted on from its neighbours, or plain time.

    Returns:
        Points from frame 0 to ``frame_at(duration)``, neighbours never further apart than the
        longest scene.

    Raises:
        NothingToPlan: when the song is shorter than one frame.
    """
    duration = analysis.duration
    total = frame_at(duration, options.fps) if isfinite(duration) and duration > 0 else 0
    if total < 1:
        raise NothingToPlan(
            f"the song lasts {duration} s, less than one frame at {options.fps} fps",
            field="duration",
            value=duration,
            allowed="at least one frame",
        )
    edges = (CutPoint(0.0, 0, Grade.EDGE, 1.0), CutPoint(duration, total, Grade.EDGE, 1.0))
    beats = _inside(
        (
            CutPoint(b.time, frame_at(b.time, options.fps), Grade.BEAT, _unit(b.strength))
            for b in analysis.beats
            if isfinite(b.time)
        ),
        total,
    )
    points = _fill_gaps([edges[0], *beats, edges[1]], analysis, options)
    parts = _parts(analysis, points, options)
    return CutMap(_grade_bars(points, parts, analysis, options), parts)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0) if isfinite(value) else 0.0


def _inside(points: Iterable[CutPoint], total: Frames) -> list[CutPoint]:
    """Points strictly inside the song, ascending, one a frame."""
    by_frame: dict[Frames, CutPoint] = {}
    for point in points:
        if 0 < point.frame < total:
            by_frame.setdefault(point.frame, point)
    return [by_frame[frame] for frame in sorted(by_frame)]


def _fill_gaps(
    points: list[CutPoint], analysis: SongAnalysis, options: PlannerOptions
) -> list[CutPoint]:
    longest = longest_scene(options)
    strengths = analysis.onset_strengths
    onsets = [
        CutPoint(t, frame_at(t, options.fps), Grade.ONSET, _unit(s))
        for t, s in zip(
            analysis.onsets,
            strengths if len(strengths) == len(analysis.onsets) else [0.5] * len(analysis.onsets),
            strict=True,
        )
        if isfinite(t)
    ]
    beats = [p.time for p in points if p.grade == Grade.BEAT]
    total = points[-1].frame
    onsets = _inside(onsets, total)
    frames = [p.frame for p in onsets]
    filled = [points[0]]
    for left, right in pairwise(points):
        if right.frame - left.frame > longest:
            heard = onsets[bisect_right(frames, left.frame) : bisect_left(frames, right.frame)]
            for a, b in zip([left, *heard], [*heard, right], strict=True):
                if b.frame - a.frame > longest:
                    filled.extend(_invented(a, b, beats, options))
                filled.append(b)
        else:
            filled.append(right)
    return filled


def _invented(
    left: CutPoint, right: CutPoint, beats: Sequence[float], options: PlannerOptions
) -> list[CutPoint]:
    """Points between two far neighbours: the beat counted on from ``left``, or the clock."""
    period = _period_near(left.time, beats)
    if left.grade == Grade.BEAT and period is not None:
        count = int((right.time - left.time) / period)
        counted = [
            CutPoint(t, frame_at(t, options.fps), Grade.COUNTED, 0.2)
            for t in (left.time + k * period for k in range(1, count + 1))
        ]
        return [p for p in counted if left.frame < p.frame < right.frame]
    # An eighth of the longest clip, in whole frames, so that a scene can fill its clip exactly.
    longest, span = longest_scene(options), right.frame - left.frame
    frames = sorted(
        {left.frame + (longest * k) // 8 for k in range(1, span * 8 // longest + 1)} - {left.frame}
    )
    return [
        CutPoint(float(f / options.fps), f, Grade.CLOCK, 0.0) for f in frames if f < right.frame
    ]


def _period_near(time: float, beats: Sequence[float]) -> float | None:
    """The median beat length around ``time`` in seconds, if at least four beats tell it."""
    k = bisect_left(beats, time)
    near = beats[max(0, k - 8) : k + 8]
    steps = [b - a for a, b in pairwise(near)]
    period = median(steps) if len(steps) >= 3 else 0.0
    return period if 0.2 <= period <= 2.5 else None


def _parts(
    analysis: SongAnalysis, points: Sequence[CutPoint], options: PlannerOptions
) -> tuple[Part, ...]:
    starts = _boundaries(analysis, points, options)
    parts: list[Part] = []
    seen: dict[str, int] = {}
    ends = [start[0] for start in starts[1:]] + [points[-1]]
    for (start, name, kind, moved), end in zip(starts, ends, strict=True):
        parts.append(Part(name, kind, start, end, seen.get(kind, 0), moved))
        seen[kind] = seen.get(kind, 0) + 1
    return tuple(parts)


def _boundaries(
    analysis: SongAnalysis, points: Sequence[CutPoint], options: PlannerOptions
) -> list[tuple[CutPoint, str, str, float]]:
    """``(cut, name, type, moved)`` of each part; slivers no scene fits in join a neighbour."""
    sections = sorted((s for s in analysis.sections if isfinite(s.start_time)), key=_start)
    sections = [s for s in sections if s.start_time < analysis.duration]
    first = sections[0] if sections else None
    out = [(points[0], first.name if first else "song", first.type if first else "", 0.0)]
    sliver = max(1, shortest_scene(options) // 2)
    snap = _Snapper(points, analysis)
    for section in sections[1:]:
        cut = snap(section.start_time)
        entry = (cut, section.name, section.type, cut.time - section.start_time)
        if cut.frame - out[-1][0].frame < sliver:
            # Two boundaries on one cut: the later section is the one that is heard from here.
            out[-1] = (out[-1][0], section.name, section.type, out[-1][3])
        elif points[-1].frame - cut.frame >= sliver:
            out.append(entry)
    return out


def _start(section: Section) -> float:
    return section.start_time


class _Snapper:
    """Moves a time onto the grid: its own beat, a near downbeat, the nearest beat or point."""

    def __init__(self, points: Sequence[CutPoint], analysis: SongAnalysis) -> None:
        self._points = points
        self._times = [p.time for p in points]
        bars = {round(t, 4) for t in analysis.downbeats}
        self._bars = [p for p in points if round(p.time, 4) in bars]
        self._bar_times = [p.time for p in self._bars]
        self._beats = [p.time for p in points if p.grade == Grade.BEAT]

    def __call__(self, time: float) -> CutPoint:
        near = _nearest(self._points, self._times, time)
        if near.grade == Grade.BEAT and abs(near.time - time) <= ON_THE_BEAT:
            return near
        beat = _period_near(time, self._beats)
        if self._bars and beat is not None:
            bar = _nearest(self._bars, self._bar_times, time)
            if abs(bar.time - time) <= beat:
                return bar
        return near


def _nearest(points: Sequence[CutPoint], times: Sequence[float], time: float) -> CutPoint:
    k = bisect_left(times, time)
    around = points[max(0, k - 1) : k + 1]
    return min(around, key=lambda p: (abs(p.time - time), p.time))


def _grade_bars(
    points: Sequence[CutPoint],
    parts: Sequence[Part],
    analysis: SongAnalysis,
    options: PlannerOptions,
) -> tuple[CutPoint, ...]:
    """Mark section starts, and phrase starts counted in bars from the start of their part."""
    bars = {frame_at(t, options.fps) for t in analysis.downbeats if isfinite(t)}
    starts = {part.start.frame for part in parts[1:]}
    edges = [part.end.frame for part in parts]
    graded: list[CutPoint] = []
    part = 0
    # A bar that starts with the song is the first of its phrase, though no cut point.
    bar = beat = int(any(frame_at(b.time, options.fps) == 0 for b in analysis.beats[:1]))
    for point in points:
        if point.frame >= edges[min(part, len(edges) - 1)] and part < len(parts) - 1:
            part, bar, beat = part + 1, 0, 0
        grade = point.grade
        if grade == Grade.BEAT:
            # Without detected downbeats bars are counted from the start of the part.
            is_bar = point.frame in bars if bars else beat % max(1, analysis.metre) == 0
            beat += 1
            if is_bar:
                grade = _phrase(bar)
                bar += 1
        if point.frame in starts:
            grade = Grade.SECTION
        graded.append(replace(point, grade=grade, ground=point.grade))
    return tuple(graded)


def _phrase(bar: int) -> Grade:
    if bar % 8 == 0:
        return Grade.PHRASE_8
    if bar % 4 == 0:
        return Grade.PHRASE_4
    return Grade.PHRASE_2 if bar % 2 == 0 else Grade.BAR
