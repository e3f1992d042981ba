"""What lies under scenes whose cuts a person moved: their section, words, energy and reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.cuts import map_cuts
from musicapp_pipeline.storyboard.edits import Placed
from musicapp_pipeline.storyboard.energy import EnergyTrack
from musicapp_pipeline.storyboard.layout import part_at
from musicapp_pipeline.storyboard.lyrics import LineTrack
from musicapp_pipeline.storyboard.model import PlannerOptions, TimedLine
from musicapp_pipeline.storyboard.points import CutPoint, Grade
from musicapp_pipeline.storyboard.why import explain
from musicapp_pipeline.timebase import Frames


@dataclass(frozen=True, slots=True)
class Under:
    """What a scene's interval of the song says about it; the names are those of a scene."""

    section: str
    section_type: str
    lyrics: str
    energy: float
    why: str


def under(
    scenes: Sequence[Placed],
    analysis: SongAnalysis,
    lines: Sequence[TimedLine],
    options: PlannerOptions,
    kept: Collection[Frames] = (),
) -> tuple[Under, ...]:
    """What a plan with exactly these cuts would say.

    Args:
        scenes: ascending and apart.
        kept: frames at which scenes that stay begin or end.

    Returns:
        One entry a scene.
    """
    cuts = map_cuts(analysis, options)
    own = {point.frame: point for point in cuts.points}
    energy = EnergyTrack(analysis.energy_curve, analysis.duration)
    sung = LineTrack(lines, analysis.duration)
    words = sung.texts_of([(scene.start_time, scene.end_time) for scene in scenes])
    found = []
    for scene, text in zip(scenes, words, strict=True):
        start, end = (
            own.get(frame)
            or CutPoint(time, frame, Grade.KEPT if frame in kept else Grade.PLACED, 0.0)
            for frame, time in (
                (scene.start_frame, scene.start_time),
                (scene.end_frame, scene.end_time),
            )
        )
        part = part_at(cuts, start, end)
        mean = round(energy.mean(scene.start_time, scene.end_time), 4)
        why = explain(start, part, energy, sung)
        found.append(Under(part.name, part.type, text, mean, why))
    return tuple(found)
