"""The sweeper: purchases that showed up after they had been declared absent.

A submission that was looked for, not found and sent again, or given up by a person, may turn up in
the provider's list later than the list is supposed to lag. Nothing can undo that purchase, but it
is booked, so that the ledger says what the invoice will say, and its clip is fetched.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import and_, not_, select
from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.generation import acceptance, clock, ledger, reconcile
from musicapp_pipeline.generation.errors import ListingUnsupported, StatusUnavailable
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.providers.dialects import identity
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt

if TYPE_CHECKING:
    from musicapp_pipeline.generation.drive import Drive

log = logs.get(__name__)
REACH = timedelta(hours=6)
"""How long an attempt is kept in mind after it was last declared absent, by us or by a person."""


async def sweep(drive: "Drive") -> int:
    """Look once for late purchases of attempts that were declared absent.

    Nothing is asked of the provider while there is no such attempt.

    Returns:
        How many were found and booked.
    """
    absent = await drive.read(lambda s: declared_absent(s, drive.provider.name))
    if not absent:
        return 0
    since = min(attempt.created_at for attempt in absent) - reconcile.SLACK
    try:
        await drive.polls.over()
        listed = await drive.provider.list_recent(since)
    except (ListingUnsupported, StatusUnavailable) as error:
        log.info("no list to sweep", why=error.message)
        return 0
    old = await drive.read(clock.moment) - timedelta(seconds=drive.options.send_limit)
    settled = [job for job in listed if job.created_at is not None and job.created_at < old]
    found = 0
    for attempt in absent:
        late = [job for job in settled if _is_late(job, attempt)]
        found += await drive.write(partial(_book, attempt_id=attempt.id, late=late))
    return found


def declared_absent(session: Session, provider: str) -> Sequence[GenerationAttempt]:
    """Attempts that were given up as not bought in the last hours and are not looked for now."""
    looked_for = and_(
        GenerationAttempt.state == "unknown", GenerationAttempt.next_action_at.is_not(None)
    )
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider == provider,
        GenerationAttempt.declared_absent_at > clock.moment(session) - REACH,
        GenerationAttempt.state != "submitting",
        not_(looked_for),
    )
    return session.scalars(query.order_by(GenerationAttempt.created_at)).all()


def _is_late(job: ProviderJob, attempt: GenerationAttempt) -> bool:
    return job.created_at is not None and job.created_at > attempt.created_at - reconcile.SLACK


def _book(session: Session, attempt_id: str, late: Sequence[ProviderJob]) -> int:
    attempt = ledger.locked(session, attempt_id)
    version = takes.get(session, attempt.version_id)
    owned = acceptance.owned_jobs(session, attempt.provider, "")
    free = [job for job in late if identity(job.id) not in owned]
    ours = reconcile.candidates(free, attempt, version.prompt)
    if len(ours) <= reconcile.paid_unseen(session, attempt, version.prompt):
        return 0  # what a person saw charged is booked already
    for job in ours:
        log.warning("late purchase", attempt=attempt_id, job=job.id)
        acceptance.accepted(session, attempt_id, job)
    return len(ours)
