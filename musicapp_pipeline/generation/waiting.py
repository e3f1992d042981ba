"""Waits that a cancellation always ends.

``asyncio.wait_for`` of Python 3.11 swallows a cancellation that meets the end of its wait (CPython
gh-86296), and whoever then waits for the task to end waits for ever; the linter bans it here.
``asyncio.timeout`` counts cancellations and loses none.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
AGAIN = 5.0
"""Seconds until what was told to end and did not is told again."""


async def told(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, for ``seconds`` at most. Whether it is set."""
    waiter = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiter}, timeout=seconds)
    finally:
        waiter.cancel()
    return event.is_set()


async def end(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel tasks until they have ended; a library may lose a cancellation, too."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        ended, left = await asyncio.wait(left, timeout=AGAIN)
        for task in ended:
            if not task.cancelled():
                task.exception()  # looked at, so that it is not reported as forgotten


async def to_the_end(work: Coroutine[Any, Any, T], grace: float) -> T:
    """Let work end that costs money, even when the task around it is cancelled meanwhile.

    Args:
        grace: seconds that it has left once it is cancelled, however often.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _left_alone(task, grace)
        raise
    finally:
        task.cancel()


async def _left_alone(task: "asyncio.Task[Any]", grace: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + grace
    while not task.done() and (left := deadline - loop.time()) > 0:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task}, timeout=left)
