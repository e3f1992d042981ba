"""From a plan to scene rows without losing what was paid for."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.generation.port import Capabilities
from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline.store.models import Project, Scene
from musicapp_pipeline.storyboard.model import PlannedScene, PlannerOptions, Shot, TimedLine


def planner_options(project: Project, capabilities: Capabilities) -> PlannerOptions:
    """What bounds this project's plan."""
    return PlannerOptions(
        fps=projects.fps_of(project),
        clip_seconds=project.clip_seconds,
        performance_density=project.performance_density,
        durations=capabilities.durations,
        seed=project.seed,
    )


def sync_scenes(
    session: Session,
    project: Project,
    planned: Sequence[PlannedScene],
    analysis: SongAnalysis,
    lines: Sequence[TimedLine],
    options: PlannerOptions,
    capabilities: Capabilities,
) -> list[Scene]:
    """Scenes with takes stay as they are cut; the others are replaced by the new plan.

    Returns:
        The project's scenes in their order.
    """
    present = scenes.of_project(session, project.id)
    kept = [s for s in present if scenes.has_takes(session, s.id)]
    size = capabilities.size_for(portrait=project.format == "portrait")
    if _same(present, planned):
        for row, plan in zip(present, planned, strict=True):
            row.lyrics, row.energy = plan.lyrics, plan.energy
        return present
    for scene in present:
        if scene not in kept:
            scenes.archive(session, scene)
    fresh = list(planned)
    if kept:
        from musicapp_pipeline.storyboard.replan import KeptScene, replan_around

        anchors = [
            KeptScene(
                id=s.id,
                start_frame=s.start_frame,
                end_frame=s.end_frame,
                scene_type="performance" if s.scene_type == "performance" else "broll",
                idea=s.idea or None,
                shot=Shot.model_validate(s.shot) if s.shot else None,
            )
            for s in kept
        ]
        fresh = list(replan_around(anchors, analysis, lines, options))
    added = scenes.add_planned(session, project, fresh, size=size)
    rows = sorted([*kept, *added], key=lambda s: s.start_frame)
    for order, scene in enumerate(rows, start=1):
        scene.order = order
    return rows


def _same(present: Sequence[Scene], planned: Sequence[PlannedScene]) -> bool:
    """The same cuts and kinds: nothing has to move, and edits stay."""
    ours = [(s.start_frame, s.end_frame, s.clip_seconds) for s in present]
    return bool(present) and ours == [(p.start_frame, p.end_frame, p.clip_seconds) for p in planned]
