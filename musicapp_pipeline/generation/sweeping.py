"""The sweeper: purchases that showed up after they had been declared absent.

A submission that was looked for, not found and sent again, or given up by a person, may turn up in
the provider's list later than the list is supposed to lag. Nothing can undo that purchase, but it
is booked, so that the ledger says what the invoice will say, and its clip is fetched. So is a job
that a person gave up as not charged and that the provider finished after all.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import and_, not_, select, true, update
from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.generation import (
    acceptance,
    clock,
    evidence,
    landing,
    ledger,
    naming,
    parked,
    reconcile,
    resolving,
    verdicts,
    whose,
)
from musicapp_pipeline.generation.errors import JobVanished, ListingUnsupported, StatusUnavailable
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt, now

if TYPE_CHECKING:
    from musicapp_pipeline.generation.drive import Drive

log = logs.get(__name__)
REACH = timedelta(hours=6)
"""How long a purchase may show up late, after it was last declared absent, by us or by a person."""
LONGEST = timedelta(days=30)
"""How long an attempt is kept in mind at most, when nobody could look once that was over."""


async def sweep(drive: "Drive") -> int:
    """Look once for late purchases of attempts that were declared absent or not charged.

    Those that were left to a person are looked for as well. Nothing is asked of the provider while
    there is no such attempt.

    Returns:
        How many were found.
    """
    found = 0
    # Takes that wait for a person first: their jobs must not be taken for late ones of their twins.
    for part in (parked.look, _finished, _listed):
        try:
            found += await part(drive)
        except Exception:  # the provider or the database may be away; the other parts still look
            log.exception("could not look for late purchases")
    return found


async def _finished(drive: "Drive") -> int:
    """Jobs that a person called not charged, or charged and not to come: a clip that is delivered
    is charged, and is fetched."""
    provider = drive.provider
    found = 0
    rows = await drive.read(lambda s: given_up(s, provider.name, provider.key))
    rows += await drive.read(lambda s: given_back(s, provider.name, provider.key))
    for attempt in rows:
        assert attempt.provider_job_id is not None
        await drive.polls.over()
        try:
            job = await provider.status(attempt.provider_job_id)
        except (StatusUnavailable, JobVanished):
            continue  # asked again by the next sweep
        if attempt.state == "settled":
            if job.status == "completed":
                fetch = partial(_fetch_finished, told=attempt, job=job)
                found += await drive.write(fetch)
        elif job.status == "completed":
            found += await drive.write(partial(_book_finished, attempt_id=attempt.id, job=job))
        elif job.status == "failed" and not reconcile.refunds(drive, attempt.model):
            await drive.write(partial(_book_failed, attempt_id=attempt.id, job=job))
    return found


def anything_to_find(session: Session, provider: str) -> bool:
    """Whether a sweep of a provider would look for something, if it is reached as it was then."""
    return bool(
        parked.waiting(session, provider)
        or declared_absent(session, provider)
        or given_up(session, provider, None)
        or given_back(session, provider, None)
    )


def given_back(session: Session, provider: str, key: str | None) -> list[GenerationAttempt]:
    """Attempts whose job is known and that a person gave up as not charged in the last days.

    One whose clip was tried to be fetched before is not among them: what its provider says of it is
    known, and was not true.

    Args:
        key: of the account and server in use; others know nothing of the job. None for any.
    """
    ended = _known_and_ended(session, provider, key, "released")
    return [a for a in ended if verdicts.was_called_off(a)]


def given_up(session: Session, provider: str, key: str | None) -> list[GenerationAttempt]:
    """Attempts whose job is known and of which a person said in the last days that it was charged
    and would not come, before anybody tried to fetch it."""
    ended = _known_and_ended(session, provider, key, "settled")
    slow = (a for a in ended if verdicts.was_lost(a) and verdicts.was_called_charged(a))
    return [a for a in slow if a.download_tries == 0]


def _known_and_ended(
    session: Session, provider: str, key: str | None, state: str
) -> Sequence[GenerationAttempt]:
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider == provider,
        true() if key is None else GenerationAttempt.sent_to.in_(("", key)),
        GenerationAttempt.state == state,
        GenerationAttempt.media_key.is_(None),
        GenerationAttempt.provider_job_id.is_not(None),
        GenerationAttempt.ended_at > now() - whose.REMEMBERED,
    )
    return session.scalars(query.order_by(GenerationAttempt.created_at)).all()


def _fetch_finished(session: Session, told: GenerationAttempt, job: ProviderJob) -> int:
    """A job that was called charged and not to come has been finished."""
    attempt = ledger.locked(session, told.id)
    same = attempt.provider_job_id == told.provider_job_id and verdicts.was_lost(attempt)
    if not same or naming.may_be_wrong(session, attempt, job):
        return 0  # a person said otherwise meanwhile, or nobody else says whose it is
    log.warning("finished after all", attempt=attempt.id, job=job.id)
    resolving.fetched_once_more(session, attempt)
    return 1


def _book_failed(session: Session, attempt_id: str, job: ProviderJob) -> None:
    """A job that was called not charged has failed, at a service that charges failures."""
    attempt = ledger.locked(session, attempt_id)
    if _was_said_otherwise(attempt) or naming.may_be_wrong(session, attempt, job):
        return
    log.warning("failed, and is charged", attempt=attempt_id, job=job.id)
    landing.failed_after_all(session, attempt, job)


def _was_said_otherwise(attempt: GenerationAttempt) -> bool:
    """Whether a person said something else meanwhile."""
    return attempt.state != "released" or attempt.provider_job_id is None


def _book_finished(session: Session, attempt_id: str, job: ProviderJob) -> int:
    attempt = ledger.locked(session, attempt_id)
    if _was_said_otherwise(attempt):
        return 0
    assert attempt.provider_job_id is not None
    wrong = naming.mistaken(session, attempt, job)
    if wrong is not None:
        log.warning("called off, and another take's", attempt=attempt_id, job=job.id)
        attempt.provider_job_id = None  # free for the take whose it is
        return 0
    if naming.may_be_wrong(session, attempt, job):
        # Whoever named it took it back, and nobody else says whose it is.
        resolving.finished_all_the_same(session, attempt)
        return 0
    log.warning("finished after all", attempt=attempt_id, job=attempt.provider_job_id)
    note = "called not charged, but its clip was finished"
    acceptance.bought_after_all(session, attempt, attempt.provider_job_id, note)
    return 1


async def _listed(drive: "Drive") -> int:
    absent = await drive.read(lambda s: declared_absent(s, drive.provider.name))
    if not absent:
        return 0
    since = min(attempt.created_at for attempt in absent) - whose.REACH
    try:
        await drive.polls.over()
        listed = await drive.provider.list_recent(since)
    except StatusUnavailable as error:
        log.info("no list to sweep", why=error.message)
        return 0
    except ListingUnsupported as error:
        log.info("no list to sweep", why=error.message)
        listed = []
    old = await drive.read(clock.moment) - timedelta(seconds=drive.options.send_limit)
    settled = [job for job in listed if job.created_at is not None and job.created_at < old]
    found, left = 0, set()
    for attempt in absent:
        late = [job for job in settled if _is_late(job, attempt)]
        refunded = reconcile.refunds(drive, attempt.model)
        book = partial(_book, attempt_id=attempt.id, late=late, listed=listed, refunded=refunded)
        booked, kept = await drive.write(book)
        found += booked
        if kept:
            left.add(attempt.id)
    # What may be another's is looked at again once that is known.
    over = [a.id for a in absent if a.id not in left]
    await drive.write(partial(_forget, ids=over, key=drive.provider.key))
    return found


def declared_absent(session: Session, provider: str) -> Sequence[GenerationAttempt]:
    """Attempts that were given up as not bought and are not looked for now, until they have been
    looked for once after :data:`REACH`: nobody may have been there before."""
    looked_for = and_(
        GenerationAttempt.state == "unknown", GenerationAttempt.next_action_at.is_not(None)
    )
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider == provider,
        GenerationAttempt.declared_absent_at > clock.moment(session) - LONGEST,
        GenerationAttempt.state != "submitting",
        not_(looked_for),
    )
    return session.scalars(query.order_by(GenerationAttempt.created_at)).all()


def _forget(session: Session, ids: Sequence[str], key: str) -> None:
    """No purchase of these can show up any more."""
    forget = update(GenerationAttempt).where(
        GenerationAttempt.id.in_(ids),
        GenerationAttempt.sent_to.in_(("", key)),
        GenerationAttempt.declared_absent_at < clock.moment(session) - REACH,
    )
    session.execute(forget.values(declared_absent_at=None))


def _is_late(job: ProviderJob, attempt: GenerationAttempt) -> bool:
    declared = attempt.declared_absent_at
    if job.created_at is None or declared is None:
        return False
    return attempt.created_at - whose.SLACK < job.created_at < declared + REACH


def _book(
    session: Session,
    attempt_id: str,
    late: Sequence[ProviderJob],
    listed: Sequence[ProviderJob],
    refunded: bool,
) -> tuple[int, int]:
    """Book what only this attempt's requests can have been.

    Args:
        late: jobs of its time that nobody is at work on.
        refunded: whether failures are given back.

    Returns:
        How many were booked, or given to it where a person saw it charged; and how many were left,
        because they may be those of other requests in doubt, or charged.
    """
    attempt = ledger.locked(session, attempt_id)
    prompt = takes.get(session, attempt.version_id).prompt
    free = whose.unowned(session, attempt.provider, late)
    alike = evidence.candidates(free, attempt, prompt)
    spare = whose.to_spare(session, attempt, prompt, alike, listed, refunded=refunded, doubts=True)
    left = len(alike) - len(spare)
    found = 0
    if attempt.state == "settled" and attempt.unseen and not whose.shown(attempt, prompt, listed):
        its_own, spare = spare[:1], spare[1:]
        for job in its_own:
            if job.status == "failed":
                continue  # nothing comes of it, and it is booked
            log.warning("found, and charged before", attempt=attempt_id, job=job.id)
            resolving.seen(session, attempt, job.id)
            found += 1
    for job in spare:
        log.warning("late purchase", attempt=attempt_id, job=job.id)
        acceptance.accepted(session, attempt_id, job)
        found += 1
    return found, left
