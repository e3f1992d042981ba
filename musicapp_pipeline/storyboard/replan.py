"""Planning again without losing what was paid for: scenes with takes stay, gaps are filled."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.errors import BadCut
from musicapp_pipeline.storyboard.model import (
    KeptScene,
    PlannedScene,
    PlannerOptions,
    Said,
    TimedLine,
)
from musicapp_pipeline.storyboard.plan import plan_with_kept
from musicapp_pipeline.timebase import Frames, frame_at

__all__ = ["KeptScene", "replan_around", "replan_whole"]


def replan_around(
    kept: Sequence[KeptScene],
    analysis: SongAnalysis,
    lines: Sequence[TimedLine],
    options: PlannerOptions,
) -> tuple[PlannedScene, ...]:
    """Plan the song around scenes that stay: the new scenes of ``replan_whole``."""
    starts = {scene.start_frame for scene in kept}
    plan = replan_whole(kept, analysis, lines, options)
    return tuple(scene for scene in plan if scene.start_frame not in starts)


def replan_whole(
    kept: Sequence[KeptScene],
    analysis: SongAnalysis,
    lines: Sequence[TimedLine],
    options: PlannerOptions,
    said: Mapping[tuple[Frames, Frames], Said] | None = None,
) -> tuple[PlannedScene, ...]:
    """Plan the song around scenes that stay.

    Their cuts become cuts of the plan; section starts that fall into one of them, or so close
    that no scene fits between, are given up. A kept scene that reaches over the song's end (a
    new, shorter master) counts up to there; one that lies behind it is ignored.

    Args:
        kept: in any order; may be empty, then this is ``plan_scenes``.
        said: what a person set in other scenes, by their frames; it binds where the plan has
            exactly such a scene.

    Returns:
        Scenes that tile the song, ascending, the kept ones among them: the words, section and
        energy of those are what lies under them now. A gap shorter than a scene should be is one
        short scene.

    Raises:
        BadCut: when two kept scenes overlap, or one has no frames.
    """
    total = frame_at(analysis.duration, options.fps)
    inside = sorted((s for s in kept if s.start_frame < total), key=lambda s: s.start_frame)
    _check(inside)
    return plan_with_kept(analysis, lines, options, [_until(s, total) for s in inside], said)


def _until(scene: KeptScene, total: Frames) -> KeptScene:
    if scene.end_frame <= total:
        return scene
    return scene.model_copy(update={"end_frame": total})


def _check(kept: Sequence[KeptScene]) -> None:
    for scene in kept:
        if scene.end_frame <= scene.start_frame:
            raise BadCut(
                f"scene {scene.id!r} ends at frame {scene.end_frame}, not after its start"
                f" {scene.start_frame}",
                field="endFrame",
                value=scene.end_frame,
                allowed=f"more than {scene.start_frame}",
            )
    for before, after in pairwise(kept):
        if after.start_frame < before.end_frame:
            raise BadCut(
                f"scenes {before.id!r} (to frame {before.end_frame}) and {after.id!r} (from frame"
                f" {after.start_frame}) overlap; keep one of them",
                field="startFrame",
                value=after.start_frame,
                allowed=f"at least {before.end_frame}",
            )
