"""Which dispatcher drives which attempt: rows are leased, and a lease not renewed is free again."""

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import states
from musicapp_pipeline.store.models import GenerationAttempt, now

LEASE = timedelta(seconds=30)
AT_ONCE = 1000
"""Attempts taken over in one transaction."""


def lease_due(session: Session, owner: str, busy: set[str], limit: int) -> list[str]:
    """Take over attempts that need somebody: those under way first, then new ones.

    Args:
        busy: attempts this owner drives already.
        limit: how many new submissions there is room for.
    """
    moment = now()
    free = or_(GenerationAttempt.lease_until.is_(None), GenerationAttempt.lease_until < moment)
    due = or_(
        GenerationAttempt.next_action_at.is_(None), GenerationAttempt.next_action_at <= moment
    )
    base = (
        select(GenerationAttempt)
        .where(free, due, GenerationAttempt.id.not_in(busy))
        .order_by(GenerationAttempt.created_at, GenerationAttempt.id)
        .with_for_update(skip_locked=True)
    )
    driven = base.where(
        GenerationAttempt.state.in_(states.DRIVEN), GenerationAttempt.next_action_at.is_not(None)
    )
    chosen = list(session.scalars(driven.limit(AT_ONCE)))
    if limit > 0:
        fresh = base.where(GenerationAttempt.state == "reserved")
        chosen += session.scalars(fresh.limit(limit))
    for row in chosen:
        row.lease_owner, row.lease_until = owner, moment + LEASE
    return [row.id for row in chosen]


def renew(session: Session, owner: str, ids: set[str]) -> None:
    """Keep the leases of what this owner drives."""
    query = select(GenerationAttempt).where(
        GenerationAttempt.id.in_(ids), GenerationAttempt.lease_owner == owner
    )
    for row in session.scalars(query):
        row.lease_until = now() + LEASE


def hand_back(session: Session, attempt_id: str, owner: str) -> None:
    """Give up a lease."""
    attempt = session.get(GenerationAttempt, attempt_id)
    if attempt is not None and attempt.lease_owner == owner:
        attempt.lease_owner = attempt.lease_until = None
