"""Dispatchers on a thread of their own, for processes that do other work meanwhile."""

import asyncio
import threading
from typing import Self

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.generation.crew import Crew


class BackgroundDispatcher:
    """Context manager: the crew works inside, and is stopped and joined on leaving."""

    def __init__(self, bench: Workbench) -> None:
        self._crew = Crew(
            bench.database,
            bench.media,
            bench.provider,
            bench.dispatcher_options(bench.provider.name),
            reach=bench.reach,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._crew.stop)
        # Whoever interrupts wants to leave; what is under way is taken up again by the next run.
        self._thread.join(timeout=1 if kind is KeyboardInterrupt else 30)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._crew.run())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
