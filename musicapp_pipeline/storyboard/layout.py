"""From cut points to scenes: the cuts with the least musical cost that money allows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor

import numpy as np

from musicapp_pipeline.storyboard.clips import shelf_of
from musicapp_pipeline.storyboard.cuts import CutMap
from musicapp_pipeline.storyboard.dp import Ints, Steps, best_path, least_paid, steps_between
from musicapp_pipeline.storyboard.energy import EnergyTrack
from musicapp_pipeline.storyboard.form import Part
from musicapp_pipeline.storyboard.lyrics import LineTrack
from musicapp_pipeline.storyboard.model import KeptScene, PlannerOptions
from musicapp_pipeline.storyboard.points import CutPoint, Grade
from musicapp_pipeline.storyboard.score import scene_costs
from musicapp_pipeline.timebase import Frames


@dataclass(frozen=True, slots=True)
class Span:
    """A scene's interval, and the kept scene it is, if it is one."""

    start: CutPoint
    end: CutPoint
    part: Part
    kept: KeptScene | None = None

    @property
    def frames(self) -> Frames:
        return self.end.frame - self.start.frame


def lay_out(
    cuts: CutMap,
    energy: EnergyTrack,
    lines: LineTrack,
    options: PlannerOptions,
    kept: Sequence[KeptScene] = (),
) -> tuple[Span, ...]:
    """Cut the song.

    Args:
        kept: scenes that stay, ascending, apart from each other and inside the song.

    Returns:
        Spans that tile frame 0 to the last. What they pay together is at most
        ``1 / options.economy`` of the least with which the hard rules can be met.
    """
    cuts = _around_kept(cuts, options, kept)
    steps = legal_steps(cuts, options, kept)
    least = least_paid(steps)
    budget = floor(int(least[-1]) / options.economy + 1e-9)
    path = best_path(steps, scene_costs(steps, cuts, energy, lines, options), least, budget)
    by_start = {scene.start_frame: scene for scene in kept}
    points = [cuts.points[k] for k in path]
    return tuple(
        Span(start, end, part_at(cuts, start, end), by_start.get(start.frame))
        for start, end in pairwise(points)
    )


def legal_steps(cuts: CutMap, options: PlannerOptions, kept: Sequence[KeptScene] = ()) -> Steps:
    """The scenes that the hard rules allow: section and kept edges are cuts, lengths in bounds."""
    frames = [p.frame for p in cuts.points]
    forced = [k for k, frame in enumerate(frames) if frame in cuts.forced]
    index = {frame: k for k, frame in enumerate(frames)}
    fixed = {index[scene.end_frame]: index[scene.start_frame] for scene in kept}
    shelf = shelf_of(options)
    sold, holds = np.array(shelf.seconds), np.array(shelf.holds)

    def seconds_for(lengths: Ints) -> Ints:
        bought: Ints = sold[np.searchsorted(holds, lengths)]
        return bought

    return steps_between(frames, forced, fixed, (shelf.shortest, shelf.longest), seconds_for)


def part_at(cuts: CutMap, start: CutPoint, end: CutPoint) -> Part:
    """The part that the middle of an interval belongs to."""
    starts = [part.start.frame for part in cuts.parts]
    middle = (start.frame + end.frame) // 2
    return cuts.parts[max(0, bisect_right(starts, middle) - 1)]


def _around_kept(cuts: CutMap, options: PlannerOptions, kept: Sequence[KeptScene]) -> CutMap:
    """The map with kept scenes in it: their edges are points, nothing inside them is one, and
    section starts too close to them for a scene to fit are no forced cuts any more."""
    if not kept:
        return cuts
    sliver = max(1, shelf_of(options).shortest // 2)
    own = {p.frame: p for p in cuts.points}
    for scene in kept:
        for frame in [f for f in own if scene.start_frame < f < scene.end_frame]:
            del own[frame]
        for frame in (scene.start_frame, scene.end_frame):
            own.setdefault(frame, CutPoint(float(frame / options.fps), frame, Grade.KEPT, 0.0))
    edges = sorted(frame for scene in kept for frame in (scene.start_frame, scene.end_frame))
    free = {f for f in cuts.forced if f in own and _apart(f, edges, sliver)}
    points = tuple(own[frame] for frame in sorted(own))
    ends = {cuts.points[0].frame, cuts.points[-1].frame}
    return CutMap(points, cuts.parts, frozenset(free | ends | set(edges)))


def _apart(frame: Frames, edges: Sequence[Frames], sliver: Frames) -> bool:
    """Whether no scene that stays begins or ends just beside ``frame``."""
    k = bisect_left(edges, frame)
    return all(abs(edge - frame) >= sliver for edge in edges[max(0, k - 1) : k + 1])
