"""Changes a listener may want to hear of, in the order they happened."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.store.models import ProjectEvent


def tell(session: Session, project_id: str, kind: str, **payload: Any) -> None:
    """Append an event in the caller's transaction: it is heard if and only if that commits."""
    session.add(ProjectEvent(project_id=project_id, kind=kind, payload=payload))


def since(session: Session, project_id: str, after: int, limit: int = 200) -> list[ProjectEvent]:
    """Events newer than ``after``, oldest first."""
    query = (
        select(ProjectEvent)
        .where(ProjectEvent.project_id == project_id, ProjectEvent.id > after)
        .order_by(ProjectEvent.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def latest_id(session: Session, project_id: str) -> int:
    """Where a new listener starts."""
    query = select(func.max(ProjectEvent.id)).where(ProjectEvent.project_id == project_id)
    return session.scalar(query) or 0
