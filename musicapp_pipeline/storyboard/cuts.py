"""The map of a song on which cuts are chosen."""

from dataclasses import dataclass
from math import isfinite

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.errors import NothingToPlan
from musicapp_pipeline.storyboard.form import Part, grade_bars, parts_of
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.points import CutPoint, points_of
from musicapp_pipeline.timebase import Frames, frame_at


@dataclass(frozen=True, slots=True)
class CutMap:
    """All cut points, ascending by frame, the song's parts, and the frames that must be cuts."""

    points: tuple[CutPoint, ...]
    parts: tuple[Part, ...]
    forced: frozenset[Frames]


def map_cuts(analysis: SongAnalysis, options: PlannerOptions) -> CutMap:
    """Every place a cut may fall, from frame 0 to ``frame_at(duration)``.

    Raises:
        NothingToPlan: when the song is shorter than one frame.
        BadPlannerOptions: when the model sells no duration.
    """
    duration = analysis.duration
    total = frame_at(duration, options.fps) if isfinite(duration) and duration > 0 else 0
    if total < 1:
        raise NothingToPlan(
            f"the song lasts {duration} s, less than one frame at {options.fps} fps;"
            " give a longer recording",
            field="duration",
            value=duration,
            allowed="at least one frame",
        )
    if not analysis.has_beat:
        analysis = analysis.model_copy(update={"beats": (), "downbeats": ()})
    points = points_of(analysis, total, options)
    parts = parts_of(analysis, points, options)
    forced = frozenset({0, total, *(part.start.frame for part in parts)})
    return CutMap(grade_bars(points, parts, analysis, options), parts, forced)
