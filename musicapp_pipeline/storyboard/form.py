"""The song's form on its beats: sections with edges that can be cut, and bars counted in them."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from musicapp_pipeline.analysis.model import Section, SongAnalysis
from musicapp_pipeline.storyboard.clips import shortest_scene
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.points import CutPoint, Grade, period_near
from musicapp_pipeline.timebase import Frames, frame_at

ON_THE_BEAT = 0.08
"""Seconds within which a section boundary is already on a beat."""


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


def parts_of(
    analysis: SongAnalysis, points: Sequence[CutPoint], options: PlannerOptions
) -> tuple[Part, ...]:
    """The song's sections, their edges moved onto cut points.

    A boundary goes to its own beat, a downbeat within one beat, or the nearest point. Slivers
    shorter than half of the shortest scene join a neighbour.
    """
    starts = _boundaries(analysis, points, options)
    ends = [start.cut for start in starts[1:]] + [points[-1]]
    parts: list[Part] = []
    seen: dict[str, int] = {}
    for start, end in zip(starts, ends, strict=True):
        occurrence = seen.get(start.type, 0)
        seen[start.type] = occurrence + 1
        parts.append(Part(start.name, start.type, start.cut, end, occurrence, start.moved))
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class _Start:
    cut: CutPoint
    name: str
    type: str
    moved: float = 0.0


def _boundaries(
    analysis: SongAnalysis, points: Sequence[CutPoint], options: PlannerOptions
) -> list[_Start]:
    sections = sorted(
        (s for s in analysis.sections if isfinite(s.start_time)), key=lambda s: s.start_time
    )
    sections = [s for s in sections if s.start_time < analysis.duration]
    first = sections[0] if sections else Section(name="song", type="", start_time=0, end_time=0)
    out = [_Start(points[0], first.name, first.type)]
    sliver = max(1, shortest_scene(options) // 2)
    snap = _Snapper(points, analysis)
    for section in sections[1:]:
        cut = snap(section.start_time)
        if cut.frame - out[-1].cut.frame < sliver:
            # Two boundaries on one cut: the later section is the one that is heard from here.
            moved = out[-1].cut.time - section.start_time if len(out) > 1 else 0.0
            out[-1] = replace(out[-1], name=section.name, type=section.type, moved=moved)
        elif points[-1].frame - cut.frame >= sliver:
            out.append(_Start(cut, section.name, section.type, cut.time - section.start_time))
    return out


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
        beat = period_near(time, self._beats)
        if self._bars and beat is not None:
            bar = _nearest(self._bars, self._bar_times, time)
            if abs(bar.time - time) <= beat:
                return bar
        return near


def _nearest(points: Sequence[CutPoint], times: Sequence[float], time: float) -> CutPoint:
    k = bisect_left(times, time)
    return min(points[max(0, k - 1) : k + 1], key=lambda p: (abs(p.time - time), p.time))


def grade_bars(
    points: Sequence[CutPoint],
    parts: Sequence[Part],
    analysis: SongAnalysis,
    options: PlannerOptions,
) -> tuple[CutPoint, ...]:
    """Points with section starts, phrases, bars and half bars marked.

    Phrases are counted in bars from the start of their part. Without detected downbeats, bars
    are counted in beats from there too.
    """
    downbeats = {frame_at(t, options.fps) for t in analysis.downbeats if isfinite(t)}
    at_zero = bool(analysis.beats) and frame_at(analysis.beats[0].time, options.fps) == 0
    counter = _BarCounter(downbeats, max(1, analysis.metre))
    if at_zero:
        # A bar that starts with the song is the first of its phrase, though no cut point.
        counter.grade(0)
    starts = {part.start.frame for part in parts[1:]}
    graded: list[CutPoint] = []
    for point in points:
        if point.frame in starts:
            counter.restart()
        grade = counter.grade(point.frame) if point.grade == Grade.BEAT else point.grade
        if point.frame in starts:
            grade = Grade.SECTION
        graded.append(replace(point, grade=grade, ground=point.grade))
    return tuple(graded)


class _BarCounter:
    """Knows, beat by beat, where in the phrase we are."""

    def __init__(self, downbeats: set[Frames], metre: int) -> None:
        self._downbeats = downbeats
        self._metre = metre
        self.restart()

    def restart(self) -> None:
        """A new part: its first bar is the first of its phrase."""
        self._bar = 0
        self._beat = 0
        self._in_bar = 0

    def grade(self, frame: Frames) -> Grade:
        """The grade of the beat at ``frame``; to be asked once a beat, in order."""
        counted = self._beat % self._metre == 0
        is_bar = frame in self._downbeats if self._downbeats else counted
        self._beat += 1
        self._in_bar = 0 if is_bar else self._in_bar + 1
        if is_bar:
            self._bar += 1
            return _phrase(self._bar - 1)
        even = self._metre % 2 == 0 and self._metre >= 4
        return Grade.HALF if even and self._in_bar == self._metre // 2 else Grade.BEAT


def _phrase(bar: int) -> Grade:
    if bar % 8 == 0:
        return Grade.PHRASE_8
    if bar % 4 == 0:
        return Grade.PHRASE_4
    return Grade.PHRASE_2 if bar % 2 == 0 else Grade.BAR
