"""The gates of a provider key, shared by all workers: one for submissions, one for questions.

A provider that says "too fast" to a submission closes the first until it says; running jobs are
still asked after, because their clips are kept for an hour only. One that says so to a question
closes both.
"""

import asyncio
import random
import time
from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock
from musicapp_pipeline.store.database import HELD
from musicapp_pipeline.store.models import ProviderGate

SOONEST = 0.2
"""Of the usual pause: a provider that says "again at once" is not asked in a loop."""
SPREAD = 0.5
"""Seconds over which those who waited at a gate go through it."""


def polls_key(key: str) -> str:
    """The gate of a provider key for questions about jobs."""
    return f"{key} polls"


def locked(session: Session, key: str) -> ProviderGate:
    """A gate's row, held until the transaction ends; made when there is none."""
    gate = session.get(ProviderGate, key, with_for_update=HELD, populate_existing=True)
    if gate is not None:
        return gate
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(ProviderGate).values(key=key).on_conflict_do_nothing())
    gate = session.get(ProviderGate, key, with_for_update=HELD)
    assert gate is not None
    return gate


def close(gate: ProviderGate, until: datetime, why: str) -> None:
    """Nobody passes before ``until``; of two waits the longer one stands."""
    gate.closed_until = max(gate.closed_until or until, until)
    gate.reason = why


def pause(wish: float | None, usual: float) -> float:
    """Seconds to wait after "too fast": as long as the provider says, but no hammering for it.

    Args:
        wish: the provider's ``retry-after``, if it named one.
        usual: otherwise.
    """
    return usual if wish is None else max(wish, usual * SOONEST)


def close_all(session: Session, key: str, seconds: float, why: str) -> None:
    """Neither submissions nor questions for so long."""
    until = clock.moment(session) + timedelta(seconds=seconds)
    for name in (key, polls_key(key)):
        close(locked(session, name), until, why)


def closed_until(session: Session, key: str) -> datetime | None:
    """Until when a gate is closed; None when it is open."""
    gate = session.get(ProviderGate, key)
    until = gate.closed_until if gate is not None else None
    return until if until is not None and until > clock.moment(session) else None


def seconds_closed(session: Session, key: str) -> float:
    """For how long a gate stays closed; 0 when it is open."""
    until = closed_until(session, key)
    return 0.0 if until is None else (until - clock.moment(session)).total_seconds()


class Pause:
    """This process's knowledge of the gate for questions, on a clock that nobody sets."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def left(self) -> float:
        """Seconds until questions may be asked; 0 or less when they may be now."""
        return self._until - time.monotonic()

    def closed_for(self, seconds: float) -> None:
        """The gate was seen closed for so long; of two waits the longer one stands."""
        self._until = max(self._until, time.monotonic() + seconds)

    async def over(self) -> None:
        """Wait until questions may be asked."""
        while (left := self.left) > 0:
            await asyncio.sleep(left + random.uniform(0, min(SPREAD, left)))
