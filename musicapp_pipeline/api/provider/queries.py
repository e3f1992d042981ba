"""Finding the attempt that a provider speaks of, and what it has said before."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from musicapp_pipeline.generation.landing import AWAITED
from musicapp_pipeline.store.models import GenerationAttempt, ProviderEvent, now

REMEMBERED = timedelta(days=1)
"""Deliveries older than five minutes are refused by their age."""


def awaited(session: Session, job_id: str) -> list[GenerationAttempt]:
    """Attempts that wait for news of a provider's job; two providers may share an id.

    Those whose end is known do not: their clip's next download has a moment of its own.
    """
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider_job_id == job_id, GenerationAttempt.state.in_(AWAITED)
    )
    return list(session.scalars(query.with_for_update(key_share=True)))


def is_news(session: Session, event_id: str) -> bool:
    """Note an event. Whether it is the first time that it came."""
    session.execute(delete(ProviderEvent).where(ProviderEvent.received_at < now() - REMEMBERED))
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(ProviderEvent).values(id=event_id, received_at=now())
    first = row.on_conflict_do_nothing().returning(ProviderEvent.id)
    return session.scalar(first) is not None
