"""The provider has it: storing the id of a job, whoever finds out first, and however late."""

from datetime import datetime

from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.generation import clock, ledger, standing, states, whose
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.providers.dialects import identity
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt

log = logs.get(__name__)


class ClaimTaken(Exception):
    """Another attempt owns this provider job."""


def accepted(session: Session, attempt_id: str, job: ProviderJob, *, claimed: bool = False) -> None:
    """Store the provider's id.

    An accepted answer outranks a reconciled claim on the same id. One that comes after the attempt
    has gone on without it (another id, or an end) is a second purchase and is booked as one.

    Args:
        claimed: found in the provider's list, not answered to our own request.

    Raises:
        ClaimTaken: the job is another attempt's, for all that is known.
    """
    attempt = ledger.locked(session, attempt_id)
    holder = whose.owner_of(session, attempt.provider, job.id)
    if holder is not None and holder.id == attempt.id:
        return  # reconciliation found it before the slow answer came
    if holder is not None:
        holder = ledger.locked(session, holder.id)
        if claimed or not holder.claimed_by_reconciliation:
            raise ClaimTaken(job.id)
        if holder.state not in ("submitted", "stuck"):
            _trade_places(session, attempt, holder)
            return
        _take_back(session, holder)
    if attempt.provider_job_id is None and attempt.state not in states.FINAL:
        absent = attempt.declared_absent_at
        # What is found while nothing is on its way is no answer to the repeat.
        listed = claimed or attempt.state == "reserved"
        if listed and absent is not None and job.created_at is not None and job.created_at < absent:
            ledger.reprice_as_of(session, attempt, absent)  # it is no job of the repeat's
        _keep(session, attempt, job.id, claimed)
    elif claimed:
        raise ClaimTaken(job.id)
    else:
        log.error("bought twice", attempt=attempt.id, job=job.id, first=attempt.provider_job_id)
        ledger.bought_again(session, attempt, job.id, priced_at=_priced_at(attempt, job))


def _priced_at(attempt: GenerationAttempt, job: ProviderJob) -> datetime | None:
    """When a job's price was held: at its sending, a while before or after which it was made. Of
    two sendings it is of the one before or the one after the first was declared absent."""
    if job.created_at is None:
        return None
    absent, latest = attempt.declared_absent_at, job.created_at + whose.SLACK
    if absent is None:
        return latest
    if job.created_at < absent:
        return min(latest, absent)
    repeated = attempt.submitted_at is not None and attempt.submitted_at >= absent
    return attempt.submitted_at if repeated else latest


def attached(session: Session, attempt: GenerationAttempt, job_id: str) -> None:
    """A person says which job it is; an answer to another take's request would outrank that."""
    if attempt.state == "submitted":
        attempt.provider_job_id, attempt.accepted_at = job_id, clock.moment(session)
        takes.get(session, attempt.version_id).sora_clip_id = job_id
    else:
        _keep(session, attempt, job_id, claimed=True)
    attempt.named_by_person = True


def attached_after_all(
    session: Session, attempt: GenerationAttempt, job_id: str
) -> GenerationAttempt:
    """A person says that what was given back as not charged was bought: it is a purchase again."""
    only_said = attempt.named_by_person or not _same(attempt.provider_job_id, job_id)
    extra = bought_after_all(session, attempt, job_id, "bought after all, a person found")
    extra.claimed_by_reconciliation = extra.named_by_person = only_said
    return extra


def bought_after_all(
    session: Session, attempt: GenerationAttempt, job_id: str, note: str
) -> GenerationAttempt:
    """What was given back as not charged is a purchase again, and its clip is fetched.

    Another id that the provider itself told stays where it is: its job may be finished after all.
    """
    if attempt.named_by_person or _same(attempt.provider_job_id, job_id):
        attempt.provider_job_id = None  # of two rows one has the job
        session.flush()
    extra = ledger.bought_again(session, attempt, job_id, note)
    version = takes.get(session, attempt.version_id)
    version.sora_clip_id = job_id
    standing.show(session, version, "generating")
    return extra


def _same(known: str | None, job_id: str) -> bool:
    return known is not None and identity(known) == identity(job_id)


def _keep(session: Session, attempt: GenerationAttempt, job_id: str, claimed: bool) -> None:
    moment = clock.moment(session)
    ledger.move(
        session,
        attempt,
        "submitted",
        provider_job_id=job_id,
        claimed_by_reconciliation=claimed,
        named_by_person=False,
        accepted_at=moment,
        next_action_at=moment,
        error=None,
    )
    version = takes.get(session, attempt.version_id)
    if version.clip_key is None:
        version.sora_clip_id = job_id
    if version.status != "generating":
        standing.show(session, version, "generating")


def _take_back(session: Session, holder: GenerationAttempt) -> None:
    """The claim was wrong: whether the claimant's own request was bought is open again."""
    moment = clock.moment(session)
    ledger.move(
        session,
        holder,
        "unknown",
        provider_job_id=None,
        claimed_by_reconciliation=False,
        reconcile_looks=0,
        lease_owner=None,
        lease_until=None,
        next_action_at=moment,
    )
    takes.get(session, holder.version_id).sora_clip_id = None


def _trade_places(session: Session, attempt: GenerationAttempt, holder: GenerationAttempt) -> None:
    """Our job's clip is the claimant's already, so the claimant's open request becomes ours."""
    if attempt.state in states.FINAL:
        log.error("a job was claimed for another take", attempt=attempt.id, by=holder.id)
        return
    if attempt.submitted_at and holder.submitted_at:
        attempt.submitted_at = min(attempt.submitted_at, holder.submitted_at)
    on_its_way = [until for until in (attempt.absent_after, holder.absent_after) if until]
    attempt.absent_after = max(on_its_way, default=None)
    attempt.reconcile_looks, attempt.next_action_at = 0, clock.moment(session)
    if attempt.state != "unknown":
        ledger.move(session, attempt, "unknown")
