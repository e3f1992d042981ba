"""Runs go to warm Celery workers; their broker is configured from our settings."""

from typing import Any

from dagster import DagsterRun
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from musicapp_pipeline.defs.instance.broker import celery_settings
from musicapp_pipeline.settings import Settings


class WarmLauncher(CeleryRunLauncher):
    """``CeleryRunLauncher`` with the broker of :func:`celery_settings`.

    ``musicapp make`` has runs in its own process, which no Celery task carries: they cannot be
    looked at or ended from here, and the next ``make`` ends those of one that was killed.
    """

    def app_args(self) -> dict[str, Any]:
        configured = celery_settings(Settings.load())
        self.default_queue = configured["task_default_queue"]
        return {
            **super().app_args(),
            "broker": configured["broker_url"],
            "backend": configured["result_backend"],
            "config_source": {**self.config_source, **configured},
            "task_default_queue": self.default_queue,
        }

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        if DAGSTER_CELERY_TASK_ID_TAG not in run.tags:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "It runs in another process.")
        return super().check_run_worker_health(run)

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        if run is None or DAGSTER_CELERY_TASK_ID_TAG not in run.tags:
            return False
        return super().terminate(run_id)

    def get_run_worker_debug_info(
        self, run: DagsterRun, include_container_logs: bool | None = True
    ) -> str | None:
        if DAGSTER_CELERY_TASK_ID_TAG not in run.tags:
            return None
        return super().get_run_worker_debug_info(run, include_container_logs)
