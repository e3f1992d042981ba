"""Dagster's SQLite storage: checked once a process, connections kept, one file for all events.

A code server opens the instance for every sensor tick and a worker for every run. Each opening
loads all of Dagster's migration scripts, only to learn again that the schema is the one it saw a
moment ago: 0.09 CPU-s instead of 0.02 (measured). Each statement makes an engine and a connection
of its own, and the last one to close a file also writes back its log. And each run has a file of
its own, so that what concerns assets is written twice. Writing events is most of what a short run
does: see docs/decisions/005-one-file-of-events.md.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from dagster import EventLogEntry
from dagster._core.storage.event_log.polling_event_watcher import SqlPollingEventWatcher
from dagster._core.storage.event_log.sqlite import consolidated_sqlite_event_log
from dagster._core.storage.event_log.sqlite.consolidated_sqlite_event_log import (
    ConsolidatedSqliteEventLogStorage,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sql import get_alembic_config, stamp_alembic_rev
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, inspect

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's transaction, as Dagster does."""
_KEPT = 4
"""Connections a file keeps open; a thread more opens one for itself."""
_seen: set[str] = set()
"""Folders whose schema this process has looked at."""
Told = Callable[[EventLogEntry, str], None]


@lru_cache(maxsize=64)
def _engine(url: str) -> Engine:
    """Kept for its connections and its compiled statements."""
    options = {"timeout": BUSY_TIMEOUT, "check_same_thread": False}
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=_KEPT, max_overflow=-1, connect_args=options
    )
    # Synced when the log is written back: a power cut may lose the last events, never the file.
    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=NORMAL"))
    return engine


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


class _Events(ConsolidatedSqliteEventLogStorage):
    """Watched by asking: a file whose log is not written back does not change."""

    _watcher: SqlPollingEventWatcher | None = None

    def _init_db(self) -> None:
        super()._init_db()  # type: ignore[no-untyped-call]  # the library is not annotated
        with self._connect() as connection:
            # Dagster stamps the file, too, but does not commit.
            stamp_alembic_rev(
                get_alembic_config(consolidated_sqlite_event_log.__file__), connection
            )

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with _connected(self._conn_string) as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        with self._connect() as connection:
            return inspect(connection).has_table(table_name)

    def watch(self, run_id: str, cursor: str | None, callback: Told) -> None:
        if self._watcher is None:
            self._watcher = SqlPollingEventWatcher(self)
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: Told) -> None:
        if self._watcher is not None:
            self._watcher.unwatch_run(run_id, handler)

    def dispose(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None


class KeptSqliteStorage(DagsterSqliteStorage):
    """The first one of a process checks and creates tables; later ones of that folder do not."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]
        self.base_dir, self._inst_data = base_dir, inst_data
        history, schedules = Path(base_dir, "history"), Path(base_dir, "schedules")
        if base_dir not in _seen:
            SqliteRunStorage.from_local(str(history))
            SqliteScheduleStorage.from_local(str(schedules))
            _seen.add(base_dir)
        storages: tuple[Any, ...] = (
            _Runs(f"sqlite:///{history}/runs.db"),
            _Events(str(history)),
            _Schedules(f"sqlite:///{schedules}/schedules.db"),
        )
        self._run_storage, self._event_log_storage, self._schedule_storage = storages
