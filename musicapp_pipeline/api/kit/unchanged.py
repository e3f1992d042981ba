"""Whether anything at all was committed since an answer was made.

Large answers are polled while little happens. A database can say in a few microseconds that nothing
was committed, by any process, since it was last asked; an answer made after that is then still the
answer. It is asked before what is answered is read, so an answer is never older than its mark.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from musicapp_pipeline.store.database import Database


class Commits:
    """Marks that are equal if and only if nothing was committed between two calls."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._own: sqlite3.Connection | None = None

    def mark(self) -> Hashable:
        """The mark of this moment."""
        if not self._database.is_sqlite:
            # Equal snapshots see the same transactions.
            with self._database.read() as session:
                seen = session.scalar(text("SELECT pg_current_snapshot()::text"))
            return str(seen)
        with self._lock:
            if self._own is None:
                self._own = self._connect()
            # Counts the commits of all connections but its own, which never writes.
            [(version,)] = self._own.execute("PRAGMA data_version")
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
        return sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)


@dataclass(frozen=True)
class Answer:
    """A JSON body and what goes with it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Answers:
    """The ``size`` answers given last, each good until something is committed; safe in threads."""

    def __init__(self, database: Database, size: int = 32) -> None:
        self._commits = Commits(database)
        self._at_once = database.is_sqlite
        self._size = size
        self._kept: OrderedDict[Hashable, tuple[Hashable, Answer]] = OrderedDict()
        self._lock = Lock()

    async def give(self, key: Hashable, make: Callable[[], Answer]) -> Response:
        """The answer under ``key``, made in a thread unless nothing has happened since it was.

        Args:
            key: whose answer to what; everything it follows from but the database.
        """
        mark = self._commits.mark() if self._at_once else await self._asked()
        answer = self._peek(key, mark)
        if answer is None:
            answer = await run_in_threadpool(self._make, key, mark, make)
        return Response(answer.body, headers=dict(answer.headers), media_type="application/json")

    def close(self) -> None:
        """End looking at the database."""
        self._commits.close()

    async def _asked(self) -> Hashable:
        return await run_in_threadpool(self._commits.mark)

    def _peek(self, key: Hashable, mark: Hashable) -> Answer | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != mark:
                return None
            self._kept.move_to_end(key)
            return kept[1]

    def _make(self, key: Hashable, mark: Hashable, make: Callable[[], Answer]) -> Answer:
        answer = make()
        with self._lock:
            self._kept[key] = (mark, answer)
            self._kept.move_to_end(key)
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return answer
