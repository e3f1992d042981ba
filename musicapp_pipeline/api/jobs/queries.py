"""Reading jobs."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.kit.paging import Page
from musicapp_pipeline.generation import states
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.models import GenerationAttempt, ProcessingJob

BUYING = ("generate_scene", "remix_scene")
"""Types of jobs that pay for a take."""


def open_jobs(session: Session, project_id: str, type_: str | None = None) -> list[ProcessingJob]:
    """A project's jobs that have not ended, oldest first."""
    query = (
        select(ProcessingJob)
        .where(ProcessingJob.project_id == project_id, ProcessingJob.status.in_(jobs.OPEN))
        .order_by(ProcessingJob.created_at)
    )
    if type_ is not None:
        query = query.where(ProcessingJob.type == type_)
    return list(session.scalars(query))


def page_of_jobs(
    session: Session, project_id: str, page: Page, status: str | None, type_: str | None
) -> list[ProcessingJob]:
    """A project's jobs, newest first."""
    query = (
        select(ProcessingJob)
        .where(ProcessingJob.project_id == project_id)
        .order_by(ProcessingJob.created_at.desc(), ProcessingJob.id.desc())
        .limit(page.limit)
    )
    if status is not None:
        query = query.where(ProcessingJob.status == status)
    if type_ is not None:
        query = query.where(ProcessingJob.type == type_)
    if page.after is not None:
        at, id_ = page.after
        older = and_(ProcessingJob.created_at == at, ProcessingJob.id < id_)
        query = query.where(or_(ProcessingJob.created_at < at, older))
    return list(session.scalars(query))


def money_of(
    session: Session, rows: Sequence[ProcessingJob]
) -> Mapping[str, tuple[Decimal, Decimal]]:
    """Paid and still held for the take of each job that buys one, by the job's id."""
    takes = {job.version_id: job.id for job in rows if job.type in BUYING}
    if not takes:
        return {}
    held = and_(
        GenerationAttempt.state.in_(states.HOLDING), GenerationAttempt.settled_usd.is_(None)
    )
    query = (
        select(
            GenerationAttempt.version_id,
            func.sum(GenerationAttempt.settled_usd),
            func.sum(GenerationAttempt.reserved_usd).filter(held),
        )
        .where(GenerationAttempt.version_id.in_(takes))
        .group_by(GenerationAttempt.version_id)
    )
    return {
        takes[version_id]: (paid or Decimal(0), reserved or Decimal(0))
        for version_id, paid, reserved in session.execute(query)
    }
