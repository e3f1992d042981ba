"""Whether anything at all was committed, by any process, since one last asked.

What is asked again and again while little happens need not be asked then.
"""

import sqlite3
from collections.abc import Hashable
from threading import Lock

from sqlalchemy import text

from musicapp_pipeline.store.database import Database

PATIENCE = 0.1
"""Seconds for which a mark may keep an event loop waiting; without one, everything is asked."""


class Commits:
    """Marks that are equal only if nothing was committed between two calls."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._own: sqlite3.Connection | None = None

    @property
    def at_once(self) -> bool:
        """Does a mark take microseconds, and no round trip?"""
        return self._database.is_sqlite

    def mark(self) -> Hashable:
        """The mark of this moment."""
        if not self._database.is_sqlite:
            # Equal snapshots see the same transactions.
            with self._database.read() as session:
                seen = session.scalar(text("SELECT pg_current_snapshot()::text"))
            return str(seen)
        with self._lock:
            try:
                if self._own is None:
                    self._own = self._connect()
                # Counts the commits of all connections but its own, which never writes.
                [(version,)] = self._own.execute("PRAGMA data_version")
            except sqlite3.OperationalError:  # somebody has the whole file for a moment
                return object()
            return int(version)

    def close(self) -> None:
        """Give the connection back; the next call opens another, whose marks are its own."""
        with self._lock:
            if self._own is not None:
                self._own.close()
                self._own = None

    def _connect(self) -> sqlite3.Connection:
        path = self._database.engine.url.database
        assert path, "the database is a file"
        return sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
