"""The dispatcher of the provider in use, and one for each other that still has takes.

Switching from one provider to another must not lose what runs at the first: as long as the settings
say how to reach it, its jobs are asked for and its clips fetched, and what may still turn up there
is looked for. Only the provider in use buys.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from musicapp_pipeline import logs
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import absence, waiting
from musicapp_pipeline.generation.dispatcher import Dispatcher, DispatcherOptions, OnLanded
from musicapp_pipeline.generation.port import VideoProvider
from musicapp_pipeline.generation.transactions import Transactions
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import MediaStore

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logs.get(__name__)
LOOK = 30.0
"""Seconds between looks for takes of other providers."""
Reached = tuple[VideoProvider, DispatcherOptions]
Reach = Callable[[str], Reached | None]
"""A provider by its name, and how to deal with it; None when the settings do not say how to reach
it."""


class Crew:
    """Drives the attempts of every provider that can be reached, until told to stop.

    Args:
        provider: the provider in use, the only one that buys; None when none can be used.
        reach: how to open another one.
        on_landed: called with a take's partition key once its clip is in the media store.
        look: seconds between looks for takes of other providers.
    """

    def __init__(
        self,
        database: Database,
        media: MediaStore,
        provider: VideoProvider | None,
        options: DispatcherOptions,
        *,
        reach: Reach | None = None,
        on_landed: OnLanded | None = None,
        look: float = LOOK,
    ) -> None:
        self._database = database
        self._media = media
        self._provider = provider
        self._options = options
        self._reach = reach
        self._on_landed = on_landed
        self._look_every = look
        self._opened: list[VideoProvider] = []
        self._running: dict[str, tuple[Dispatcher, asyncio.Task[None]]] = {}
        self._transactions = Transactions(database)
        self._stopping = asyncio.Event()
        self._begun = asyncio.Event()

    def stop(self) -> None:
        """Submissions on their way get a moment to end; everything else is left to the next one."""
        self._stopping.set()
        for dispatcher, _ in self._running.values():
            dispatcher.stop()

    async def swept(self) -> None:
        """Wait until late purchases of the provider in use have been looked for once."""
        await self._begun.wait()
        for dispatcher, _ in list(self._running.values())[:1]:
            await dispatcher.swept.wait()

    async def run(self) -> None:
        """Until :meth:`stop`."""
        if self._provider is not None:
            self._start(self._provider, self._options, buys=True)
        self._begun.set()
        try:
            while not self._stopping.is_set():
                await self._look()
                await waiting.told(self._stopping, self._look_every)
            await asyncio.gather(*self._tasks())
        finally:
            await waiting.end(self._tasks())
            self._transactions.close()
            for provider in self._opened:
                await provider.aclose()

    def _tasks(self) -> "Iterable[asyncio.Task[None]]":
        return [task for _, task in self._running.values()]

    def _start(self, provider: VideoProvider, options: DispatcherOptions, *, buys: bool) -> None:
        dispatcher = Dispatcher(
            self._database, self._media, provider, options, self._on_landed, buys=buys
        )
        self._running[provider.name] = dispatcher, asyncio.create_task(dispatcher.run())
        if self._stopping.is_set():
            dispatcher.stop()

    async def _look(self) -> None:
        try:
            in_use = self._provider.name if self._provider is not None else ""
            others = await self._transactions.read(lambda s: absence.others(s, in_use))
            sought = await self._transactions.read(lambda s: absence.sought(s, in_use))
            for name in (others.keys() | sought) - self._running.keys():
                self._fetch_from(name)
            if others:
                reached = frozenset(self._running)
                await self._transactions.write(
                    lambda s: absence.tell(s, in_use, reached, self._options)
                )
        except Exception:  # the database may be away
            log.exception("could not look for takes of other providers")

    def _fetch_from(self, name: str) -> None:
        try:
            reached = self._reach(name) if self._reach is not None else None
        except MusicAppError as error:
            log.warning("cannot reach it", provider=name, why=error.message)
            return
        if reached is None:
            return
        provider, options = reached
        log.info("its takes are fetched, nothing is bought of it", provider=name)
        self._opened.append(provider)
        self._start(provider, options, buys=False)
