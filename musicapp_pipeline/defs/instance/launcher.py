"""Runs go to warm Celery workers; their broker is configured from our settings."""

from typing import Any

from dagster_celery.launcher import CeleryRunLauncher

from musicapp_pipeline.defs.instance.broker import celery_settings
from musicapp_pipeline.settings import Settings


class WarmLauncher(CeleryRunLauncher):
    """``CeleryRunLauncher`` with the broker of :func:`celery_settings`."""

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
