"""Jobs that nobody works on any more, and takes whose recording run got lost.

Retries of lost workers and the ``failed_runs`` sensor end nearly all jobs. What is left are runs
that somebody terminated or deleted, and the moments between two processes' commits.
"""

from datetime import datetime, timedelta

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import ProcessingJob, Project, SceneVersion, now

RECORDED_BY = ("generate_scene", "remix_scene")
GIVEN_UP_AFTER = timedelta(seconds=60)
"""Time for the run that ended to end its job, too."""
RETRIED_WITHIN = timedelta(minutes=10)
"""Time for the daemon, which may be away itself, to start a run again."""


def unrecorded_takes(session: Session, moment: datetime) -> list[str]:
    """Keys of takes whose clip is here since before ``moment``, while the job that asked for it
    still waits: nobody has recorded them, or another run than the job's has."""
    query = (
        select(SceneVersion.key)
        .join(ProcessingJob, ProcessingJob.version_id == SceneVersion.id)
        .join(Project, Project.id == SceneVersion.project_id)
        .where(
            ProcessingJob.status.in_(jobs.OPEN),
            ProcessingJob.type.in_(RECORDED_BY),
            or_(
                SceneVersion.status == "landed",
                (SceneVersion.status == "completed") & ProcessingJob.run_id.is_(None),
            ),
            SceneVersion.updated_at < moment,
            Project.client_key.is_(None),
        )
        .limit(50)
    )
    return list(dict.fromkeys(session.scalars(query)))


def end_abandoned_jobs(database: Database, instance: dg.DagsterInstance) -> list[str]:
    """Fail running jobs whose run has ended, or is gone, without ending them.

    Returns:
        The jobs' ids.
    """
    moment = now()
    with database.read() as session:
        query = select(ProcessingJob.id, ProcessingJob.run_id).where(
            ProcessingJob.status == "running",
            ProcessingJob.run_id.is_not(None),
            ProcessingJob.started_at < moment - GIVEN_UP_AFTER,
        )
        running = [(job_id, str(run_id)) for job_id, run_id in session.execute(query)]
    ended = [pair for pair in running if _is_over(instance, pair[1])]
    if not ended:
        return []
    with database.write() as session:
        return [job_id for job_id, run_id in ended if _give_up(session, job_id, run_id)]


def _is_over(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Has the run ended for good, and every run that was started in its place?"""
    record = instance.get_run_record_by_id(run_id)
    if record is None:
        return True
    run = record.dagster_run
    if run.status not in FINISHED_STATUSES:
        return False
    successor = run.tags.get(AUTO_RETRY_RUN_ID_TAG)
    if successor is not None:
        return _is_over(instance, successor)
    patience = RETRIED_WITHIN if run.tags.get(WILL_RETRY_TAG) == "true" else GIVEN_UP_AFTER
    ended = record.end_time or record.update_timestamp.timestamp()
    return now().timestamp() - ended > patience.total_seconds()


def _give_up(session: Session, job_id: str, run_id: str) -> bool:
    job = jobs.get(session, job_id)
    if job.run_id != run_id:
        return False  # another run has taken it over meanwhile
    if job.cancel_requested:
        return jobs.finish(session, job_id, "cancelled", message="cancelled on request")
    error = {
        "code": "run_ended",
        "message": "The work was stopped before it was done. Nothing that was paid for is lost;"
        " ask again.",
    }
    return jobs.finish(session, job_id, "failed", error=error)
