"""Which dispatcher drives which attempt: rows are leased, and a lease not renewed is free again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock, states
from musicapp_pipeline.store.models import GenerationAttempt

LEASE = timedelta(seconds=30)
AT_ONCE = 1000
"""Attempts taken over in one transaction."""


def lease_due(session: Session, owner: str, provider: str, busy: set[str], limit: int) -> list[str]:
    """Take over attempts that need somebody: those under way first, then new ones.

    Args:
        owner: who asks; nobody else drives them then.
        provider: attempts of another one wait for its return.
        busy: attempts this owner drives already.
        limit: how many new submissions there is room for.
    """
    chosen = [
        row for query in _due(session, provider, busy, limit) for row in _locked(session, query)
    ]
    until = clock.moment(session) + LEASE
    for row in chosen:
        row.lease_owner, row.lease_until = owner, until
    return [row.id for row in chosen]


def anything_due(session: Session, provider: str, busy: set[str], limit: int) -> bool:
    """Whether :func:`lease_due` would find something; asked often, so it locks nothing."""
    wanted = _due(session, provider, busy, limit)
    return any(session.scalar(query.with_only_columns(GenerationAttempt.id)) for query in wanted)


def anything_waits(session: Session, provider: str) -> bool:
    """Whether time alone, with nothing else happening, may make something due."""
    query = select(GenerationAttempt.id).where(
        GenerationAttempt.provider.concat("") == provider,
        GenerationAttempt.state.in_((*states.DRIVEN, "reserved")),
    )
    return session.scalar(query.limit(1)) is not None


def _due(session: Session, provider: str, busy: set[str], limit: int) -> list[Select[Any]]:
    moment = clock.moment(session)
    base = (
        select(GenerationAttempt)
        .where(
            # As an expression, lest SQLite enters by the index of providers' jobs: that holds every
            # attempt there ever was.
            GenerationAttempt.provider.concat("") == provider,
            GenerationAttempt.next_action_at <= moment,
            or_(GenerationAttempt.lease_until.is_(None), GenerationAttempt.lease_until < moment),
            GenerationAttempt.id.not_in(busy),
        )
        .order_by(GenerationAttempt.created_at, GenerationAttempt.id)
    )
    found = [base.where(GenerationAttempt.state.in_(states.DRIVEN)).limit(AT_ONCE)]
    if limit > 0:
        found.append(base.where(GenerationAttempt.state == "reserved").limit(limit))
    return found


def _locked(session: Session, query: Select[Any]) -> Iterable[GenerationAttempt]:
    return session.scalars(query.with_for_update(skip_locked=True, key_share=True)).all()


def due_of(session: Session, owner: str, ids: set[str]) -> dict[str, datetime | None]:
    """When somebody wants to look at these attempts of an owner next."""
    query = select(GenerationAttempt.id, GenerationAttempt.next_action_at).where(
        GenerationAttempt.state.in_(states.DRIVEN),
        GenerationAttempt.lease_owner == owner,
    )
    return {row.id: row.next_action_at for row in session.execute(query) if row.id in ids}


def renew(session: Session, owner: str, ids: set[str]) -> None:
    """Keep the leases of what this owner drives."""
    query = select(GenerationAttempt).where(
        GenerationAttempt.id.in_(ids), GenerationAttempt.lease_owner == owner
    )
    until = clock.moment(session) + LEASE
    for row in session.scalars(query):
        row.lease_until = until


def hand_back(session: Session, owner: str, attempt_id: str | None = None) -> None:
    """Give up a lease; all of this owner's when no attempt is named."""
    theirs = GenerationAttempt.lease_owner == owner
    if attempt_id is None:
        theirs &= GenerationAttempt.state.in_(states.HOLDING)  # which has an index
    else:
        theirs &= GenerationAttempt.id == attempt_id
    free = update(GenerationAttempt).where(theirs).values(lease_owner=None, lease_until=None)
    session.execute(free.execution_options(synchronize_session=False))
