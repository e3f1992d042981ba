"""Opening the instance again is cheap, and shows what others wrote."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage

from musicapp_pipeline.defs.instance.home import open_instance
from musicapp_pipeline.settings import Settings

CHECKED = (sqlite_run_storage, sqlite_event_log, sqlite_schedule_storage)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MUSICAPP_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", "")  # `open_instance` sets it for this process
    return Settings(_env_file=None, musicapp_home=tmp_path)


def test_the_schema_is_looked_at_once_a_process(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_instance(settings) as first:
        first.get_dynamic_partitions("projects")

    def never(*_args: object) -> None:
        raise AssertionError("migration scripts were loaded again")

    for module in CHECKED:
        monkeypatch.setattr(module, "check_alembic_revision", never)
    with open_instance(settings) as again:
        again.add_dynamic_partitions("projects", ["eternal-flame"])
        assert again.get_runs_count() == 0
        assert again.all_instigator_state() == []


def test_two_openings_see_the_same_rows(settings: Settings) -> None:
    with open_instance(settings) as one, open_instance(settings) as other:
        one.add_dynamic_partitions("scenes", ["a/b"])
        assert other.get_dynamic_partitions("scenes") == ["a/b"]
        run = one.create_run_for_job(dg.job(name="nothing")(lambda: None))
        one.report_engine_event("hello", run)
        assert [r.run_id for r in other.get_runs()] == [run.run_id]
        told = [log.message for log in other.all_logs(run.run_id)]
        assert any("hello" in message for message in told)
