"""Opening the instance again is cheap, and shows what others wrote."""

from pathlib import Path
from queue import Queue
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite import (
    consolidated_sqlite_event_log,
    sqlite_event_log,
)
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage

from musicapp_pipeline.defs.instance.home import open_instance
from musicapp_pipeline.settings import Settings
from musicapp_pipeline_tests.together import together

CHECKED = (sqlite_run_storage, consolidated_sqlite_event_log, sqlite_schedule_storage)


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


def test_the_file_of_events_is_what_dagster_itself_would_make(
    settings: Settings, tmp_path: Path
) -> None:
    plain = sqlite_event_log.SqliteEventLogStorage(str(tmp_path / "plain"))
    with open_instance(settings) as instance:
        ours = instance.event_log_storage
        assert not ours.is_run_sharded
        assert schema_of(ours) == schema_of(plain)


def schema_of(storage: Any) -> list[tuple[object, ...]]:
    with storage.index_connection() as connection:
        tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name")
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        mode = connection.exec_driver_sql("PRAGMA journal_mode")
        indexes = connection.exec_driver_sql("SELECT name FROM secondary_indexes ORDER BY name")
        return [tuple(row) for answer in (tables, version, mode, indexes) for row in answer]


def test_a_page_that_watches_a_run_is_told_of_its_events(settings: Settings) -> None:
    told: Queue[str] = Queue()
    with open_instance(settings) as watching, open_instance(settings) as running:
        run = running.create_run_for_job(dg.job(name="nothing")(lambda: None))

        def tell(entry: dg.EventLogEntry, _cursor: str) -> None:
            told.put(entry.message)

        watching.watch_event_logs(run.run_id, None, tell)
        running.report_engine_event("hello", run)
        assert "hello" in told.get(timeout=600)
        watching.end_watch_event_logs(run.run_id, tell)


def test_many_write_events_at_once(settings: Settings) -> None:
    with open_instance(settings) as instance:
        run = instance.create_run_for_job(dg.job(name="nothing")(lambda: None))

        def write(number: int) -> None:
            with open_instance(settings) as mine:
                for step in range(5):
                    mine.report_engine_event(f"{number}.{step}", run)

        assert [r for r in together(6, write) if isinstance(r, Exception)] == []
        assert len(instance.all_logs(run.run_id)) == 30
