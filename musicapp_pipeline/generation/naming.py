"""A job of which only a person says that it is a take's: what speaks for it or against it, and what
becomes of the take where it is another's."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import evidence, ledger, standing, states, submission, whose
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt


def mistaken(session: Session, attempt: GenerationAttempt, job: ProviderJob) -> str | None:
    """Why a job that a person named cannot be this take's, but another's. What a service tells may
    be its own words, size and length, so by themselves they prove nothing."""
    if not may_be_wrong(session, attempt, job):
        return None
    told_so = job.prompt is not None and not _of_its_words(session, attempt, job.prompt)
    if told_so and evidence.ours(session, attempt.provider, str(job.prompt)):
        return f"job {job.id}, which was attached, has the prompt of another take"
    told = ((GenerationAttempt.size, job.size), (GenerationAttempt.seconds, job.seconds))
    ours = {GenerationAttempt.size: attempt.size, GenerationAttempt.seconds: attempt.seconds}
    if all(value in (None, ours[column]) for column, value in told):
        return None
    # One whose own job is known has another, and so has one of another time.
    others = select(GenerationAttempt).where(
        GenerationAttempt.provider == attempt.provider,
        GenerationAttempt.id != attempt.id,
        GenerationAttempt.unseen & or_(whose.CHARGED, whose.IN_DOUBT),
        GenerationAttempt.sent_at > attempt.sent_at - whose.REMEMBERED,
        *(column == value for column, value in told if value is not None),
    )
    if not any(whose.of_its_time(job, other) for other in session.scalars(others)):
        return None
    return (
        f"job {job.id}, which was attached, is of another size or length than the take,"
        " and another take is of that"
    )


def borne_out(session: Session, attempt: GenerationAttempt, job: ProviderJob) -> bool:
    """Whether the provider itself tells that a job is of the take's words, and nothing that speaks
    against it."""
    if job.prompt is None or not whose.of_its_time(job, attempt):
        return False
    return evidence.matches(job, attempt, takes.get(session, attempt.version_id).prompt)


def _of_its_words(session: Session, attempt: GenerationAttempt, told: str) -> bool:
    prompt = takes.get(session, attempt.version_id).prompt
    return evidence.plain(told) == evidence.plain(prompt)


def may_be_wrong(session: Session, attempt: GenerationAttempt, job: ProviderJob) -> bool:
    """Whether nobody but a person says that a job is the take's: nothing is bought on that."""
    return attempt.named_by_person and not borne_out(session, attempt, job)


def holds(session: Session, attempt_id: str, named: str, job: ProviderJob) -> bool:
    """Whether a person's word on a take's job holds, now that the provider tells the job. Where it
    tells the take's words, it is the provider's word from now on; another take's job is taken off.

    Args:
        named: the id that was asked for; the person may have named another one meanwhile.
    """
    attempt = ledger.locked(session, attempt_id)
    if attempt.provider_job_id != named:
        return False
    wrong = mistaken(session, attempt, job)
    if wrong is not None:
        _take_off(session, attempt, wrong)
    elif borne_out(session, attempt, job):
        attempt.named_by_person = False
    return wrong is None


def failed(job: ProviderJob) -> str:
    """What a person is told of a job that they named, and that may be another's."""
    said = (job.error_message or "it says no more").rstrip(".")
    return (
        f"Job {job.id}, which was attached, failed at the provider ({said}), and nothing but that"
        " word says that it is this take's. If it is, say whether it was charged; if not, attach"
        " the right one."
    )


def _take_off(session: Session, attempt: GenerationAttempt, why: str) -> None:
    """A job is not the take's, whatever a person said: it is in doubt again, or charged without its
    job, as it was before; and the job is free for the take whose it is."""
    if not attempt.named_by_person or attempt.state not in ("submitted", "stuck", "completed"):
        return
    job_id, attempt.provider_job_id = attempt.provider_job_id, None
    attempt.named_by_person = attempt.claimed_by_reconciliation = False
    version = takes.get(session, attempt.version_id)
    if version.clip_key is None and version.sora_clip_id == job_id:
        version.sora_clip_id = None
    if attempt.state != "completed":
        free = {"next_action_at": None, "lease_owner": None, "lease_until": None}
        ledger.move(session, attempt, "unknown", **free)
        submission.park_unknown(session, attempt.id, why)
        return
    ledger.settle(session, attempt)
    attempt.error = {
        "code": "charged_not_delivered",
        "message": f"Not fetched: {why}.",
        "paidUsd": str(attempt.settled_usd),
        "actions": list(states.WHAT_TO_DO["unseen"]),
    }
    if standing.speaks_for_take(session, attempt):
        standing.end_take(session, attempt, "failed", attempt.error)
