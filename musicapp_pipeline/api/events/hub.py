"""One reader of the events table for all listeners of this process.

Events are written by several processes, each in the transaction of what it announces. While anybody
listens, one task looks for new rows a few times a second and hands them on; nobody listening costs
nothing.
"""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from musicapp_pipeline import logs
from musicapp_pipeline.store import events
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import ProjectEvent

log = logs.get(__name__)
LOOK = 0.25
BATCH = 1000
QUEUE = 1000
"""A listener that is further behind than this starts again from the table."""
PATIENCE = 5.0
"""Seconds for which a number that was skipped may still appear."""


@dataclass(frozen=True)
class Change:
    """One event as it is sent."""

    id: int
    project_id: str
    kind: str
    payload: dict[str, Any]


class Tail:
    """Reads new events in order of their ids, and late ones when they appear.

    On PostgreSQL a transaction that took a lower number may commit after one with a higher number,
    so skipped numbers are asked for again for a few seconds. Rolled-back ones never appear.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._position: int | None = None
        self._skipped: dict[int, float] = {}

    def read(self) -> list[Change]:
        """What appeared since the last call; the first call only notes where the end is."""
        with self._database.read() as session:
            if self._position is None:
                self._position = session.scalar(select(func.max(ProjectEvent.id))) or 0
                return []
            late = ProjectEvent.id.in_(list(self._skipped))
            new = ProjectEvent.id > self._position
            query = select(ProjectEvent).where(or_(new, late) if self._skipped else new)
            rows = [
                _change(r) for r in session.scalars(query.order_by(ProjectEvent.id).limit(BATCH))
            ]
        self._note(rows)
        return rows

    def _note(self, rows: Sequence[Change]) -> None:
        assert self._position is not None
        moment = time.monotonic()
        for row in rows:
            if self._skipped.pop(row.id, None) is None:
                missing = range(max(self._position + 1, row.id - QUEUE), row.id)
                self._skipped |= dict.fromkeys(missing, moment)
                self._position = row.id
        self._skipped = {n: at for n, at in self._skipped.items() if at > moment - PATIENCE}


class Hub:
    """Hands new events to listeners."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: defaultdict[str, set[asyncio.Queue[Change]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._reading = asyncio.Event()

    async def listen(self, project_id: str, after: int | None) -> AsyncIterator[Change]:
        """Changes of a project, for ever.

        Args:
            after: the last event the listener has seen; only new ones when None.
        """
        if after is None:
            after = await asyncio.to_thread(self._latest, project_id)
        # Registered, and the reader at its place, before the past is read: nothing falls between.
        queue: asyncio.Queue[Change] = asyncio.Queue(QUEUE)
        self._listeners[project_id].add(queue)
        self._start()
        try:
            await self._reading.wait()
            while True:
                sent: set[int] = set()
                while past := await self.past(project_id, after):
                    for change in past:
                        after = change.id
                        sent.add(change.id)
                        yield change
                while not queue.full():
                    change = await queue.get()
                    if change.id not in sent:
                        after = max(after, change.id)
                        yield change
                while not queue.empty():  # too far behind: the table knows what was missed
                    queue.get_nowait()
        finally:
            self._listeners[project_id].discard(queue)
            if not self._listeners[project_id]:
                del self._listeners[project_id]

    async def past(self, project_id: str, after: int) -> Sequence[Change]:
        """What happened since an event, oldest first, at most one batch."""
        return await asyncio.to_thread(self._since, project_id, after)

    async def close(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._reading.clear()
            self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        tail = Tail(self._database)
        while self._listeners:
            try:
                changes = await asyncio.to_thread(tail.read)
            except Exception:  # the database may be away for a moment
                log.exception("could not read events")
                changes = []
            else:
                self._reading.set()
            for change in changes:
                for queue in self._listeners.get(change.project_id, ()):
                    with contextlib.suppress(asyncio.QueueFull):
                        queue.put_nowait(change)
            await asyncio.sleep(0 if len(changes) == BATCH else LOOK)

    def _latest(self, project_id: str) -> int:
        with self._database.read() as session:
            return events.latest_id(session, project_id)

    def _since(self, project_id: str, after: int) -> list[Change]:
        with self._database.read() as session:
            return [_change(row) for row in events.since(session, project_id, after, limit=BATCH)]


def _change(row: ProjectEvent) -> Change:
    return Change(row.id, row.project_id, row.kind, row.payload)
