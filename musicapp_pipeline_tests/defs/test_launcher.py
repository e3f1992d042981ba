"""Runs of ``musicapp make`` are nobody's task, and are let be; other runs find their worker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus
from dagster._serdes import serialize_value
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


def test_a_worker_on_its_own_finds_the_home(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """``celery -A …celery_app worker``, as docker-compose.yml has it."""
    run = run_of(instance)
    code = (
        "import sys, dagster as dg\n"
        "from dagster._serdes import deserialize_value\n"
        "import musicapp_pipeline.defs.instance.celery_app\n"
        "with dg.DagsterInstance.from_ref(deserialize_value(sys.argv[1])) as instance:\n"
        "    print([run.run_id for run in instance.get_runs()])"
    )
    env = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", code, serialize_value(instance.get_ref())],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [f"['{run.run_id}']"], done.stderr
