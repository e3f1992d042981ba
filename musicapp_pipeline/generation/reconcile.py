"""Was it bought? Looking for a lost submission in the provider's own list.

Two looks, each at least the list's lag after the last, must agree that nothing is there before a
request may be sent again. A list of another server or account can show that it is there, never that
it is not. Of a request whose sender was lost, or whose answer, a look counts only once it can no
longer be on its way or worked on. A list that misses a job which is known to be there proves
nothing. Where a provider cannot list, or lists something that might be ours but cannot be told for
sure, nobody can know, and nothing is sent.
"""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import (
    acceptance,
    clock,
    evidence,
    ledger,
    standing,
    submission,
    whose,
)
from musicapp_pipeline.generation.errors import (
    ListingUnsupported,
    StatusUnavailable,
    UnknownModel,
)
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline.store.models import GenerationAttempt

if TYPE_CHECKING:
    from musicapp_pipeline.generation.dispatcher import DispatcherOptions
    from musicapp_pipeline.generation.drive import Drive

LOOKS = 2
FAILED_LOOKS = 12


async def look(drive: "Drive", attempt: GenerationAttempt) -> bool:
    """One look. Answers whether the attempt can go on at once."""
    assert attempt.submitted_at is not None
    if not may_list(drive, attempt.model):
        why = "no list of its jobs is to be relied on"
        if attempt.provider != "fal":
            why += " (its model's entry does not say can_list)"
        await drive.write(lambda s: submission.park_unknown(s, attempt.id, why))
        return False
    await drive.polls.over()
    here = drive.provider.key
    lag = drive.options.list_lag
    witness = await drive.read(lambda s: evidence.witness(s, attempt, here, lag))
    sent = attempt.submitted_at - whose.SLACK
    since = min(sent, witness.since - whose.SLACK) if witness is not None else sent
    try:
        listed = await drive.provider.list_recent(since)
    except ListingUnsupported as error:
        why = error.message
        await drive.write(lambda s: submission.park_unknown(s, attempt.id, why))
        return False
    except StatusUnavailable as error:
        await drive.slow_down(error)
        wish, told, options = error.retry_after, error.message, drive.options
        await drive.write(lambda s: not_looked(s, attempt.id, told, options, wish))
        return False
    version = await drive.read(lambda s: takes.get(s, attempt.version_id))
    unowned = await drive.read(lambda s: whose.unowned(s, attempt.provider, listed))
    free = [job for job in unowned if job.created_at is None or job.created_at >= sent]
    alike = evidence.candidates(free, attempt, version.prompt)
    refunded = refunds(drive, attempt.model)
    to_spare = partial(whose.to_spare, refunded=refunded)
    spare = await drive.read(lambda s: to_spare(s, attempt, version.prompt, alike, listed))
    for job in spare:
        if await _claim(drive, attempt, job):
            return True
    kept = len(alike) > len(spare)
    doubt = (
        submission.elsewhere(attempt, here)
        or ("it lists one that may be another take's, charged without its id" if kept else None)
        or evidence.doubtful(free, attempt, version.prompt)
        or evidence.unproven(listed, witness)
        or evidence.older([job for job in unowned if job not in free], attempt, version.prompt)
        or await drive.read(lambda s: whose.only_said(s, attempt, version.prompt, listed))
    )
    if doubt is None and witness is None:
        doubt = await drive.read(lambda s: evidence.other_words(s, free, attempt))
    return await drive.write(lambda s: _looked(s, attempt.id, lag, doubt))


def may_list(drive: "Drive", model: str) -> bool:
    """Whether the configuration vouches for the list; of a model that is gone nobody knows."""
    try:
        return drive.provider.capabilities(model).can_list
    except UnknownModel:
        return False


def refunds(drive: "Drive", model: str) -> bool:
    """Whether failed jobs are given back, as :func:`landing.failed` has it."""
    try:
        return drive.provider.capabilities(model).refunds_failed
    except UnknownModel:
        return False


def not_looked(
    session: Session,
    attempt_id: str,
    why: str,
    options: "DispatcherOptions",
    wish: float | None = None,
) -> None:
    """Note a look that showed nothing at all: look again, ever later, or leave it to a person.

    Args:
        options: how far apart looks are.
        wish: seconds that the provider asked for instead.
    """
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "unknown":
        return
    attempt.looks_failed += 1
    if attempt.looks_failed >= FAILED_LOOKS:
        tried = f"its list could not be read {attempt.looks_failed} times in a row ({why})"
        submission.park_unknown(session, attempt_id, tried)
        return
    doubled = options.retry * 2 ** (attempt.looks_failed - 1)
    wait = min(doubled, options.longest_look) if wish is None else wish
    attempt.next_action_at = clock.moment(session) + timedelta(seconds=wait)
    for row in standing.open_jobs(session, attempt.version_id):
        jobs.progress(session, row.id, 0, f"looking for it at the provider: {why}")


async def _claim(drive: "Drive", attempt: GenerationAttempt, job: ProviderJob) -> bool:
    try:
        await drive.write(lambda s: acceptance.accepted(s, attempt.id, job, claimed=True))
    except (acceptance.ClaimTaken, IntegrityError):
        return False  # it is another take's
    return True


def _looked(session: Session, attempt_id: str, lag: float, doubt: str | None) -> bool:
    """Note a look that did not find it; after the last one it is sent again, or parked in doubt.

    Returns:
        Whether to look again by and by.
    """
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "unknown":
        return True
    moment = clock.moment(session)
    attempt.next_action_at, attempt.looks_failed = moment + timedelta(seconds=lag), 0
    if attempt.absent_after is not None and attempt.absent_after > moment:
        return True
    attempt.reconcile_looks += 1
    if attempt.reconcile_looks < LOOKS:
        return True
    if doubt is not None:
        submission.park_unknown(session, attempt_id, doubt)
        return False
    # Kept whatever becomes of the next submission: this one may still turn up.
    attempt.declared_absent_at = moment
    ledger.move(session, attempt, "reserved", next_action_at=moment)
    standing.show(session, takes.get(session, attempt.version_id), "queued")
    return True
