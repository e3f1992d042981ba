"""Takes of a provider that is not in use: nobody asks for them, so at least it is said.

They go on when their provider is in use again. One that is overdue is parked as stuck before that,
because the provider has it, and has it for an hour only.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.generation import clock, landing, standing
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.models import GenerationAttempt

log = logs.get(__name__)
WAITING = ("reserved", "submitting", "submitted", "unknown", "completed")


def of_others(session: Session, provider: str) -> Sequence[GenerationAttempt]:
    """Attempts that wait for another provider's return and that nobody drives elsewhere."""
    moment = clock.moment(session)
    query = select(GenerationAttempt).where(
        GenerationAttempt.state.in_(WAITING),
        GenerationAttempt.provider != provider,
        GenerationAttempt.next_action_at.is_not(None),
        or_(GenerationAttempt.lease_until.is_(None), GenerationAttempt.lease_until < moment),
    )
    return session.scalars(query).all()


def tell(session: Session, provider: str, job_timeout: float, look_again: float) -> None:
    """Say so to whoever waits for them; what the provider has had for too long is stuck.

    Args:
        provider: the one in use.
        job_timeout: seconds from acceptance until a take is stuck.
        look_again: seconds until it is looked at again, should its provider be in use then.
    """
    late = clock.moment(session) - timedelta(seconds=job_timeout)
    for attempt in of_others(session, provider):
        why = f"It is a take of {attempt.provider}'s, which is not in use: switch back, and soon"
        why += " where it is rendered already, because clips are kept for an hour."
        log.warning("its provider is not in use", attempt=attempt.id, provider=attempt.provider)
        if attempt.state == "submitted" and (attempt.accepted_at or late) <= late:
            landing.stuck(session, attempt.id, why, look_again)
            continue
        for row in standing.open_jobs(session, attempt.version_id):
            jobs.progress(session, row.id, 0, why)
