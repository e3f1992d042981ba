"""A dispatcher that stops keeps nothing, so that the next one goes on at once, and it does end."""

import asyncio
import threading

import pytest

from musicapp_pipeline.generation import landing, leases
from musicapp_pipeline.generation.dispatcher import Dispatcher
from musicapp_pipeline.generation.errors import DownloadFailed
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.money_world import (
    PATIENCE,
    MoneyWorld,
    money_world,
    wait_for,
)

pytestmark = pytest.mark.usefixtures("quick_check")


@pytest.fixture(params=KINDS)
def world(request, tmp_path):
    with money_world(request.param, tmp_path, scenes=3) as made:
        made.hold()
        made.admit()
        yield made


def owners(world: MoneyWorld) -> set[str | None]:
    return {attempt.lease_owner for attempt in world.attempts()}


async def ended(running: "asyncio.Task[None]") -> bool:
    """Whether it ends; a dispatcher that does not would be waited for by whoever shuts down."""
    done, _ = await asyncio.wait({running}, timeout=PATIENCE)
    return bool(done)


def test_what_is_driven_is_given_back(world):
    async def main() -> None:
        dispatcher = world.dispatcher()
        running = asyncio.create_task(dispatcher.run())
        await wait_for(lambda: set(world.states()) == {"submitted"})
        assert owners(world) == {dispatcher.owner}
        dispatcher.stop()
        assert await ended(running)

    asyncio.run(main())
    assert owners(world) == {None}


def test_what_has_ended_holds_no_lease(world):
    """A person may have its clip fetched again, and does not want to wait for half a minute."""

    async def main() -> None:
        dispatcher = world.dispatcher()
        running = asyncio.create_task(dispatcher.run())
        await wait_for(lambda: set(world.states()) == {"submitted"})
        with world.database.write() as session:
            for attempt in world.attempts():
                landing.lost(session, attempt.id, DownloadFailed("gone", permanent=True))
        assert owners(world) == {None}
        dispatcher.stop()
        assert await ended(running)

    asyncio.run(main())


def test_what_was_leased_and_not_begun_is_given_back(world):
    """Its task has not taken its first step, so nothing in it runs any more."""

    async def main() -> None:
        dispatcher = world.dispatcher()

        async def cancelled() -> None:
            running.cancel()
            await asyncio.sleep(0)

        dispatcher._look_for_news = cancelled
        running = asyncio.create_task(dispatcher.run())
        assert await ended(running)

    asyncio.run(main())
    assert set(world.states()) == {"reserved"}
    assert owners(world) == {None}


def test_a_lease_that_is_being_written_while_it_stops_is_given_back(world, monkeypatch):
    taken, go_on = threading.Event(), threading.Event()
    real = leases.lease_due

    def slow(*args):
        found = real(*args)
        taken.set()
        go_on.wait(PATIENCE)
        return found

    monkeypatch.setattr(leases, "lease_due", slow)

    async def main() -> None:
        running = asyncio.create_task(world.dispatcher().run())
        await wait_for(taken.is_set)
        running.cancel()
        await asyncio.sleep(0)
        go_on.set()
        assert await ended(running)

    asyncio.run(main())
    assert owners(world) == {None}


def test_what_is_leased_is_begun_whatever_becomes_of_the_news(world):
    async def main() -> None:
        dispatcher = world.dispatcher()

        async def away() -> None:
            raise ConnectionError("the database is away for a moment")

        dispatcher._look_for_news = away
        running = asyncio.create_task(dispatcher.run())
        await wait_for(lambda: set(world.states()) == {"submitted"})
        dispatcher.stop()
        assert await ended(running)

    asyncio.run(main())


@pytest.mark.parametrize("turns", range(8))
def test_takes_that_are_told_to_look_while_it_stops_do_not_hold_it_up(turns, tmp_path):
    """The news ends their naps in the very turns of the loop in which they are cancelled."""
    with money_world("sqlite", tmp_path, scenes=3) as world:
        world.hold()
        world.admit()

        async def main() -> None:
            dispatcher = world.dispatcher(poll=3600.0)
            running = asyncio.create_task(dispatcher.run())
            naps = dispatcher._drive.naps
            await wait_for(lambda: len(naps.ids) == 3)
            tasks = list(dispatcher._tasks.values())
            running.cancel()
            for _ in range(turns):
                await asyncio.sleep(0)
            naps.told(dict.fromkeys(naps.ids))
            assert await ended(running)
            assert all(task.done() for task in tasks)

        asyncio.run(main())
        assert owners(world) == {None}


def test_a_take_that_loses_its_cancellation_is_told_again(tmp_path, monkeypatch):
    """Such as one whose library swallows it."""
    from musicapp_pipeline.generation import waiting

    monkeypatch.setattr(waiting, "AGAIN", 0.05)
    with money_world("sqlite", tmp_path) as world:
        world.admit()

        async def main() -> None:
            dispatcher = world.dispatcher()
            deaf = asyncio.Event()

            async def swallows(_: str) -> None:
                deaf.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    await asyncio.Event().wait()

            dispatcher._drive.until_parked = swallows
            running = asyncio.create_task(dispatcher.run())
            await wait_for(deaf.is_set)
            dispatcher.stop()
            assert await ended(running)

        asyncio.run(main())


def test_a_database_that_is_away_does_not_hold_it_up(world):
    """Its leases lapse by themselves."""

    async def main() -> None:
        dispatcher: Dispatcher = world.dispatcher()
        running = asyncio.create_task(dispatcher.run())
        await wait_for(lambda: set(world.states()) == {"submitted"})

        async def away(_):
            raise ConnectionError("no database")

        dispatcher._drive.write = away
        dispatcher.stop()
        assert await ended(running)
        assert owners(world) == {dispatcher.owner}

    asyncio.run(main())
