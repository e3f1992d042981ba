"""What comes late: clips of takes that were called stuck, and purchases that were sent again."""

from collections.abc import Set
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock
from musicapp_pipeline.generation.questions import open_questions
from musicapp_pipeline.store.models import GenerationAttempt, SceneVersion


def look_again(session: Session, project_id: str, provider: str) -> set[str]:
    """Have a project's stuck takes looked at now; answers with the attempts: see :func:`looking`.

    Args:
        provider: the one in use; nobody asks another one.
    """
    query = select(GenerationAttempt).where(
        GenerationAttempt.project_id == project_id,
        GenerationAttempt.provider == provider,
        GenerationAttempt.state == "stuck",
    )
    stuck = session.scalars(query).all()
    for attempt in stuck:
        attempt.next_action_at = clock.moment(session)
    return {attempt.id for attempt in stuck}


def looking(session: Session, ids: Set[str]) -> bool:
    """Whether one of these was not looked at yet, or is there and being fetched."""
    query = select(GenerationAttempt).where(GenerationAttempt.id.in_(ids))
    moment = clock.moment(session)
    return any(
        a.state in ("submitted", "completed")
        or (a.state == "stuck" and a.next_action_at is not None and a.next_action_at <= moment)
        for a in session.scalars(query.execution_options(populate_existing=True))
    )


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
    if open_ones := open_questions(session, project_id):
        held = sum((question.held_usd for question in open_ones), Decimal(0))
        notes.append(
            f"takes in doubt: {len(open_ones)}, ${held:.2f} held; `musicapp resolve` lists them"
        )
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
