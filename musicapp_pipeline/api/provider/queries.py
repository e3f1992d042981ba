"""Finding the attempt that a provider speaks of."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import states
from musicapp_pipeline.store.models import GenerationAttempt


def awaited(session: Session, job_id: str) -> list[GenerationAttempt]:
    """Attempts that still wait for news of a provider's job; two providers may share an id."""
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider_job_id == job_id, GenerationAttempt.state.in_(states.DRIVEN)
    )
    return list(session.scalars(query.with_for_update()))
