"""Short transactions off the event loop, on threads of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

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

    async def read(self, work: Callable[[Session], T]) -> T:
        """``work`` in a reading transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    async def write(self, work: Callable[[Session], T]) -> T:
        """``work`` in a committed transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._write, work)

    def close(self) -> None:
        """What is under way ends by itself; nothing new begins."""
        self._threads.shutdown(wait=False)

    def _read(self, work: Callable[[Session], T]) -> T:
        with self._database.read() as session:
            return work(session)

    def _write(self, work: Callable[[Session], T]) -> T:
        with self._database.write() as session:
            return work(session)
