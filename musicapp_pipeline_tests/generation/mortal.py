"""Dispatchers that can be killed at any step, in this process.

A killed one has no further effect on the world: its transactions roll back, its requests are not
sent, its ``finally`` clauses cannot clean up. That is what ``kill -9`` does; a few tests use the
real one, and these cover every step.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation.dispatcher import Dispatcher
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import MediaStore
from musicapp_pipeline.store.models import GenerationAttempt


class Dead(BaseException):
    """The dispatcher was killed; nothing catches this."""


class Life:
    """Counts a dispatcher's steps and ends it at one of them.

    Args:
        step: the name of the step that it dies at; None for a long life.
        after: die when the step has had its effect, instead of before.
    """

    def __init__(self, step: str | None = None, *, after: bool = False) -> None:
        self.dead = False
        self.steps: list[str] = []
        self._step, self._after = step, after

    def before(self, name: str) -> None:
        """A step is about to happen."""
        self.check()
        self.steps.append(name)
        if not self._after and self.is_last(name, after=False):
            self.die()

    def after(self, name: str) -> None:
        """A step has had its effect; nobody has noted it yet."""
        self.check()
        if self.is_last(name, after=True):
            self.die()

    def is_last(self, name: str, *, after: bool) -> bool:
        return name == self._step and after == self._after

    def check(self) -> None:
        if self.dead:
            raise Dead

    def die(self) -> None:
        self.dead = True
        raise Dead


class RandomLife(Life):
    """May end at any step."""

    def __init__(self, dice: random.Random, probability: float) -> None:
        super().__init__()
        self._dice, self._probability = dice, probability

    def is_last(self, name: str, *, after: bool) -> bool:
        return self._dice.random() < self._probability / 2


def mortal(dispatcher: Dispatcher, life: Life) -> Dispatcher:
    """The dispatcher with steps that its life counts: commits by what they change, requests to the
    provider, and the keeping of media."""
    drive = dispatcher._drive
    drive.database = dispatcher.database = _Database(drive.database, life)
    drive._transactions._database = drive.database
    drive.media = _Media(drive.media, life)
    drive.provider = dispatcher._provider = _Provider(drive.provider, life)
    return dispatcher


class _Database:
    def __init__(self, real: Database, life: Life) -> None:
        self._real, self._life = real, life

    @contextmanager
    def read(self) -> Iterator[Session]:
        self._life.check()
        with self._real.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        self._life.check()
        with self._real.write() as session:
            before = _states(session)
            yield session
            session.flush()
            after = _states(session)
            name = "; ".join(
                f"{before[id_]} to {after[id_]}" for id_ in before if before[id_] != after[id_]
            )
            self._life.before(name or "note")
        self._life.after(name or "note")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _states(session: Session) -> dict[str, str]:
    query = select(GenerationAttempt.id, GenerationAttempt.state)
    return {row.id: row.state for row in session.execute(query)}


class _Provider:
    def __init__(self, real: Any, life: Life) -> None:
        self._real, self._life = real, life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*args: Any) -> Any:
            async with self._step(name):
                return await found(*args)

        return call

    @asynccontextmanager
    async def _step(self, name: str) -> AsyncIterator[None]:
        self._life.before(name)
        try:
            yield
        finally:
            self._life.after(name)


class _Media:
    def __init__(self, real: MediaStore, life: Life) -> None:
        self._real, self._life = real, life

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        self._life.check()
        with self._real.writing(key) as path:
            yield path
            self._life.before("keep")
        self._life.after("keep")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
