"""Dagster's SQLite storage, checked once a process and with engines that are kept.

A code server opens the instance for every sensor tick and a worker for every run. Each opening
loads all of Dagster's migration scripts, only to learn again that the schema is the one it saw a
moment ago: 0.09 CPU-s instead of 0.02 (measured). And each statement makes an engine of its own, so
that none is ever compiled before: most of what an idle daemon did. Each run's own file, too, is a
copy of an empty one instead of being migrated table by table.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import get_ident

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, NullPool, create_engine

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's transaction, as Dagster does."""
_seen: dict[str, set[str]] = {}
"""By folder: the event shards whose schema this process has looked at."""


@lru_cache(maxsize=64)
def _engine(url: str) -> Engine:
    """Kept for its compiled statements; connections are opened and closed as before."""
    return create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT})


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    with _engine(url).connect() as connection, connection.begin():
        yield connection


class _Runs(SqliteRunStorage):
    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with _connected(self._conn_string) as connection:
            yield connection


class _Schedules(SqliteScheduleStorage):
    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with _connected(self._conn_string) as connection:
            yield connection


class _Events(SqliteEventLogStorage):
    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if shard not in self._initialized_dbs:
            self._begin(Path(self.path_for_shard(shard)))
            self._initialized_dbs.add(shard)
        with _connected(self.conn_string_for_shard(shard)) as connection:
            yield connection

    @staticmethod
    def _begin(path: Path) -> None:
        """Each run has a file of its own, which is there whole or not at all."""
        if path.exists():
            return
        mine = path.with_suffix(f".{os.getpid()}-{get_ident()}")
        mine.write_bytes(_empty_shard())
        # Another process may have been faster; then its file stands.
        with suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()


@lru_cache(maxsize=1)
def _empty_shard() -> bytes:
    """A run's file with Dagster's tables and no events, made once a process."""
    with tempfile.TemporaryDirectory() as folder:
        events = SqliteEventLogStorage(folder)
        with events.run_connection("empty") as connection:
            connection.exec_driver_sql("SELECT 1")
        path = Path(events.path_for_shard("empty"))
        with closing(sqlite3.connect(path)) as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


class KeptSqliteStorage(DagsterSqliteStorage):
    """The first one of a process checks and creates tables; later ones of that folder do not."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        if base_dir in _seen:
            super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]
            self.base_dir, self._inst_data = base_dir, inst_data
        else:
            super().__init__(base_dir, inst_data)
        self._run_storage = _Runs(f"sqlite:///{base_dir}/history/runs.db")
        self._schedule_storage = _Schedules(f"sqlite:///{base_dir}/schedules/schedules.db")
        self._event_log_storage = _Events(f"{base_dir}/history/runs/")
        self._event_log_storage._initialized_dbs = _seen.setdefault(base_dir, set())
