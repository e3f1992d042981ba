"""Was it bought? Looking for a lost submission in the provider's own list.

Two looks, each at least the list's lag after the last, must agree that nothing is there before a
request may be sent again. A list of another server or account can show that it is there, never that
it is not. Of a request whose sender was lost, or whose answer, a look counts only once it can no
longer be on its way or worked on. A list that misses a job which is known to be there proves
nothing. Where a provider cannot list, or lists something that might be ours but cannot be told for
sure, nobody can know, and nothing is sent.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import acceptance, clock, ledger, standing, submission
from musicapp_pipeline.generation.errors import (
    ListingUnsupported,
    StatusUnavailable,
    UnknownModel,
)
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.providers.dialects import identity
from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline.store.models import GenerationAttempt, SceneVersion

if TYPE_CHECKING:
    from musicapp_pipeline.generation.dispatcher import DispatcherOptions
    from musicapp_pipeline.generation.drive import Drive

LOOKS = 2
FAILED_LOOKS = 12
WITNESSES = timedelta(minutes=10)
"""How much older than a doubt a job may be by which its list is judged."""
SLACK = timedelta(minutes=15)
"""Clocks differ. Looking back too far finds only jobs that nobody owns, so it is the safe side."""


async def look(drive: "Drive", attempt: GenerationAttempt) -> bool:
    """One look. Answers whether the attempt can go on at once."""
    assert attempt.submitted_at is not None
    if not _can_list(drive, attempt.model):
        why = "no list of its jobs is to be relied on (its model's entry does not say can_list)"
        await drive.write(lambda s: submission.park_unknown(s, attempt.id, why))
        return False
    await drive.polls.over()
    here = drive.provider.key
    witness = await drive.read(lambda s: _witness(s, attempt, here, drive.options.list_lag))
    sent = attempt.submitted_at - SLACK
    known = witness.accepted_at if witness is not None else None
    since = min(sent, known - SLACK) if known is not None else sent
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
    owned = await drive.read(lambda s: acceptance.owned_jobs(s, attempt.provider, attempt.id))
    recent = [job for job in listed if job.created_at is None or job.created_at >= sent]
    free = [job for job in recent if identity(job.id) not in owned]
    alike = candidates(free, attempt, version.prompt)
    spoken_for = await drive.read(lambda s: paid_unseen(s, attempt, version.prompt))
    if len(alike) > spoken_for:
        for job in alike:
            if await _claim(drive, attempt, job):
                return True
        alike = []
    doubt = (
        submission.elsewhere(attempt, here)
        or ("it lists one that may be another take's, charged without its id" if alike else None)
        or doubtful(free, attempt, version.prompt)
        or unproven(listed, witness)
    )
    return await drive.write(lambda s: _looked(s, attempt.id, drive.options.list_lag, doubt))


def _can_list(drive: "Drive", model: str) -> bool:
    """Whether the configuration vouches for the list; of a model that is gone nobody knows."""
    try:
        return drive.provider.capabilities(model).can_list
    except UnknownModel:
        return False


def candidates(
    listed: Sequence[ProviderJob], attempt: GenerationAttempt, prompt: str
) -> list[ProviderJob]:
    """Jobs that are ours for all that is told, the likeliest first, the oldest of equals first.

    A failed one counts too: it was accepted, and its failure has consequences of its own. The
    model's name is only a hint, because servers call models what they like.
    """
    ours = [j for j in reversed(listed) if j.prompt is not None and matches(j, attempt, prompt)]
    return sorted(ours, key=lambda j: (j.status == "failed", j.model not in (None, attempt.model)))


def matches(job: ProviderJob, attempt: GenerationAttempt, prompt: str) -> bool:
    """Could this be ours? Fields that the provider does not tell are not held against it."""
    told = ((job.size, attempt.size), (job.seconds, attempt.seconds))
    remix = attempt.request.get("remix_of") if attempt.remix_mode == "native" else None
    return (
        (job.prompt is None or _plain(job.prompt) == _plain(prompt))
        and all(theirs is None or theirs == ours for theirs, ours in told)
        and (remix is None or job.remixed_from is None or _same(job.remixed_from, str(remix)))
    )


def doubtful(listed: Sequence[ProviderJob], attempt: GenerationAttempt, prompt: str) -> str | None:
    """Why the list does not settle the question, naming the jobs that might be ours.

    Either a job does not say what it is for, or its prompt is ours and something else is not.
    """
    untold = [j.id for j in listed if j.prompt is None and matches(j, attempt, prompt)]
    if untold:
        return f"its list does not say which prompt a job is for ({', '.join(untold)})"
    alike = [j.id for j in listed if j.prompt is not None and _plain(j.prompt) == _plain(prompt)]
    if alike:
        return f"it lists {', '.join(alike)} with this prompt, but of another size or length"
    return None


def _witness(
    session: Session, doubt: GenerationAttempt, here: str, lag: float
) -> GenerationAttempt | None:
    """The latest job that the provider surely has and that its list should show by now."""
    assert doubt.submitted_at is not None
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider == doubt.provider,
        GenerationAttempt.sent_to == here,
        GenerationAttempt.provider_job_id.is_not(None),
        GenerationAttempt.state.in_(("submitted", "completed", "settled")),
        GenerationAttempt.accepted_at > doubt.submitted_at - WITNESSES,
        GenerationAttempt.accepted_at < clock.moment(session) - timedelta(seconds=lag),
    )
    return session.scalar(query.order_by(GenerationAttempt.accepted_at.desc()).limit(1))


def paid_unseen(session: Session, attempt: GenerationAttempt, prompt: str) -> int:
    """Like purchases which a person saw charged without knowing the job: a list may show theirs."""
    query = (
        select(func.count(GenerationAttempt.id))
        .join(SceneVersion, SceneVersion.id == GenerationAttempt.version_id)
        .where(
            GenerationAttempt.provider == attempt.provider,
            GenerationAttempt.id != attempt.id,
            GenerationAttempt.state == "settled",
            GenerationAttempt.provider_job_id.is_(None),
            GenerationAttempt.created_at > clock.moment(session) - acceptance.REMEMBERED,
            GenerationAttempt.size == attempt.size,
            GenerationAttempt.seconds == attempt.seconds,
            SceneVersion.prompt == prompt,
        )
    )
    return session.scalar(query) or 0


def unproven(listed: Sequence[ProviderJob], witness: GenerationAttempt | None) -> str | None:
    """Why a list that shows nothing of ours proves nothing: it misses what is known to be there."""
    known = witness.provider_job_id if witness is not None else None
    if known is None or identity(known) in {identity(job.id) for job in listed}:
        return None
    return f"its list does not show job {known} either, which it has"


def _plain(prompt: str) -> str:
    return " ".join(prompt.split())


def _same(one: str, other: str) -> bool:
    return identity(one) == identity(other)


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
