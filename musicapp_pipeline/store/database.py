"""One way to the database, SQLite or PostgreSQL, with transactions that mean the same on both."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

PG_SCHEMA = "musicapp"
"""Our tables' schema on PostgreSQL: Dagster has tables of the same names in its own."""
LOCK_WAIT = 30.0
"""Seconds that a transaction waits for another's lock; then it fails with ``OperationalError``."""
HELD: Final = {"key_share": True}
"""How ``Session.get`` and ``refresh`` hold a row. PostgreSQL looks foreign keys up with a lock that
a plain ``FOR UPDATE`` keeps out, so that two who each hold a row could wait for one another."""


class Database:
    """An engine with two kinds of transaction.

    ``write()`` takes SQLite's write lock at BEGIN, so a check and the change that rests on it
    cannot be separated by another writer; on PostgreSQL the rows that matter are locked with
    ``SELECT … FOR NO KEY UPDATE`` by the code that needs it.

    Args:
        lock_wait: seconds, as ``LOCK_WAIT``.
    """

    def __init__(self, url: str, *, lock_wait: float = LOCK_WAIT) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        wait = round(lock_wait * 1000)
        self.engine: Engine = _sqlite(url, wait) if self.is_sqlite else _postgres(url, wait)
        self._write = sessionmaker(
            self.engine.execution_options(musicapp_begin="IMMEDIATE"), expire_on_commit=False
        )
        self._read = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits on leaving, or rolls back on an exception."""
        with self._write.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; nothing is written."""
        with self._read() as session:
            yield session

    def dispose(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def _sqlite(url: str, wait_ms: int) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        from pathlib import Path

        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, connect_args={"timeout": wait_ms / 1000, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # We send BEGIN ourselves: the driver's own begins are deferred and late.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # With less a power cut takes back commits: a request that was paid would be sent again.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={wait_ms}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        mode = connection.get_execution_options().get("musicapp_begin", "")
        connection.exec_driver_sql(f"BEGIN {mode}".strip())

    return engine


def pg_options(url: str, *ours: str) -> str:
    """The options of an address and our own, of which the last of a name counts."""
    return " ".join((*make_url(url).normalized_query.get("options", ()), *ours))


def _postgres(url: str, wait_ms: int) -> Engine:
    ours = pg_options(url, f"-csearch_path={PG_SCHEMA}", f"-clock_timeout={wait_ms}")
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        connect_args={"options": ours},
    )
