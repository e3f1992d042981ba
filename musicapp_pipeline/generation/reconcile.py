"""Was it bought? Looking for a lost submission in the provider's own list.

Two looks, each at least the list's lag after the last, must agree that nothing is there before a
request may be sent again. Where a provider cannot list, nobody can know, and nothing is sent.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import ledger, submission
from musicapp_pipeline.generation.errors import ListingUnsupported, StatusUnavailable
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.providers.dialects import identity
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt, now

if TYPE_CHECKING:
    from musicapp_pipeline.generation.drive import Drive

LOOKS = 2
SLACK = timedelta(seconds=5)
"""Clocks differ."""
REMEMBERED = timedelta(days=7)
"""Longer than any provider's list of recent jobs reaches back."""


async def look(drive: "Drive", attempt: GenerationAttempt) -> bool:
    """One look. Answers whether the attempt can go on at once."""
    assert attempt.submitted_at is not None
    lag = drive.options.list_lag
    try:
        listed = await drive.provider.list_recent(attempt.submitted_at - SLACK)
    except ListingUnsupported as error:
        why = error.message
        await drive.write(lambda s: submission.park_unknown(s, attempt.id, why))
        return False
    except StatusUnavailable as error:
        wait = error.retry_after or drive.options.retry
        await drive.write(lambda s: _again_in(s, attempt.id, wait))
        return False
    version = await drive.read(lambda s: takes.get(s, attempt.version_id))
    if any(job.prompt is None for job in listed):
        why = "its list does not say which prompt a job is for"
        await drive.write(lambda s: submission.park_unknown(s, attempt.id, why))
        return False
    owned = await drive.read(lambda s: _owned(s, attempt))
    ours = [j for j in listed if matches(j, attempt, version.prompt)]
    for job in reversed([j for j in ours if identity(j.id) not in owned]):
        if await _claim(drive, attempt, job):
            return True
    done = await drive.write(lambda s: _looked(s, attempt.id, lag))
    return not done


def matches(job: ProviderJob, attempt: GenerationAttempt, prompt: str) -> bool:
    """Could this be ours? Fields that the provider does not tell are not held against it."""
    told = (
        (job.model, attempt.model),
        (job.size, attempt.size),
        (job.seconds, attempt.seconds),
    )
    remix = attempt.request.get("remix_of")
    return (
        job.status != "failed"
        and job.prompt == prompt
        and all(theirs is None or theirs == ours for theirs, ours in told)
        and (remix is None or job.remixed_from in (None, remix))
    )


def _owned(session: Session, attempt: GenerationAttempt) -> set[str]:
    """Jobs that other takes have, however a gateway spells their ids in different answers."""
    query = select(GenerationAttempt.provider_job_id).where(
        GenerationAttempt.provider == attempt.provider,
        GenerationAttempt.model == attempt.model,
        GenerationAttempt.id != attempt.id,
        GenerationAttempt.provider_job_id.is_not(None),
        GenerationAttempt.created_at > now() - REMEMBERED,
    )
    return {identity(job_id) for job_id in session.scalars(query) if job_id}


async def _claim(drive: "Drive", attempt: GenerationAttempt, job: ProviderJob) -> bool:
    try:
        await drive.write(lambda s: submission.accepted(s, attempt.id, job, claimed=True))
    except (submission.ClaimTaken, IntegrityError):
        return False  # it is another take's
    return True


def _again_in(session: Session, attempt_id: str, seconds: float) -> None:
    ledger.locked(session, attempt_id).next_action_at = now() + timedelta(seconds=seconds)


def _looked(session: Session, attempt_id: str, lag: float) -> bool:
    """Note a look that found nothing; after the last one the attempt may be sent again."""
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "unknown":
        return False
    attempt.reconcile_looks += 1
    if attempt.reconcile_looks < LOOKS:
        attempt.next_action_at = now() + timedelta(seconds=lag)
        return False
    ledger.move(session, attempt, "reserved", next_action_at=now())
    takes.set_status(session, takes.get(session, attempt.version_id), "queued")
    return True
