"""Dispatchers on a thread of their own, for processes that do other work meanwhile."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.generation import submission
from musicapp_pipeline.generation.crew import Crew

LEEWAY = 5.0
"""Seconds beyond the dispatcher's own grace, in which it writes down what it has learned."""
STOP_TIMEOUT = 30.0


def unsaid(_text: str) -> None:
    """Nobody wants to know."""


class BackgroundDispatcher:
    """Context manager: the crew works inside, and is stopped on leaving.

    Whoever interrupts wants to leave, but not to lose the answers to paid requests that are on
    their way: they are waited for, and a second interruption leaves them in doubt.

    Args:
        say: told what is waited for.
    """

    def __init__(self, bench: Workbench, say: Callable[[str], None] = unsaid) -> None:
        self._database = bench.database
        self._say = say
        options = bench.dispatcher_options(bench.provider.name)
        self._patience = options.grace + LEEWAY
        self._crew = Crew(bench.database, bench.media, bench.provider, options, reach=bench.reach)
        self._loop = asyncio.new_event_loop()
        self._rests = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._crew.stop)
        if kind is not KeyboardInterrupt:
            self._thread.join(STOP_TIMEOUT)
            return
        with self._database.read() as session:
            sending = submission.being_sent(session)
        if sending:
            self._say(
                f"the answers to {sending} paid requests are waited for, {self._patience:.0f} s at"
                " most; Ctrl-C again leaves those takes in doubt"
            )
        self._rests.wait(self._patience)

    def swept(self, patience: float) -> None:
        """Wait until late purchases have been looked for once, or no longer than ``patience``."""
        looked = asyncio.run_coroutine_threadsafe(self._crew.swept(), self._loop)
        with suppress(TimeoutError):
            looked.result(patience)
        looked.cancel()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._crew.run())
        finally:
            self._rests.set()
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
