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
        .where(who.mine(Project.owner), Project.archived_at.is_(None))
        .order_by(Project.created_at.desc(), Project.id.desc())
        .limit(page.limit)
    )
    if page.after is not None:
        at, id_ = page.after
        query = query.where(
            or_(Project.created_at < at, and_(Project.created_at == at, Project.id < id_))
        )
    return list(session.scalars(query))
