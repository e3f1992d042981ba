"""Reading scenes with everything that is shown of them, in a handful of queries."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.store.models import GenerationAttempt, Scene, SceneVersion


def versions_of(session: Session, scene_ids: Sequence[str]) -> dict[str, list[SceneVersion]]:
    """The takes of each scene, by number."""
    query = (
        select(SceneVersion)
        .where(SceneVersion.scene_id.in_(scene_ids))
        .order_by(SceneVersion.scene_id, SceneVersion.take)
    )
    out: dict[str, list[SceneVersion]] = defaultdict(list)
    for version in session.scalars(query):
        out[version.scene_id].append(version)
    return out


def versions_of_project(session: Session, project_id: str) -> dict[str, list[SceneVersion]]:
    """The same for all scenes of a project, archived ones included."""
    query = (
        select(SceneVersion)
        .where(SceneVersion.project_id == project_id)
        .order_by(SceneVersion.take)
    )
    out: dict[str, list[SceneVersion]] = defaultdict(list)
    for version in session.scalars(query):
        out[version.scene_id].append(version)
    return out


def remix_modes(session: Session, project_id: str) -> dict[str, str]:
    """How each remixed take of a project was made: ``native`` or ``emulated``."""
    query = select(GenerationAttempt.version_id, GenerationAttempt.remix_mode).where(
        GenerationAttempt.project_id == project_id, GenerationAttempt.remix_mode.is_not(None)
    )
    return {version_id: mode for version_id, mode in session.execute(query) if mode}


def cuts_of(session: Session, project_id: str) -> str:
    """Changes whenever scenes are shown in another order or their cuts move: the list's ETag."""
    query = (
        select(Scene.id, Scene.start_frame, Scene.end_frame)
        .where(Scene.project_id == project_id, Scene.archived_at.is_(None))
        .order_by(Scene.order, Scene.start_frame)
    )
    return tag_of((id_, first, end) for id_, first, end in session.execute(query))


def tag_of(cuts: Iterable[tuple[str, int, int]]) -> str:
    """The same of ``(id, first frame, frame after the last)`` in the order they are shown."""
    return hashlib.sha256(repr(list(cuts)).encode()).hexdigest()[:16]


def count_ever(session: Session, project_id: str) -> int:
    """How many scenes a project ever had."""
    query = select(func.count(Scene.id)).where(Scene.project_id == project_id)
    return session.scalar(query) or 0
