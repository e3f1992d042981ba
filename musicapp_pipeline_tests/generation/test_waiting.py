"""A cancellation always ends a wait, whichever turn of the loop it meets."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from musicapp_pipeline.generation import waiting
from musicapp_pipeline.generation.naps import Naps
from musicapp_pipeline.store.models import now

TURNS = range(8)
"""Of the loop, between the end of a wait and the cancellation; a wait takes two or three to end."""
PLENTY = 50
"""Turns after which whoever still waits would wait for ever."""
SHORT = 0.005
Wait = Callable[[asyncio.Event], Awaitable[object]]


async def told(event: asyncio.Event) -> None:
    await waiting.told(event, 3600)


async def told_in_time(_: asyncio.Event) -> None:
    await waiting.told(asyncio.Event(), SHORT)


async def nap(event: asyncio.Event) -> None:
    """Naps have an event of their own, which news of another moment sets."""
    naps = Naps()
    news = asyncio.create_task(_pass_on(event, naps))
    await naps.nap("at-1", None, 3600)
    news.cancel()


async def _pass_on(event: asyncio.Event, naps: Naps) -> None:
    await event.wait()
    naps.told({"at-1": now()})


async def timeout(_: asyncio.Event) -> None:
    """The standard library's, which may be used: it counts cancellations."""
    try:
        async with asyncio.timeout(SHORT):
            await asyncio.Event().wait()
    except TimeoutError:
        pass


async def _again_and_again(wait: Wait, event: asyncio.Event) -> None:
    while True:
        await wait(event)
        event.clear()
        await asyncio.Event().wait()


async def is_ended(wait: Wait, turns: int, *, by_time: bool) -> bool:
    """Whether one cancellation, so many turns after the wait's end, ends the task that waits."""
    event = asyncio.Event()
    task = asyncio.create_task(_again_and_again(wait, event))
    for _ in range(5):
        await asyncio.sleep(0)
    if by_time:
        time.sleep(2 * SHORT)  # in the loop: its timer is due in the next turn, on any machine
    else:
        event.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    for _ in range(PLENTY):
        await asyncio.sleep(0)
    ended = task.cancelled()
    await waiting.end([task])
    return ended


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("wait", [told, nap])
def test_a_cancellation_that_meets_the_news_is_not_lost(wait, turns):
    assert asyncio.run(is_ended(wait, turns, by_time=False))


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("wait", [told_in_time, timeout])
def test_a_cancellation_that_meets_the_end_of_the_time_is_not_lost(wait, turns):
    assert asyncio.run(is_ended(wait, turns, by_time=True))


def test_told_says_whether_it_was():
    async def main() -> tuple[bool, bool, bool]:
        event = asyncio.Event()
        late = await waiting.told(event, 0)
        event.set()
        return late, await waiting.told(event, 0), await waiting.told(event, 3600)

    assert asyncio.run(main()) == (False, True, True)


def test_who_loses_a_cancellation_is_told_again(monkeypatch):
    monkeypatch.setattr(waiting, "AGAIN", 0.01)

    async def deaf(times: int) -> None:
        """Like ``wait_for`` at a bad moment."""
        for _ in range(times):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    async def main() -> bool:
        tasks = [asyncio.create_task(deaf(n)) for n in range(4)]
        await asyncio.sleep(0)
        await waiting.end(tasks)
        return all(task.done() for task in tasks)

    assert asyncio.run(main())


def test_the_failures_of_what_is_ended_are_its_own():
    async def fails() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise RuntimeError("while it was being ended")

    async def main() -> None:
        task = asyncio.create_task(fails())
        await asyncio.sleep(0)
        await waiting.end([task])
        await waiting.end([task])
        await waiting.end([])

    asyncio.run(main())


@pytest.mark.parametrize("cancels", [1, 2, 5])
def test_paid_work_gets_its_moment_however_often_it_is_cancelled(cancels):
    async def main() -> list[str]:
        done: list[str] = []
        enough = asyncio.Event()

        async def paid() -> None:
            await enough.wait()
            done.append("stored")

        task = asyncio.create_task(waiting.to_the_end(paid(), grace=3600))
        for _ in range(cancels):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.sleep(0)
        enough.set()
        await waiting.end([task])
        assert task.cancelled()
        return done

    assert asyncio.run(main()) == ["stored"]


def test_paid_work_that_takes_too_long_is_given_up():
    async def main() -> tuple[bool, bool]:
        ended: list[bool] = []

        async def paid() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        task = asyncio.create_task(waiting.to_the_end(paid(), grace=0.01))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await waiting.end([task])
        return task.cancelled(), ended == [True]

    assert asyncio.run(main()) == (True, True)


def test_the_outcome_of_paid_work_is_passed_on():
    async def main() -> int:
        async def paid() -> int:
            return 7

        return await waiting.to_the_end(paid(), grace=1.0)

    assert asyncio.run(main()) == 7
