"""Dagster's tables and ours in one PostgreSQL, whatever the role is called."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import Engine, NullPool, create_engine, inspect
from sqlalchemy.engine import URL, make_url

from musicapp_pipeline.defs.instance.home import open_instance
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.database import PG_SCHEMA, Database
from musicapp_pipeline.store.migrate import migrate
from musicapp_pipeline_tests.databases import empty_url, postgres_server
from musicapp_pipeline_tests.together import together

SETTINGS = Callable[[URL], Settings]


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return make_url(empty_url("postgres", tmp_path))


@pytest.fixture
def using(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SETTINGS:
    """A fresh home whose rows are there."""

    def settings(url: URL) -> Settings:
        monkeypatch.setenv("MUSICAPP_HOME", str(tmp_path))
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        monkeypatch.setenv("DAGSTER_HOME", "")  # `open_instance` sets it for this process
        return Settings.load()

    return settings


def engine_of(url: URL) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def owned_by(role: str, url: URL) -> URL:
    """The same database, of a role that may do no more than its owner may."""
    with engine_of(postgres_server()).connect() as connection:
        known = connection.exec_driver_sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'")
        if known.first() is None:
            connection.exec_driver_sql(f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'pw'")
        connection.exec_driver_sql(f'ALTER DATABASE "{url.database}" OWNER TO "{role}"')
    return url.set(username=role, password="pw")


def tables(url: URL, schema: str) -> set[str]:
    return set(inspect(engine_of(url)).get_table_names(schema=schema))


def bring_up(settings: Settings) -> None:
    database = Database(settings.sqlalchemy_url)
    migrate(database)
    database.dispose()


@pytest.mark.parametrize("role", [PG_SCHEMA, "dagster", "postgres", "some-body"])
def test_a_role_may_have_any_name(url: URL, using: SETTINGS, role: str) -> None:
    url = url if role == "postgres" else owned_by(role, url)
    settings = using(url)
    bring_up(settings)
    with open_instance(settings) as instance:
        instance.add_dynamic_partitions("projects", ["eternal-flame"])
        run = instance.create_run_for_job(dg.job(name="nothing")(lambda: None))
        instance.report_engine_event("hello", run)
        assert instance.all_instigator_state() == []
    bring_up(settings)
    with open_instance(settings) as again:
        again.optimize_for_webserver(statement_timeout=600_000, pool_recycle=3600, max_overflow=2)
        assert again.get_dynamic_partitions("projects") == ["eternal-flame"]
        assert again.get_runs_count() == 1
    assert {"runs", "event_logs", "jobs"} <= tables(url, "dagster")
    assert "projects" in tables(url, PG_SCHEMA)
    assert not {"runs", "event_logs", "jobs"} & tables(url, PG_SCHEMA)
    assert tables(url, "public") == set()


def test_tables_that_dagster_has_already_stay_where_they_are(url: URL, using: SETTINGS) -> None:
    from dagster_postgres.storage import DagsterPostgresStorage

    settings = using(url)
    older = DagsterPostgresStorage(settings.sqlalchemy_url)
    older.event_log_storage.add_dynamic_partitions("projects", ["eternal-flame"])
    with open_instance(settings) as instance:
        assert instance.get_dynamic_partitions("projects") == ["eternal-flame"]
    assert tables(url, "dagster") == set()


def test_a_role_that_may_make_no_schema_uses_those_it_was_given(url: URL, using: SETTINGS) -> None:
    settings = using(owned_by("guest", url))
    with engine_of(url).connect() as connection:
        for schema in (PG_SCHEMA, "dagster"):
            connection.exec_driver_sql(f"CREATE SCHEMA {schema} AUTHORIZATION guest")
        connection.exec_driver_sql(f'ALTER DATABASE "{url.database}" OWNER TO postgres')
    bring_up(settings)
    with open_instance(settings) as instance:
        assert instance.get_runs_count() == 0


def test_options_of_the_address_are_kept(url: URL, using: SETTINGS) -> None:
    settings = using(url.update_query_dict({"options": "-cwork_mem=5MB -csearch_path=elsewhere"}))
    database = Database(settings.sqlalchemy_url)
    migrate(database)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW work_mem").scalar() == "5MB"
        assert connection.exec_driver_sql("SHOW search_path").scalar() == PG_SCHEMA
    database.dispose()
    with open_instance(settings) as instance:
        assert instance.get_runs_count() == 0
    assert "runs" in tables(url, "dagster")


def test_many_may_open_a_fresh_database_at_once(url: URL, using: SETTINGS) -> None:
    from musicapp_pipeline.defs.instance.postgres_storage import dagster_url

    plain = using(url).sqlalchemy_url
    found = together(4, lambda _: dagster_url.__wrapped__(plain))
    assert len(set(found)) == 1
    assert "dagster" in inspect(engine_of(url)).get_schema_names()
