"""Bring the database to the newest schema; safe when several processes start at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from filelock import FileLock
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from musicapp_pipeline.store.database import PG_SCHEMA, Database

ADVISORY_LOCK = 0x6D757369  # "musi"


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(database: Database) -> None:
    """Create or upgrade all tables."""
    with _alone(database), database.engine.connect() as connection:
        if not database.is_sqlite:
            make_schema(connection, PG_SCHEMA)
            connection.commit()
        command.upgrade(alembic_config(connection), "head")
        connection.commit()


def make_schema(connection: Connection, name: str) -> None:
    """A schema that is there is not made: whoever may make none would be refused even then."""
    if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": name}) is None:
        connection.execute(text(f"CREATE SCHEMA {name}"))


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    if database.is_sqlite:
        path = make_url(database.url).database
        if not path or path == ":memory:":
            yield
            return
        with FileLock(f"{path}.migrate.lock"):
            yield
        return
    with database.engine.connect() as connection:
        # Another process's migration takes as long as it takes.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": ADVISORY_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": ADVISORY_LOCK})
