"""A queued job that was launched: does it wait for a busy worker, or is its message lost?"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES, RunRecord, RunsFilter

from musicapp_pipeline.defs import heartbeat
from musicapp_pipeline.defs.jobhook import JOB_TAG
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import now

QUEUE = "dagster-celery/queue"
NOT_BEGUN = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
)
LULL = timedelta(seconds=10)
"""A worker between two runs does not beat, yet it is at work."""
OUT_OF_ORDER = timedelta(seconds=10)
"""A run is created a little before its message is sent; the order of two is certain only beyond."""
RECENT = 50


def in_line(instance: dg.DagsterInstance, database: Database, job_ids: Collection[str]) -> set[str]:
    """Those of the jobs that another run would not help.

    A worker beats for a run from the message on, and messages are taken in their order. So a run
    without a beat waits for its turn while its queue's workers are at work, unless one created
    after it is being worked on already: then its message is lost. Where no worker is at work,
    none is there or the message is lost; another run does no harm then, since the first to begin
    drops the others.
    """
    runs = _open_runs(instance, job_ids)
    if not runs:
        return set()
    beating = heartbeat.living(database)
    front = _front(instance, beating)
    return {
        job_id
        for job_id, records in runs.items()
        if any(record.dagster_run.run_id in beating for record in records)
        or any(_has_its_turn_ahead(record, front) for record in records)
    }


def drop_duplicates(instance: dg.DagsterInstance, job_id: str, run_id: str) -> list[str]:
    """Cancel runs of a job that have not begun, now that one works on it.

    A worker that gets the message of a cancelled run lets it go without loading any code.
    """
    waiting = RunsFilter(tags={JOB_TAG: job_id}, statuses=list(NOT_BEGUN))
    others = [run for run in instance.get_runs(waiting) if run.run_id != run_id]
    for run in others:
        instance.report_run_canceled(run, message=f"Run {run_id} does this job.")
    return [run.run_id for run in others]


def _open_runs(
    instance: dg.DagsterInstance, job_ids: Collection[str]
) -> dict[str, list[RunRecord]]:
    if not job_ids:
        return {}
    statuses = [*NOT_BEGUN, dg.DagsterRunStatus.STARTED]
    wanted = RunsFilter(tags={JOB_TAG: sorted(job_ids)}, statuses=statuses)
    out: dict[str, list[RunRecord]] = {}
    for record in instance.get_run_records(wanted):
        out.setdefault(record.dagster_run.tags[JOB_TAG], []).append(record)
    return out


def _front(instance: dg.DagsterInstance, beating: Collection[str]) -> dict[str, datetime]:
    """When the newest run was created that each queue's workers have reached, if they work."""
    reached: list[RunRecord] = []
    if beating:
        reached += instance.get_run_records(RunsFilter(run_ids=sorted(beating)))
    ended = RunsFilter(statuses=list(FINISHED_STATUSES), updated_after=now() - LULL)
    reached += _begun(instance.get_run_records(ended, limit=RECENT))
    out: dict[str, datetime] = {}
    for record in reached:
        queue = _queue_of(record)
        out[queue] = max(out.get(queue, record.create_timestamp), record.create_timestamp)
    return out


def _begun(records: Sequence[RunRecord]) -> list[RunRecord]:
    """Without those that were cancelled or given up before any worker had them."""
    return [record for record in records if record.start_time is not None]


def _has_its_turn_ahead(record: RunRecord, front: dict[str, datetime]) -> bool:
    reached = front.get(_queue_of(record))
    if reached is None or record.dagster_run.status not in NOT_BEGUN:
        return False
    return record.create_timestamp + OUT_OF_ORDER >= reached


def _queue_of(record: RunRecord) -> str:
    return record.dagster_run.tags.get(QUEUE, "")
