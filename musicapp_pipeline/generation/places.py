"""Places at a provider: how many are taken, and who waits because takes in doubt keep theirs."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock, states
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.models import GenerationAttempt, ProcessingJob


def taken(session: Session, provider: str, key: str, doubtful: float) -> int:
    """Places that are taken, by all workers.

    Args:
        key: of the account and server in use; what another one may have been sent takes none here.
        doubtful: seconds for which a request in doubt keeps its place: it may be rendered.
    """
    busy = GenerationAttempt.state.in_(states.IN_FLIGHT)
    query = _of(provider, or_(busy, _in_doubt(session, key, doubtful)))
    return session.scalar(query) or 0


def kept(session: Session, provider: str, key: str, doubtful: float) -> int:
    """Those that are kept by takes of which only a person can say whether they were bought."""
    parked = GenerationAttempt.next_action_at.is_(None)
    return session.scalar(_of(provider, _in_doubt(session, key, doubtful) & parked)) or 0


def untold(
    session: Session, provider: str, key: str, limit: int, doubtful: float
) -> tuple[list[str], str]:
    """Jobs of takes that wait because others in doubt keep places, and do not say so yet; and what
    there is to say."""
    doubts = kept(session, provider, key, doubtful)
    if not doubts or taken(session, provider, key, doubtful) < limit:
        return [], ""
    text = f"waits for a place at the provider: takes in doubt keep {doubts} of {limit}"
    waiting = (
        select(ProcessingJob.id)
        .join(GenerationAttempt, GenerationAttempt.version_id == ProcessingJob.version_id)
        .where(
            GenerationAttempt.provider == provider,
            GenerationAttempt.state == "reserved",
            ProcessingJob.type.in_(("generate_scene", "remix_scene")),
            ProcessingJob.status.in_(jobs.OPEN),
            func.coalesce(ProcessingJob.message, "") != text,
        )
    )
    return list(session.scalars(waiting)), text


def _in_doubt(session: Session, key: str, doubtful: float) -> ColumnElement[bool]:
    lately = clock.moment(session) - timedelta(seconds=doubtful)
    return and_(
        GenerationAttempt.state == "unknown",
        GenerationAttempt.submitted_at > lately,
        GenerationAttempt.sent_to.in_(("", key)),
    )


def _of(provider: str, which: ColumnElement[bool]) -> Select[int]:
    return select(func.count(GenerationAttempt.id)).where(
        # An expression for the same reason as in ``leases``.
        GenerationAttempt.provider.concat("") == provider,
        GenerationAttempt.state.in_((*states.IN_FLIGHT, "unknown")),
        which,
    )
