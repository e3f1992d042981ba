"""Requests that were sent again, and purchases that showed up after that."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.store.models import GenerationAttempt, SceneVersion


def coming(session: Session, project_id: str) -> int:
    """How many purchases of takes that have their clip are still fetched."""
    query = (
        select(func.count(GenerationAttempt.id))
        .join(SceneVersion, SceneVersion.id == GenerationAttempt.version_id)
        .where(
            GenerationAttempt.project_id == project_id,
            GenerationAttempt.state.in_(("submitted", "completed")),
            SceneVersion.clip_key.is_not(None),
        )
    )
    return session.scalar(query) or 0


def late_notes(session: Session, project_id: str) -> tuple[str, ...]:
    """What the invoice may have that the sum of costs does not, or not yet."""
    notes = []
    if late := coming(session, project_id):
        notes.append(
            f"purchases that showed up late: {late}; they are booked, and their clips are fetched"
            " the next time musicapp runs"
        )
    query = select(func.count(GenerationAttempt.id)).where(
        GenerationAttempt.project_id == project_id,
        GenerationAttempt.declared_absent_at.is_not(None),
        GenerationAttempt.state != "released",
        GenerationAttempt.simulated.is_(False),
    )
    if again := session.scalar(query):
        notes.append(
            "requests that got no answer, were not found at the provider and were sent again:"
            f" {again}; whether the first was billed all the same is looked for when musicapp runs"
            " again, from four minutes on"
        )
    return tuple(notes)
