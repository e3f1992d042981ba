"""Reading projects."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.kit.paging import Page
from musicapp_pipeline.store.models import Project


def page_of_projects(session: Session, who: Caller, page: Page) -> list[Project]:
    """The caller's projects, newest first."""
    query = (
        select(Project)
        .where(Project.archived_at.is_(None))
        .order_by(Project.created_at.desc(), Project.id.desc())
        .limit(page.limit)
    )
    if page.after is not None:
        at, id_ = page.after
        query = query.where(
            or_(Project.created_at < at, and_(Project.created_at == at, Project.id < id_))
        )
    if who.owners is None:
        return list(session.scalars(query))
    # One question an owner mark, so that each is answered in the order of its index.
    found = [
        p for owner in who.owners for p in session.scalars(query.where(Project.owner == owner))
    ]
    return sorted(found, key=lambda p: (p.created_at, p.id), reverse=True)[: page.limit]
