"""Databases for tests: SQLite files and a real PostgreSQL, migrated once and copied often."""

import atexit
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, make_url

from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.migrate import migrate

Kind = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")
TEMPLATE = "migrated"
_numbers = itertools.count(1)


@contextmanager
def open_database(kind: Kind, folder: Path) -> Iterator[Database]:
    """A database of its own with all tables; closed afterwards.

    Args:
        kind: ``sqlite`` or ``postgres``.
        folder: for SQLite's file.
    """
    database = Database(_sqlite_copy(folder) if kind == "sqlite" else _postgres_copy())
    if database.is_sqlite:  # nothing here has to survive a power cut
        event.listen(
            database.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF")
        )
    try:
        yield database
    finally:
        database.dispose()


def empty_url(kind: Kind, folder: Path) -> str:
    """Where there is no table yet."""
    if kind == "sqlite":
        return f"sqlite:///{folder / f'empty-{next(_numbers)}.db'}"
    return _create(f"empty_{os.getpid()}_{next(_numbers)}")


def _sqlite_copy(folder: Path) -> str:
    path = folder / f"musicapp-{next(_numbers)}.db"
    shutil.copyfile(_sqlite_template(), path)
    return f"sqlite:///{path}"


@cache
def _sqlite_template() -> Path:
    folder = _scratch()
    database = Database(f"sqlite:///{folder / 'template.db'}")
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return folder / "template.db"


def _postgres_copy() -> str:
    _postgres_template()
    return _create(f"test_{os.getpid()}_{next(_numbers)}", TEMPLATE)


@cache
def _postgres_template() -> None:
    database = Database(_create(TEMPLATE))
    migrate(database)
    database.dispose()


def _create(name: str, template: str = "template1") -> str:
    engine = create_engine(postgres_server(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
    return postgres_server().set(database=name).render_as_string(hide_password=False)


@cache
def postgres_server() -> URL:
    """Starts one server a process; it ends, and its files go, with the process."""
    folder = _scratch()  # short: a Unix socket's path has room for about 100 characters
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pgserver

        folder.chmod(0o755)  # as root the server runs as another user
        server = pgserver.get_server(folder / "pg", cleanup_mode="delete")
    # Nothing here has to survive a power cut.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg2")


def _scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ma-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
