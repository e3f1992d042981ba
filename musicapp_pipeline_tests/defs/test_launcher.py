"""Runs of ``musicapp make`` are nobody's task: the daemon that looks at all runs lets them be."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from musicapp_pipeline.defs.instance.home import open_instance
from musicapp_pipeline.defs.instance.launcher import WarmLauncher
from musicapp_pipeline.settings import Settings


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("MUSICAPP_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", "")  # `open_instance` sets it for this process
    with open_instance(Settings(_env_file=None, musicapp_home=tmp_path)) as instance:
        yield instance


def run_of(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    return instance.create_run_for_job(dg.job(name="nothing")(lambda: None), tags=tags)


def test_a_run_in_another_process_is_left_alone(instance: dg.DagsterInstance) -> None:
    launcher = instance.run_launcher
    assert isinstance(launcher, WarmLauncher)
    run = run_of(instance, **{"musicapp/by": "make"})
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
    assert launcher.terminate(run.run_id) is False
    assert launcher.get_run_worker_debug_info(run) is None
    assert launcher.terminate("no-such-run") is False


def test_a_run_of_a_worker_is_looked_at(instance: dg.DagsterInstance) -> None:
    launcher = instance.run_launcher
    assert isinstance(launcher, WarmLauncher)
    run = run_of(instance, **{DAGSTER_CELERY_TASK_ID_TAG: "task-1"})
    assert launcher.check_run_worker_health(run).status is WorkerStatus.UNKNOWN
