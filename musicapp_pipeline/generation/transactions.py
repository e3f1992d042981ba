"""Short transactions off the event loop, on threads of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from musicapp_pipeline.store.database import Database

T = TypeVar("T")
THREADS = 4


class Transactions:
    """Runs work in the database for one dispatcher.

    The event loop's own threads are no place for it: they check clips, and leases that wait
    behind a batch of clips would lapse.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ledger")
        self._under_way: set[Future[Any]] = set()

    async def read(self, work: Callable[[Session], T]) -> T:
        """``work`` in a reading transaction."""
        return await self._in_thread(self._read, work)

    async def write(self, work: Callable[[Session], T]) -> T:
        """``work`` in a committed transaction."""
        return await self._in_thread(self._write, work)

    async def settled(self, patience: float) -> None:
        """Wait until what a cancelled caller left behind has ended.

        Args:
            patience: seconds at most.
        """
        left = [asyncio.wrap_future(future) for future in list(self._under_way)]
        ended = (await asyncio.wait(left, timeout=patience))[0] if left else ()
        for future in ended:
            if not future.cancelled():
                future.exception()  # nobody else will ask

    def close(self) -> None:
        """What is under way ends by itself; nothing new begins."""
        self._threads.shutdown(wait=False)

    async def _in_thread(
        self, do: Callable[[Callable[[Session], T]], T], work: Callable[[Session], T]
    ) -> T:
        future = self._threads.submit(do, work)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return await asyncio.wrap_future(future)

    def _read(self, work: Callable[[Session], T]) -> T:
        with self._database.read() as session:
            return work(session)

    def _write(self, work: Callable[[Session], T]) -> T:
        with self._database.write() as session:
            return work(session)
