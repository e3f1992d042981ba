"""Reading characters."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.store.models import Character, Scene


def casting(session: Session, project_id: str) -> list[tuple[Scene, list[str]]]:
    """Each scene of the project with the ids a person put into it."""
    query = (
        select(Scene)
        .where(Scene.project_id == project_id, Scene.archived_at.is_(None))
        .order_by(Scene.order)
    )
    return [(scene, scene.character_ids) for scene in session.scalars(query)]


def appearances(session: Session, project_id: str, cast: Sequence[Character]) -> Counter[str]:
    """In how many scenes each character is, by id.

    A performance without any character shows the primary one.
    """
    primary = next((c.id for c in cast if c.is_primary), None)
    known = {c.id for c in cast}
    counts: Counter[str] = Counter()
    query = select(Scene.scene_type, Scene.character_ids).where(
        Scene.project_id == project_id, Scene.archived_at.is_(None)
    )
    for scene_type, ids in session.execute(query):
        shown = known.intersection(ids)
        if not shown and scene_type == "performance" and primary:
            shown = {primary}
        counts.update(shown)
    return counts
