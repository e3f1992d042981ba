"""Editing cuts by hand: split and merge scenes, always on the song's own cut points."""

from typing import Final, Protocol

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.clips import clip_seconds_for, longest_scene, shortest_scene
from musicapp_pipeline.storyboard.cuts import map_cuts
from musicapp_pipeline.storyboard.errors import BadCut
from musicapp_pipeline.storyboard.model import Interval, PlannerOptions
from musicapp_pipeline.storyboard.points import CutPoint
from musicapp_pipeline.storyboard.score import PLACE_COST
from musicapp_pipeline.timebase import Frames

OFF_MIDDLE_COST: Final = 4.0
"""A cut at the very end of a scene costs this much more than one in its middle."""


class Placed(Protocol):
    """Anything that lies on the timeline: a planned scene, a stored one, an interval."""

    @property
    def start_frame(self) -> int: ...
    @property
    def end_frame(self) -> int: ...
    @property
    def start_time(self) -> float: ...
    @property
    def end_time(self) -> float: ...


def split_scene(
    scene: Placed, analysis: SongAnalysis, options: PlannerOptions, at: float | None = None
) -> tuple[Interval, Interval]:
    """Two scenes for one, cut on a beat.

    Args:
        at: seconds in the song; the cut goes to the nearest beat inside the scene. Without it
            the strongest beat near the middle is taken.

    Raises:
        BadCut: when there is no beat inside that leaves both halves long enough to be seen.
    """
    least = max(1, shortest_scene(options) // 2)
    inside = [
        point
        for point in map_cuts(analysis, options).points
        if scene.start_frame + least <= point.frame <= scene.end_frame - least
    ]
    if not inside:
        raise BadCut(
            f"the scene from {scene.start_time:.2f} to {scene.end_time:.2f} s has no beat at"
            f" which both halves would last {float(least / options.fps):.2f} s; it stays whole",
            field="at",
            value=at,
            allowed="a scene with a beat inside",
        )
    cut = min(inside, key=lambda point: _split_cost(point, scene, at))
    return (
        interval(scene.start_frame, cut.frame, scene.start_time, cut.time, options),
        interval(cut.frame, scene.end_frame, cut.time, scene.end_time, options),
    )


def _split_cost(point: CutPoint, scene: Placed, at: float | None) -> tuple[float, Frames]:
    if at is not None:
        return abs(point.time - at), point.frame
    middle = (scene.start_frame + scene.end_frame) / 2
    off = abs(point.frame - middle) / max(1, scene.end_frame - scene.start_frame)
    return PLACE_COST[point.grade] + OFF_MIDDLE_COST * off, point.frame


def merge_scenes(first: Placed, second: Placed, options: PlannerOptions) -> Interval:
    """One scene for two neighbours.

    Raises:
        BadCut: when they are not neighbours, or together longer than a scene may be.
    """
    if first.end_frame != second.start_frame:
        raise BadCut(
            f"a scene that ends at frame {first.end_frame} and one that starts at frame"
            f" {second.start_frame} are no neighbours; merge scenes that follow each other",
            field="scenes",
            value=second.start_frame,
            allowed=first.end_frame,
        )
    frames, longest = second.end_frame - first.start_frame, longest_scene(options)
    if frames > longest:
        raise BadCut(
            f"together the scenes last {frames} frames, more than the {longest} of the longest"
            " scene; raise clipSeconds or merge shorter ones",
            field="scenes",
            value=frames,
            allowed=f"at most {longest} frames",
        )
    return interval(first.start_frame, second.end_frame, first.start_time, second.end_time, options)


def interval(
    start: Frames,
    end: Frames,
    start_time: float,
    end_time: float,
    options: PlannerOptions,
) -> Interval:
    """A scene from cut to cut, and the clip that covers it."""
    return Interval(
        start_frame=start,
        end_frame=end,
        start_time=start_time,
        end_time=end_time,
        clip_seconds=clip_seconds_for(end - start, options),
    )
