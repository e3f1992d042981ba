"""The one place that talks to providers: submits, polls and downloads every take.

One asyncio loop drives hundreds of takes. Several dispatchers may share the work: rows are leased,
and a lease that its owner stops renewing is free again after half a minute. Everything a dispatcher
knows is in the database, so it can be killed at any point and another goes on.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.generation import gates, leases, places, sweeping, waiting
from musicapp_pipeline.generation.drive import Drive
from musicapp_pipeline.generation.port import VideoProvider
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.commits import Commits
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.ids import new_id
from musicapp_pipeline.store.media import MediaStore

log = logs.get(__name__)
NEWS = 0.1
"""Of the poll interval, between looks at what others wrote down."""
OnLanded = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class DispatcherOptions:
    """Seconds, unless said otherwise."""

    poll: float = 10.0
    max_in_flight: int = 8
    list_lag: float = 10.0
    job_timeout: float = 900.0
    away: float | None = None
    """The same for takes of a provider that is not in use and cannot be asked; ``job_timeout``
    unless given."""
    doubtful: float = 900.0
    """How long a request of which nobody knows whether it was taken keeps its place there."""
    max_retries: int = 3
    tick: float = 0.2
    retry: float = 5.0
    longest_look: float = 60.0
    """Between looks for a lost submission that fail; ``retry`` doubles until then, and twelve of
    them take about ten minutes."""
    longest_store: float = 120.0
    """Between rounds of downloads that fail at our end; providers keep a clip for an hour."""
    download_tries: int = 6
    download_wait: float = 1.0
    """Before the second of the tries of one round; doubled each time."""
    download_rounds: int = 6
    """Rounds of tries, ever further apart, before a paid clip is called lost (about half an hour:
    providers keep clips for an hour)."""
    send_limit: float = 240.0
    """After which no submission can still be on its way: a live one is given up before, and of a
    lost sender's nothing is concluded earlier."""
    straggle: float = 240.0
    """How long a request may still be worked on whose answer never came, or came from a gateway
    that would wait no longer: of that, too, nothing is concluded earlier."""
    sweep: float = 600.0
    """Between looks for purchases that showed up late."""
    stuck_look: float = 60.0
    """Between looks at a take that is overdue, at least."""
    vanished_after: float = 120.0
    """Younger jobs may be missing for a moment after their creation."""
    grace: float = 10.0
    """How long a stop waits for submissions that are on their way."""


class Dispatcher:
    """Drives attempts until told to stop.

    Args:
        provider: the one whose attempts are driven; :class:`~.crew.Crew` sees to the others.
        on_landed: called with a take's partition key once its clip is in the media store.
        buys: whether what waits is sent; else only what the provider has is asked for and fetched.
    """

    def __init__(
        self,
        database: Database,
        media: MediaStore,
        provider: VideoProvider,
        options: DispatcherOptions,
        on_landed: OnLanded | None = None,
        *,
        buys: bool = True,
    ) -> None:
        self.database = database
        self.options = options
        self.owner = new_id("d")
        self._provider = provider
        self._on_landed = on_landed
        self._drive = Drive(database, media, provider, options, buys=buys)
        self._looked_for_news = 0.0
        self._commits = Commits(database)
        self._quiet_since: Hashable = None
        """The mark at which nothing waited: until the next commit nothing can."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self.swept = asyncio.Event()
        """Set once late purchases have been looked for."""

    def stop(self) -> None:
        """Submissions on their way get a moment to end; everything else is left to the next one."""
        self._stopping.set()

    async def run(self) -> None:
        """Until :meth:`stop`."""
        helpers = [asyncio.create_task(self._renew()), asyncio.create_task(self._sweep())]
        try:
            while not self._stopping.is_set():
                await self._tick()
                await waiting.told(self._stopping, self.options.tick)
        finally:
            try:
                await waiting.end(self._tasks.values())  # leases are renewed until then
                await waiting.end(helpers)
                await self._give_back()
            finally:
                for helper in helpers:
                    helper.cancel()
                self._drive.close()
                self._commits.close()

    async def _tick(self) -> None:
        room = self.options.max_in_flight - len(self._tasks)
        try:
            for attempt_id in await self._look_for_work(room):
                task = asyncio.create_task(self._run_one(attempt_id), name=attempt_id)
                self._tasks[attempt_id] = task
                task.add_done_callback(lambda t: self._tasks.pop(t.get_name(), None))
            await self._look_for_news()
        except Exception:  # the database may be away for a moment; nothing is lost by waiting
            log.exception("could not look for work")

    async def _look_for_work(self, room: int) -> list[str]:
        mark = self._commits.mark() if self._commits.at_once else None
        if mark is not None and mark == self._quiet_since and not self._tasks:
            return []
        self._quiet_since = None
        name, busy = self._provider.name, set(self._tasks)
        limit, doubtful = self.options.max_in_flight, self.options.doubtful

        key = self._provider.key

        def free(session: Session) -> int:
            if not self._drive.buys:
                return 0
            return min(room, limit - places.taken(session, name, key, doubtful))

        def anything(session: Session) -> bool:
            return leases.anything_due(session, name, busy, free(session))

        def lease(session: Session) -> list[str]:
            return leases.lease_due(session, self.owner, name, busy, free(session))

        if await self._drive.read(anything):
            return await self._drive.write(lease)
        if not await self._drive.read(lambda s: leases.anything_waits(s, name)):
            self._quiet_since = mark
        return []

    async def _look_for_news(self) -> None:
        """What others wrote down for the takes that are waited for here, and who waits for them."""
        clock = asyncio.get_running_loop().time()
        if clock < self._looked_for_news + self.options.poll * NEWS:
            return
        self._looked_for_news = clock
        sleepers, gate = self._drive.naps.ids, gates.polls_key(self._provider.key)
        closed = await self._drive.read(lambda s: gates.seconds_closed(s, gate))
        self._drive.polls.closed_for(closed)
        if sleepers:
            due = await self._drive.read(lambda s: leases.due_of(s, self.owner, sleepers))
            self._drive.naps.told(due)
        if self._drive.buys:
            await self._tell_who_waits()

    async def _tell_who_waits(self) -> None:
        """Takes of any project that wait because others in doubt keep their places."""
        limit, doubtful = self.options.max_in_flight, self.options.doubtful
        name, key = self._provider.name, self._provider.key
        waiting_jobs, why = await self._drive.read(
            lambda s: places.untold(s, name, key, limit, doubtful)
        )

        def tell(session: Session) -> None:
            for job_id in waiting_jobs:
                jobs.progress(session, job_id, 0, why)

        if waiting_jobs:
            await self._drive.write(tell)

    async def _run_one(self, attempt_id: str) -> None:
        try:
            key = await self._drive.until_parked(attempt_id)
            if key is not None and self._on_landed is not None:
                await self._on_landed(key)
        except Exception as error:  # a bug in one take must not stop the others
            log.exception("attempt failed unexpectedly", attempt=attempt_id)
            with contextlib.suppress(Exception):  # the database itself may be away
                await self._drive.unexpected(attempt_id, error)
            await asyncio.sleep(self.options.retry)
        with contextlib.suppress(Exception):  # after a cancellation all are given back at once
            await self._drive.write(lambda s: leases.hand_back(s, self.owner, attempt_id))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(leases.LEASE.total_seconds() / 3)
            mine = set(self._tasks)
            try:
                if mine:
                    await self._drive.write(partial(leases.renew, owner=self.owner, ids=mine))
            except Exception:  # tried again soon; a lease outlives two failures
                log.exception("could not renew leases")

    async def _sweep(self) -> None:
        """At the start, too: many a dispatcher lives for a minute."""
        while True:
            try:
                await sweeping.sweep(self._drive)
            except Exception:  # the provider or the database may be away
                log.exception("could not look for late purchases")
            self.swept.set()
            await asyncio.sleep(self.options.sweep)

    async def _give_back(self) -> None:
        """All leases, also of what had not begun, or whose lease was still being written."""
        await self._drive.settled(self.options.grace)
        try:
            await self._drive.write(lambda s: leases.hand_back(s, self.owner))
        except Exception:  # they lapse by themselves
            log.exception("could not give leases back")
