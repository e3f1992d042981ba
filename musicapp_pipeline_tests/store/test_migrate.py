"""Migrations bring any database to what the models say, once, whoever starts first."""

import multiprocessing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from musicapp_pipeline.store.database import PG_SCHEMA, Database
from musicapp_pipeline.store.migrate import alembic_config, migrate
from musicapp_pipeline.store.models import Base
from musicapp_pipeline_tests.databases import KINDS, empty_url
from musicapp_pipeline_tests.store.rows import new_project
from musicapp_pipeline_tests.together import together


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path):
    database = Database(empty_url(request.param, tmp_path))
    yield database
    database.dispose()


def head() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def version_of(database: Database) -> tuple[str, ...]:
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_heads()


def usable(database: Database) -> bool:
    with database.write() as session:
        return new_project(session)[0].id != ""


def test_an_empty_database_gets_every_table(empty):
    migrate(empty)
    assert version_of(empty) == (head(),)
    tables = set(inspect(empty.engine).get_table_names())
    assert set(Base.metadata.tables) <= tables
    assert usable(empty)


def test_tables_of_postgresql_live_in_a_schema_of_their_own(empty):
    migrate(empty)
    if not empty.is_sqlite:
        assert "projects" in inspect(empty.engine).get_table_names(schema=PG_SCHEMA)
        assert inspect(empty.engine).get_table_names(schema="public") == []


def test_a_second_run_changes_nothing_and_keeps_the_rows(empty):
    migrate(empty)
    assert usable(empty)
    migrate(empty)
    assert version_of(empty) == (head(),)
    with empty.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM projects").scalar() == 1


def test_the_migrations_make_exactly_what_the_models_say(empty):
    migrate(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_line_of_migrations():
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


def test_migrations_can_be_undone_and_done_again(empty):
    migrate(empty)
    with empty.engine.connect() as connection:
        command.downgrade(alembic_config(connection), "base")
        connection.commit()
    left = set(inspect(empty.engine).get_table_names()) - {"alembic_version"}
    assert left == set()
    migrate(empty)
    assert usable(empty)


def test_four_threads_that_migrate_at_once_all_find_it_done(empty):
    def work(_: int) -> bool:
        own = Database(empty.url)
        try:
            migrate(own)
            return usable(own)
        finally:
            own.dispose()

    assert together(4, work) == [True] * 4


def _migrate_in_a_process(url: str) -> None:
    database = Database(url)
    migrate(database)
    assert usable(database)
    database.dispose()


def test_four_processes_that_start_at_once_all_find_it_done(empty):
    fork = multiprocessing.get_context("fork")  # spawning would import everything four times
    started = [fork.Process(target=_migrate_in_a_process, args=(empty.url,)) for _ in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join(600)
    assert [process.exitcode for process in started] == [0] * 4
    assert version_of(empty) == (head(),)
