"""A dispatcher that has nothing to wait for asks the database nothing, and misses nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from musicapp_pipeline.generation.dispatcher import Dispatcher
from musicapp_pipeline.store.models import GenerationAttempt, now


@pytest.fixture
def dispatcher(world) -> Iterator[Dispatcher]:
    made = world.dispatcher()
    yield made
    made._drive.close()
    made._commits.close()


@contextmanager
def asked(world) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, sql: str, *_rest: object) -> None:
        seen.append(sql)

    event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.database.engine, "before_cursor_execute", note)


def look(dispatcher: Dispatcher) -> list[str]:
    return asyncio.run(dispatcher._look_for_work(8))


def test_nothing_is_asked_until_something_is_committed(world, dispatcher: Dispatcher) -> None:
    assert look(dispatcher) == []
    with asked(world) as seen:
        assert look(dispatcher) == []
    assert seen == []
    world.admit()
    assert len(look(dispatcher)) == 1


def test_what_only_time_makes_due_is_looked_for(world, dispatcher: Dispatcher) -> None:
    world.admit()
    later = now() + timedelta(hours=1)
    with world.database.write() as session:
        session.execute(update(GenerationAttempt).values(next_action_at=later))
    for _ in range(2):
        with asked(world) as seen:
            assert look(dispatcher) == []
        assert seen, "its time may have come"
