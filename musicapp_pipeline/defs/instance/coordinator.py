"""Waiting is not a run: clip runs stay QUEUED, without a process, until their media are here.

Every run passes here, whoever launched it. A dispatcher admits a parked run's takes and releases
the run once all of them have ended.
"""

from functools import lru_cache
from typing import Any

from dagster import DagsterRun
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.run_coordinator import DefaultRunCoordinator, SubmitRunContext
from dagster._core.storage.dagster_run import DagsterRunStatus

from musicapp_pipeline.defs.instance.keys import is_generation, keys_of
from musicapp_pipeline.generation.ledger import all_takes_ended
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.database import Database

RELEASED = "musicapp/released"
"""Tag of a run that need not wait any more; holds its own id, because Dagster copies tags to
re-executions and retries, which wait for takes of their own."""


class ParkingCoordinator(DefaultRunCoordinator):
    """Launches at once, except runs whose takes have not ended."""

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        run = context.dagster_run
        if run.status == DagsterRunStatus.NOT_STARTED and self._must_wait(run):
            self._instance.report_dagster_event(
                DagsterEvent(
                    event_type_value=DagsterEventType.PIPELINE_ENQUEUED.value,
                    job_name=run.job_name,
                    message="Parked until the takes' media have arrived.",
                ),
                run_id=run.run_id,
            )
            parked = self._instance.get_run_by_id(run.run_id)
            assert parked is not None
            return parked
        return super().submit_run(context)

    def cancel_run(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        if run is not None and run.status == DagsterRunStatus.QUEUED:
            self._instance.report_run_canceling(run)
            canceling = self._instance.get_run_by_id(run_id)
            assert canceling is not None
            self._instance.report_run_canceled(canceling)
            return True
        return bool(super().cancel_run(run_id))

    def _must_wait(self, run: DagsterRun) -> bool:
        if not is_generation(run) or is_released(run):
            return False
        keys = keys_of(self._instance, run.tags)
        with _database(Settings.load().sqlalchemy_url).read() as session:
            return not all_takes_ended(session, keys)


@lru_cache(maxsize=2)
def _database(url: str) -> Database:
    """Kept for its connections: every run passes here."""
    return Database(url)


def is_released(run: DagsterRun) -> bool:
    """Whether a run was given to the launcher by :func:`release`."""
    return run.tags.get(RELEASED) == run.run_id


def release(instance: Any, run: DagsterRun) -> None:
    """Give a parked run to the launcher."""
    instance.add_run_tags(run.run_id, {RELEASED: run.run_id})
    instance.launch_run(run.run_id, None)
