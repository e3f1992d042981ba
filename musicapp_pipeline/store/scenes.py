"""Scenes: from a plan to rows, and back again when the plan changes."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from musicapp_pipeline.store import events, ids
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import Project, Scene, SceneVersion, now
from musicapp_pipeline.storyboard.model import PlannedScene

PICTURE = frozenset({"scene_type", "idea", "shot"})
"""Belong together: what a performer does is no picture without one, and the other way round."""


def get(session: Session, scene_id: str, *, project_id: str | None = None) -> Scene:
    """A scene that is not archived; of ``project_id`` when that is given.

    Raises:
        NotFound
    """
    scene = session.get(Scene, scene_id)
    wrong_project = project_id is not None and scene is not None and scene.project_id != project_id
    if scene is None or scene.archived_at is not None or wrong_project:
        raise NotFound("scene", scene_id)
    return scene


def of_project(session: Session, project_id: str, *, versions: bool = False) -> list[Scene]:
    """The project's scenes in the order they are shown."""
    query = (
        select(Scene)
        .where(Scene.project_id == project_id, Scene.archived_at.is_(None))
        .order_by(Scene.order, Scene.start_frame)
    )
    if versions:
        query = query.options(selectinload(Scene.versions))
    return list(session.scalars(query))


def has_takes(session: Session, scene_id: str) -> bool:
    """Was anything ever asked for (and perhaps paid) for this scene?"""
    query = select(func.count(SceneVersion.id)).where(
        SceneVersion.scene_id == scene_id, SceneVersion.status != "cancelled"
    )
    return bool(session.scalar(query))


def pictures_set(rows: Iterable[Scene]) -> list[Any]:
    """What a person has set of kinds and pictures, and where: a plan follows from it."""
    found = []
    for scene in rows:
        mine = {name: getattr(scene, name) for name in PICTURE.intersection(scene.edited)}
        if mine:
            found.append([scene.start_frame, scene.end_frame, mine])
    return sorted(found, key=lambda entry: entry[:2])


def with_takes(session: Session, project_id: str) -> set[str]:
    """The ids of all scenes of a project for which something was ever asked."""
    query = select(SceneVersion.scene_id).where(
        SceneVersion.project_id == project_id, SceneVersion.status != "cancelled"
    )
    return set(session.scalars(query.distinct()))


def add_planned(
    session: Session, project: Project, planned: Sequence[PlannedScene], *, size: str
) -> list[Scene]:
    """Rows for planned scenes, numbered after those the project ever had."""
    count = session.scalar(select(func.count(Scene.id)).where(Scene.project_id == project.id)) or 0
    rows = []
    for number, plan in enumerate(planned, start=count + 1):
        scene = Scene(id=ids.scene_id(number), project_id=project.id, sora_size=size)
        write_plan(scene, plan)
        scene.lip_sync_enabled = plan.scene_type == "performance"
        session.add(scene)
        rows.append(scene)
    session.flush()
    return rows


def write_plan(scene: Scene, plan: PlannedScene) -> None:
    """Copy what was planned into a scene's row."""
    scene.order = plan.order
    scene.start_time, scene.end_time = plan.start_time, plan.end_time
    scene.start_frame, scene.end_frame = plan.start_frame, plan.end_frame
    scene.scene_type = plan.scene_type
    scene.section, scene.section_type = plan.section, plan.section_type
    scene.clip_seconds = plan.clip_seconds
    scene.energy, scene.mood, scene.lyrics = plan.energy, plan.mood, plan.lyrics
    scene.shot, scene.idea, scene.why = plan.shot.model_dump(), plan.idea, plan.why


SETTABLE = frozenset(
    {"scene_type", "section", "mood", "lyrics", "idea", "shot", "lip_sync_enabled"}
)
"""Planned fields that a person can set."""


def follow_plan(scene: Scene, plan: PlannedScene, *, taken: bool) -> bool:
    """Write what is planned for an interval into the scene that has it already.

    What a person has set stays. So does, of a scene with takes (``taken``), everything that was
    bought: kind, pictures, cuts and clip.

    Returns:
        Whether anything changed.
    """
    wanted = plan.model_dump(exclude={"order"})
    wanted["lip_sync_enabled"] = plan.scene_type == "performance"
    if scene.scene_type == plan.scene_type or "scene_type" in scene.edited:
        del wanted["lip_sync_enabled"]
    bought = BOUGHT if taken else frozenset()
    changes = {
        name: value
        for name, value in wanted.items()
        if name not in bought and name not in scene.edited and getattr(scene, name) != value
    }
    for name, value in changes.items():
        setattr(scene, name, value)
    return bool(changes)


BOUGHT = frozenset(
    {
        "start_frame",
        "end_frame",
        "clip_seconds",
        "scene_type",
        "lip_sync_enabled",
        "mood",
        "shot",
        "idea",
    }
)
"""What the takes of a scene were made from."""


def mark_edited(scene: Scene, names: Iterable[str]) -> None:
    """Note what a person has set."""
    scene.edited = sorted({*scene.edited, *(SETTABLE & set(names))})


def archive(session: Session, scene: Scene) -> None:
    """Take a scene out of the video; its takes stay in the store."""
    scene.archived_at = now()
    events.tell(session, scene.project_id, "scene", id=scene.id, archived=True)


def restore(session: Session, scene: Scene) -> None:
    """Take a scene into the video again."""
    scene.archived_at = None
    scene.revision += 1
    session.flush()
    tell(session, scene)


def tell(session: Session, scene: Scene) -> None:
    """Announce a change of a scene."""
    events.tell(
        session,
        scene.project_id,
        "scene",
        id=scene.id,
        status=scene.status,
        selectedVersionId=scene.selected_version_id,
    )
