"""Opening the instance again is cheap, and shows what others wrote."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage

from musicapp_pipeline.defs.instance.home import open_instance
from musicapp_pipeline.settings import Settings
from musicapp_pipeline_tests.together import together

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


def test_a_runs_file_is_what_dagster_itself_would_make(settings: Settings, tmp_path: Path) -> None:
    plain = sqlite_event_log.SqliteEventLogStorage(str(tmp_path / "plain"))
    with open_instance(settings) as instance:
        ours = instance.event_log_storage
        assert schema_of(ours, "a-run") == schema_of(plain, "a-run")


def schema_of(storage: object, run_id: str) -> list[tuple[object, ...]]:
    with storage.run_connection(run_id) as connection:
        tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name")
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        mode = connection.exec_driver_sql("PRAGMA journal_mode")
        return [tuple(row) for answer in (tables, version, mode) for row in answer]


def test_processes_that_begin_a_runs_file_together_share_it(settings: Settings) -> None:
    with open_instance(settings) as instance:
        folder = Path(instance.event_log_storage._base_dir)
        storages = [type(instance.event_log_storage)(str(folder)) for _ in range(6)]

        def write(number: int) -> None:
            with storages[number].run_connection("together") as connection:
                connection.exec_driver_sql(
                    "INSERT INTO event_logs (run_id, event) VALUES (?, '{}')", ("together",)
                )

        assert [r for r in together(6, write) if isinstance(r, Exception)] == []
        with storages[0].run_connection("together") as connection:
            [count] = connection.exec_driver_sql("SELECT count(*) FROM event_logs").one()
        assert count == 6
        assert list(instance.event_log_storage.get_all_run_ids()) == ["together"]
