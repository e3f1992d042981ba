"""Showing, launching and stopping jobs."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import InTheWay
from musicapp_pipeline.api.exports.views import files_of_job
from musicapp_pipeline.api.jobs.queries import BUYING, money_of
from musicapp_pipeline.api.jobs.schemas import JobCancelled, JobRead
from musicapp_pipeline.generation import submission
from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline.store.models import ProcessingJob, now

NOTHING = (Decimal(0), Decimal(0))


def read(session: Session, context: AppContext, who: Caller, job: ProcessingJob) -> JobRead:
    """A job as it is shown."""
    return read_all(session, context, who, [job])[0]


def read_all(
    session: Session, context: AppContext, who: Caller, rows: Sequence[ProcessingJob]
) -> list[JobRead]:
    """Jobs as they are shown."""
    money = money_of(session, rows)
    return [
        JobRead(**_fields(session, context, who, job, money.get(job.id, NOTHING))) for job in rows
    ]


def _fields(
    session: Session,
    context: AppContext,
    who: Caller,
    job: ProcessingJob,
    money: tuple[Decimal, Decimal],
) -> dict[str, Any]:
    result = job.result
    if job.type == "stitch_final" and job.status == "completed":
        result = {**(result or {}), **files_of_job(session, who, job)}
    return {
        "id": job.id,
        "type": job.type,
        "status": job.status,
        "progress": round(job.progress, 4),
        "message": job.message,
        "result": who.followable(result),
        "error": job.error,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "run_id": job.run_id,
        "run_url": context.launcher.run_url(job.run_id) if job.run_id else None,
        "project_id": job.project_id,
        "scene_id": job.scene_id,
        "version_id": job.version_id,
        "cancel_requested": job.cancel_requested,
        "paid_usd": money[0],
        "held_usd": money[1],
    }


async def launch(context: AppContext, job_ids: Sequence[str]) -> None:
    """Start queued jobs' runs now; those that cannot be started wait for the safety net."""
    for job_id in job_ids:
        run_id = await context.launcher.launch(job_id)
        if run_id is not None:
            await asyncio.to_thread(_note_launch, context, job_id, run_id)


def _note_launch(context: AppContext, job_id: str, run_id: str) -> None:
    with context.database.write() as session:
        job = jobs.get(session, job_id)
        job.launched_at = job.launched_at or now()
        if job.status == "queued" and job.run_id is None:
            job.run_id = run_id


def cancel(session: Session, context: AppContext, who: Caller, job: ProcessingJob) -> JobCancelled:
    """Ask a job to stop and say what it has cost.

    Raises:
        InTheWay: it has ended already.
    """
    if job.status in ("completed", "failed"):
        raise InTheWay(
            f"the job is {job.status}; there is nothing to cancel",
            field="status",
            value=job.status,
            allowed="queued or running",
        )
    ask_to_stop(session, job)
    session.flush()
    money = money_of(session, [job]).get(job.id, NOTHING)
    return JobCancelled(**_fields(session, context, who, job, money))


def ask_to_stop(session: Session, job: ProcessingJob) -> str | None:
    """End a job that has not begun, or tell a running one to stop.

    Returns:
        A run that has not begun and need not any more.
    """
    if job.status not in jobs.OPEN:
        return None
    waiting = job.run_id if job.status == "queued" else None
    job.cancel_requested = True
    if job.type in BUYING and job.version_id is not None:
        submission.request_cancel(session, takes.get(session, job.version_id))
    elif job.status == "queued":
        jobs.finish(session, job.id, "cancelled", message="cancelled before it began")
    return waiting


async def cancel_runs(context: AppContext, run_ids: Sequence[str]) -> None:
    """Drop runs that have not begun."""
    for run_id in run_ids:
        await context.launcher.cancel(run_id)


async def conform_again(context: AppContext, project_id: str, take_keys: Sequence[str]) -> None:
    """Tell the orchestrator of moved cuts, and have takes conformed to them."""
    await context.launcher.changed(project_id)
    for key in take_keys:
        await context.launcher.landed(key)
