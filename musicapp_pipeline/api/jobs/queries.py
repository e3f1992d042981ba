"""Reading jobs."""

from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.kit.paging import Page
from musicapp_pipeline.generation import states
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.models import GenerationAttempt, ProcessingJob


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


def money_of(session: Session, job: ProcessingJob) -> tuple[Decimal, Decimal]:
    """Paid and still held for a job's take."""
    if job.version_id is None or job.type not in ("generate_scene", "remix_scene"):
        return Decimal(0), Decimal(0)
    mine = GenerationAttempt.version_id == job.version_id
    paid = session.scalar(select(func.sum(GenerationAttempt.settled_usd)).where(mine))
    held = session.scalar(
        select(func.sum(GenerationAttempt.reserved_usd)).where(
            mine,
            GenerationAttempt.state.in_(states.HOLDING),
            GenerationAttempt.settled_usd.is_(None),
        )
    )
    return Decimal(paid or 0), Decimal(held or 0)
