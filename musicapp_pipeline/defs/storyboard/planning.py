"""From a plan to scene rows without losing what was paid for or set by a person."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.storyboard.heirs import hand_down
from musicapp_pipeline.generation.port import Capabilities
from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline.store.models import Project, Scene
from musicapp_pipeline.storyboard.model import KeptScene, PlannedScene, PlannerOptions, Said, Shot

DIRECTED = frozenset({"idea", "mood", "shot"})
"""What a director has a say in."""


def planner_options(project: Project, capabilities: Capabilities) -> PlannerOptions:
    """What bounds this project's plan."""
    return PlannerOptions(
        fps=projects.fps_of(project),
        clip_seconds=project.clip_seconds,
        performance_density=project.performance_density,
        durations=capabilities.durations,
        seed=project.seed,
    )


def kept_of(session: Session, project_id: str) -> list[KeptScene]:
    """The scenes that stay as they are cut, because takes of them exist."""
    return [
        KeptScene(
            id=s.id,
            start_frame=s.start_frame,
            end_frame=s.end_frame,
            scene_type="performance" if s.scene_type == "performance" else "broll",
            idea=s.idea or None,
            shot=Shot.model_validate(s.shot) if s.shot else None,
        )
        for s in scenes.of_project(session, project_id)
        if scenes.has_takes(session, s.id)
    ]


def said_of(present: Sequence[Scene]) -> dict[tuple[int, int], Said]:
    """What a person has set of each scene's kind and picture, by its interval."""
    out = {}
    for scene in present:
        mine = {name: getattr(scene, name) for name in scenes.PICTURE.intersection(scene.edited)}
        if mine:
            mine |= {"scene_type": scene.scene_type, "idea": mine.get("idea") or None}
            out[_place(scene)] = Said.model_validate(mine)
    return out


def as_shown(plan: Sequence[PlannedScene], present: Sequence[Scene]) -> list[PlannedScene]:
    """The plan with the ideas, moods and shots that a person has set in scenes that stay."""
    rows = {_place(s): s for s in present}
    return [p.model_copy(update=_set(rows.get(_place(p)))) for p in plan]


def settled_of(
    plan: Sequence[PlannedScene], kept: Sequence[KeptScene], present: Sequence[Scene]
) -> set[int]:
    """Orders of the planned scenes of which no director's idea would be used."""
    bought = {k.start_frame for k in kept}
    mine = {_place(s) for s in present if set(s.edited) >= DIRECTED}
    return {p.order for p in plan if p.start_frame in bought or _place(p) in mine}


def shot_settled_of(plan: Sequence[PlannedScene], present: Sequence[Scene]) -> set[int]:
    """Orders of the planned scenes whose shot a person has set."""
    mine = {_place(s) for s in present if "shot" in s.edited}
    return {p.order for p in plan if _place(p) in mine}


def _set(scene: Scene | None) -> dict[str, Any]:
    if scene is None:
        return {}
    said = {name: getattr(scene, name) for name in DIRECTED.intersection(scene.edited)}
    if "shot" in said:
        said["shot"] = Shot.model_validate(said["shot"])
    return said


def sync_scenes(
    session: Session,
    project: Project,
    plan: Sequence[PlannedScene],
    kept: Sequence[KeptScene],
    capabilities: Capabilities,
) -> tuple[list[Scene], list[str]]:
    """Bring the rows to a plan that was made around ``kept``.

    A scene whose cuts the plan has keeps its row; what a person has set in it stays, and of one
    with takes all that was bought. The others are archived and new ones added, which take over
    what a person had set.

    Returns:
        The project's scenes in their order, and what a person should know of those that went.
    """
    present = scenes.of_project(session, project.id)
    size = capabilities.size_for(portrait=project.format == "portrait")
    bought = {k.id for k in kept}
    rows = {s.start_frame if s.id in bought else _place(s): s for s in present}
    follow = {p.order: rows.get(p.start_frame) or rows.get(_place(p)) for p in plan}
    staying = {s.id for s in follow.values() if s is not None}
    leaving = [scene for scene in present if scene.id not in staying]
    for scene in leaving:
        scenes.archive(session, scene)
    for planned in plan:
        row = follow[planned.order]
        if row is not None:
            changed = scenes.follow_plan(row, planned, taken=row.id in bought)
            if row.id not in bought and row.sora_size != size:
                row.sora_size, changed = size, True
            if changed or row.order != planned.order:
                row.order = planned.order
                row.revision += 1
                scenes.tell(session, row)
    fresh = [p for p in plan if follow[p.order] is None]
    added = scenes.add_planned(session, project, fresh, size=size)
    told = hand_down(leaving, added)
    rows_now = [*(s for s in follow.values() if s), *added]
    return sorted(rows_now, key=lambda s: s.start_frame), told


def _place(scene: Scene | PlannedScene) -> tuple[int, int]:
    return scene.start_frame, scene.end_frame
