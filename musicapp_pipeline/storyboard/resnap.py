"""Moving a storyboard onto edited beats, with paid scenes where they are."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.clips import shelf_of
from musicapp_pipeline.storyboard.cuts import map_cuts
from musicapp_pipeline.storyboard.edits import Placed
from musicapp_pipeline.storyboard.errors import BadCut
from musicapp_pipeline.storyboard.form import Part
from musicapp_pipeline.storyboard.model import Interval, PlannerOptions
from musicapp_pipeline.timebase import Frames

REACH: Final = 12
"""How many cut points to each side a cut may move."""
OFF_SECTION: Final = 1_000_000
"""What it costs, in frames moved, when a cut that opened a section does not open it any more."""
SAME_SECTION: Final = 1.0
"""Seconds within which a section of two analyses begins at the same moment."""


@dataclass(frozen=True, slots=True)
class _Cut:
    frame: Frames
    time: float


def resnap(
    scenes: Sequence[Placed],
    analysis: SongAnalysis,
    options: PlannerOptions,
    keep: Collection[int] = (),
    before: SongAnalysis | None = None,
) -> tuple[Interval, ...]:
    """Move the cuts onto the beats of an edited analysis, each as little as possible.

    Args:
        scenes: the song's scenes in their order, each starting where the one before ends.
        keep: positions in ``scenes`` (from 0) whose two cuts stay, because takes were paid.
        before: the analysis that the cuts were made for; a cut that opened one of its sections
            goes to where that section begins now.

    Returns:
        As many intervals as there are scenes. The first starts at frame 0 and the last ends with
        the song. Other cuts that are on a beat already do not move.

    Raises:
        BadCut: when the scenes do not join, or the new beats allow no such cut; then the
            storyboard has to be generated again around the kept scenes.
    """
    for left, right in pairwise(scenes):
        if left.end_frame != right.start_frame:
            raise BadCut(
                f"scenes do not join at frames {left.end_frame} and {right.start_frame};"
                " give all scenes of the song in order",
                field="scenes",
                value=right.start_frame,
                allowed=left.end_frame,
            )
    opened = {} if before is None else _openings(before, analysis, options)
    return _Snap(scenes, analysis, options, frozenset(keep), opened).intervals()


def _openings(
    before: SongAnalysis, after: SongAnalysis, options: PlannerOptions
) -> dict[Frames, Frames]:
    """Where the cut that opens a section is, and where it has to go."""
    new = [(part.start.time - part.moved, part.start.frame) for part in _parts(after, options)]
    found = {}
    for part in _parts(before, options):
        heard = part.start.time - part.moved
        time, frame = min(new, key=lambda opening: abs(opening[0] - heard), default=(heard, None))
        if frame is not None and abs(time - heard) <= SAME_SECTION:
            found[part.start.frame] = frame
    return found


def _parts(analysis: SongAnalysis, options: PlannerOptions) -> tuple[Part, ...]:
    return map_cuts(analysis, options).parts[1:]


class _Snap:
    """The least movement that puts every free cut onto a cut point and keeps lengths legal."""

    def __init__(
        self,
        scenes: Sequence[Placed],
        analysis: SongAnalysis,
        options: PlannerOptions,
        keep: frozenset[int],
        opened: Mapping[Frames, Frames],
    ) -> None:
        self._scenes = scenes
        self._opened = opened
        self._shelf = shelf_of(options)
        self._keep = keep
        self._points = map_cuts(analysis, options).points
        self._frames = [point.frame for point in self._points]

    def intervals(self) -> tuple[Interval, ...]:
        return tuple(
            Interval(
                start_frame=a.frame,
                end_frame=b.frame,
                start_time=a.time,
                end_time=b.time,
                # A scene that stays may be longer than what is on sale now.
                clip_seconds=self._shelf.clip_for(min(b.frame - a.frame, self._shelf.longest)),
            )
            for a, b in pairwise(self._least_moved())
        )

    def _choices(self, n: int) -> list[_Cut]:
        """Where cut ``n`` (before scene ``n``) may go."""
        last = len(self._scenes)
        old = (
            _Cut(self._scenes[n].start_frame, self._scenes[n].start_time)
            if n < last
            else _Cut(self._scenes[-1].end_frame, self._scenes[-1].end_time)
        )
        if n in self._keep or n - 1 in self._keep:
            return [old]
        if n in (0, last):
            end = self._points[0 if n == 0 else -1]
            return [_Cut(end.frame, end.time)]
        k = bisect_left(self._frames, old.frame)
        reach = {*range(max(1, k - REACH), min(len(self._points) - 1, k + REACH))}
        if old.frame in self._opened:
            reach.add(bisect_left(self._frames, self._opened[old.frame]))
        return [_Cut(self._points[i].frame, self._points[i].time) for i in sorted(reach)]

    def _moved(self, old: Frames, new: Frames) -> int:
        """How far, from where a cut should be, it is put."""
        home = self._opened.get(old)
        if home is None:
            return abs(new - old)
        return OFF_SECTION * (new != home) + abs(new - home)

    def _legal(self, n: int, frames: Frames) -> bool:
        """Whether scene ``n`` may last ``frames``; one that was short before may stay so."""
        if n in self._keep:
            return True
        least = max(1, min(self._shelf.shortest // 2, _length(self._scenes[n])))
        return least <= frames <= self._shelf.longest

    def _least_moved(self) -> list[_Cut]:
        # For each place of the current cut: how far all cuts up to it moved, and their path.
        best: dict[_Cut, tuple[int, list[_Cut]]] = {cut: (0, [cut]) for cut in self._choices(0)}
        for n, scene in enumerate(self._scenes):
            after: dict[_Cut, tuple[int, list[_Cut]]] = {}
            for cut in self._choices(n + 1):
                moved = self._moved(scene.end_frame, cut.frame)
                ways = [
                    (cost + moved, path)
                    for start, (cost, path) in best.items()
                    if self._legal(n, cut.frame - start.frame)
                ]
                if ways:
                    cost, path = min(ways, key=lambda way: way[0])
                    after[cut] = (cost, [*path, cut])
            if not after:
                raise self._no_way(n)
            best = after
        return min(best.values(), key=lambda way: way[0])[1]

    def _no_way(self, n: int) -> BadCut:
        scene = self._scenes[n]
        return BadCut(
            f"scene {n + 1} ({scene.start_time:.2f} to {scene.end_time:.2f} s) cannot be put onto"
            " the new beats without becoming too short or too long; generate the storyboard"
            " again, scenes with takes will stay",
            field="scenes",
            value=n,
        )


def _length(scene: Placed) -> Frames:
    return scene.end_frame - scene.start_frame
