"""Processing jobs: the truth about what was asked for and how far it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from musicapp_pipeline.store import events
from musicapp_pipeline.store.database import HELD
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.ids import new_id
from musicapp_pipeline.store.models import ProcessingJob, now

TYPES = (
    "analyze_audio",
    "generate_scene",
    "remix_scene",
    "vocal_extraction",
    "forced_alignment",
    "lip_sync_post_process",
    "stitch_final",
)
OPEN = ("queued", "running")
ENDED = ("completed", "failed", "cancelled")


def create(
    session: Session,
    project_id: str,
    type_: str,
    *,
    scene_id: str | None = None,
    version_id: str | None = None,
    payload: dict[str, Any] | None = None,
) -> ProcessingJob:
    """A queued job, in the caller's transaction."""
    job = ProcessingJob(
        id=new_id("job"),
        project_id=project_id,
        type=type_,
        scene_id=scene_id,
        version_id=version_id,
        payload=payload or {},
    )
    session.add(job)
    session.flush()
    _tell(session, job)
    return job


def get(session: Session, job_id: str) -> ProcessingJob:
    """Raises NotFound."""
    job = session.get(ProcessingJob, job_id)
    if job is None:
        raise NotFound("job", job_id)
    return job


def claim(session: Session, job_id: str, run_id: str, *, takeover: Sequence[str] = ()) -> bool:
    """Compare-and-set: exactly one run works on a job.

    Args:
        run_id: the run that wants it.
        takeover: runs it may take it from (its own dead predecessors).

    Returns:
        False when another run has it or it has ended; that run should do nothing.
    """
    mine = [run_id, *takeover]
    statement = (
        update(ProcessingJob)
        .where(
            ProcessingJob.id == job_id,
            or_(
                ProcessingJob.status == "queued",
                (ProcessingJob.status == "running")
                & (ProcessingJob.run_id.is_(None) | ProcessingJob.run_id.in_(mine)),
            ),
        )
        .values(status="running", run_id=run_id, started_at=now())
    )
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        return False
    job = get(session, job_id)
    session.refresh(job)
    _tell(session, job)
    return True


def progress(session: Session, job_id: str, fraction: float, message: str = "") -> None:
    """How far a running job is; never goes backwards."""
    job = get(session, job_id)
    if job.status not in OPEN:
        return
    job.progress = max(job.progress, min(max(fraction, 0.0), 1.0))
    job.message = message or job.message
    _tell(session, job)


def finish(
    session: Session,
    job_id: str,
    status: str,
    *,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
    message: str = "",
) -> bool:
    """End a job once; a second ending is ignored and answers False."""
    job = session.get(ProcessingJob, job_id, with_for_update=HELD, populate_existing=True)
    if job is None:
        raise NotFound("job", job_id)
    if job.status in ENDED:
        return False
    job.status = status
    job.result, job.error = result, error
    job.finished_at = now()
    job.progress = 1.0 if status == "completed" else job.progress
    job.message = message or (error or {}).get("message", "") or job.message
    _tell(session, job)
    return True


def unlaunched(
    session: Session, types: Sequence[str], older_than: timedelta
) -> list[ProcessingJob]:
    """Queued jobs that nobody seems to have launched: the sensor's safety net."""
    before: datetime = now() - older_than
    query = (
        select(ProcessingJob)
        .where(
            ProcessingJob.status == "queued",
            ProcessingJob.type.in_(types),
            ProcessingJob.created_at < before,
            or_(ProcessingJob.launched_at.is_(None), ProcessingJob.launched_at < before),
        )
        .order_by(ProcessingJob.created_at)
    )
    return list(session.scalars(query))


def _tell(session: Session, job: ProcessingJob) -> None:
    events.tell(
        session,
        job.project_id,
        "job",
        id=job.id,
        type=job.type,
        status=job.status,
        progress=round(job.progress, 4),
        message=job.message,
        sceneId=job.scene_id,
        versionId=job.version_id,
    )
