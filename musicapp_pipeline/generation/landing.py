"""What a provider's answer about a running job does to attempt, take and job.

Each function looks at the attempt's state first: a dispatcher that was away for a while may bring
news that another one has already acted on.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock, codes, ledger, states, verdicts
from musicapp_pipeline.generation.errors import DownloadFailed, GenerationError, UnknownModel
from musicapp_pipeline.generation.port import Capabilities, ProviderJob
from musicapp_pipeline.generation.standing import end_take, open_jobs, show, speaks_for_take
from musicapp_pipeline.store import events, jobs, projects, takes
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import GenerationAttempt, SceneVersion

AWAITED = ("submitted", "stuck")
"""The provider has it and has not yet said how it ended."""
BY_POLICY = "failed at the provider, charged by its policy"
GIVEN_UP = ("failed", "cancelled")
"""Takes that somebody was told are over; what is found of them later is not made again."""


def clip_key(attempt: GenerationAttempt, version: SceneVersion) -> str:
    """Where the provider's media go; an attempt never overwrites another's."""
    return f"projects/{version.key}/{attempt.id}.mp4"


def progressed(session: Session, attempt_id: str, job: ProviderJob) -> None:
    """Provider percent, for the attempt and whoever polls the take's job."""
    attempt = ledger.locked(session, attempt_id)
    attempt.progress = max(attempt.progress, job.progress)
    version = takes.get(session, attempt.version_id)
    for row in open_jobs(session, version.id):
        share = 0.05 + 0.75 * attempt.progress
        jobs.progress(session, row.id, share, f"rendering, {attempt.progress:.0%}")
    events.tell(
        session,
        version.project_id,
        "take_progress",
        id=version.id,
        sceneId=version.scene_id,
        progress=round(attempt.progress, 3),
    )


def delivered(session: Session, attempt_id: str) -> None:
    """The provider has finished: the money is spent from here on, whatever the network does."""
    attempt = ledger.locked(session, attempt_id)
    if attempt.state not in AWAITED:
        return
    ledger.spend(session, attempt)
    ledger.move(session, attempt, "completed", progress=1.0, next_action_at=clock.moment(session))


def landed(session: Session, attempt_id: str, key: str, sha256: str, facts: dict[str, Any]) -> str:
    """The clip is in our storage, checked. Returns the take's partition key."""
    attempt = ledger.locked(session, attempt_id)
    version = takes.get(session, attempt.version_id)
    if attempt.state != "completed":
        return version.key
    attempt.media_key = key
    ledger.settle(session, attempt)
    if version.clip_key is not None:
        return version.key  # kept, but a take that has its clip does not change
    version.clip_key, version.clip_sha256 = key, sha256
    version.sora_clip_id = attempt.provider_job_id
    version.auto_scores = {**version.auto_scores, "clip": facts}
    takes.set_status(session, version, "landed")
    for row in open_jobs(session, version.id):
        jobs.progress(session, row.id, 0.85, "clip received and checked")
    return version.key


def undelivered(
    session: Session, attempt_id: str, error: DownloadFailed, wait: float, rounds: int
) -> None:
    """It is paid for and did not arrive whole: fetch it again later, or say that it is lost.

    Args:
        wait: seconds until the next round of downloads.
        rounds: how many there are before the take is given up.
    """
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "completed":
        return
    attempt.download_tries += 1
    if error.permanent or attempt.download_tries >= rounds:
        lost(session, attempt_id, error)
        return
    attempt.next_action_at = clock.moment(session) + timedelta(seconds=wait)
    attempt.error = dict(error.as_dict())
    for row in open_jobs(session, attempt.version_id):
        message = f"paid and finished, but not here yet: {error.message} Fetching it again."
        jobs.progress(session, row.id, 0.8, message)


def unstored(
    session: Session,
    attempt_id: str,
    why: str,
    retry: float,
    longest: float,
    *,
    what: str = "it could not be stored here",
) -> None:
    """It is paid for and there, but cannot be kept here, or is not asked for where it is: fetched
    again, ever later, for as long as the provider has it. Nothing at our end gives a paid clip up.

    Args:
        retry: seconds until the first round after this one; doubled each time.
        longest: seconds between rounds at most.
    """
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "completed":
        return
    wait = min(retry * 2 ** min(attempt.storing_tries, 20), longest)
    attempt.storing_tries += 1
    attempt.next_action_at = clock.moment(session) + timedelta(seconds=wait)
    attempt.error = {"code": "not_stored", "message": why}
    for row in open_jobs(session, attempt.version_id):
        message = f"paid and finished, but {what}: {why} Fetching it again."
        jobs.progress(session, row.id, 0.8, message)


def lost(session: Session, attempt_id: str, error: GenerationError) -> None:
    """Paid for, but it cannot be fetched: said plainly, never hidden."""
    attempt = ledger.locked(session, attempt_id)
    if attempt.state in states.FINAL:
        return
    attempt.error = dict(error.as_dict())
    ledger.settle(session, attempt, f"not delivered: {error.message}")
    if speaks_for_take(session, attempt):
        told = {
            **error.as_dict(),
            "paidUsd": str(attempt.settled_usd),
            "actions": list(states.WHAT_TO_DO["lost"]),
        }
        end_take(session, attempt, "failed", told)


def failed(
    session: Session,
    attempt_id: str,
    job: ProviderJob,
    record: Capabilities | None,
    max_retries: int,
) -> GenerationAttempt | None:
    """The provider's job failed: money by its policy, then perhaps one more attempt.

    Args:
        record: of the model as it is configured now; of one that is gone nobody knows whether its
            failures are charged, so they count as charged, nor what another attempt would cost.

    Returns:
        The new attempt, or None when the take has failed for good.
    """
    _lock_project(session, attempt_id)
    attempt = ledger.locked(session, attempt_id)
    if attempt.state not in AWAITED:
        return None
    error = attempt.error = _told_by(job)
    if record is not None and record.refunds_failed:
        ledger.release(session, attempt, str(error["message"]))
    else:
        ledger.settle(session, attempt, BY_POLICY)
    if not speaks_for_take(session, attempt):
        return None
    version = takes.get(session, attempt.version_id)
    over = (
        version.cancel_requested
        or version.status in GIVEN_UP
        or _is_held_again(session, attempt)
        or _was_given_up(session, attempt)
    )
    if not over and not codes.is_final(error["code"]) and attempt.number <= max_retries:
        try:
            return _again(session, attempt, version, record)
        except (GenerationError, NotFound) as refusal:
            error = {**error, "message": f"{error['message']} No retry: {refusal.message}"}
    end_take(session, attempt, "cancelled" if version.cancel_requested else "failed", error)
    return None


def failed_after_all(session: Session, attempt: GenerationAttempt, job: ProviderJob) -> None:
    """What a person called not charged has failed, at a service that charges failures."""
    ledger.charge_after_all(session, attempt, BY_POLICY)
    error = attempt.error = _told_by(job)
    if speaks_for_take(session, attempt):
        end_take(session, attempt, "failed", {**error, "paidUsd": str(attempt.settled_usd)})


def _told_by(job: ProviderJob) -> dict[str, object]:
    return {
        "code": job.error_code or "provider_failed",
        "message": job.error_message or "The provider could not render this take.",
    }


def taken_back(session: Session, attempt_id: str) -> None:
    """The provider removed it from its queue, as asked, before it began: it is not charged."""
    attempt = ledger.locked(session, attempt_id)
    if attempt.state not in AWAITED:
        return
    ledger.release(session, attempt, "removed from the provider's queue, as asked")
    if speaks_for_take(session, attempt):
        end_take(session, attempt, "cancelled", None)


def _lock_project(session: Session, attempt_id: str) -> None:
    """Projects are locked before their attempts, as an admission does."""
    attempt = session.get(GenerationAttempt, attempt_id)
    assert attempt is not None
    try:
        projects.get(session, attempt.project_id, lock=True)
    except NotFound:
        return  # archived: its money is still settled, but nothing is bought any more


def _again(
    session: Session,
    attempt: GenerationAttempt,
    version: SceneVersion,
    record: Capabilities | None,
) -> GenerationAttempt:
    """Hold today's price for another try.

    Raises:
        UnknownModel, UnknownPrice, OverBudget, NotFound: nothing was written.
    """
    if record is None:
        raise UnknownModel(f"no configured provider offers {attempt.model} any more")
    price = record.cost(attempt.seconds, attempt.size)
    with session.begin_nested():
        retry = ledger.reserve(
            session,
            version,
            provider=attempt.provider,
            usd_per_second=price / attempt.seconds,
            price_version=record.price_version,
            fingerprint=attempt.fingerprint,
            request=attempt.request,
            simulated=attempt.simulated,
            number=attempt.number + 1,
        )
    retry.remix_mode = attempt.remix_mode
    version.sora_clip_id = None  # the failed one's; whoever looks for this try must not find that
    show(session, version, "queued")
    for row in open_jobs(session, version.id):
        jobs.progress(session, row.id, 0, f"try {retry.number}: the provider failed once")
    return retry


def _is_held_again(session: Session, attempt: GenerationAttempt) -> bool:
    """Is the price of the same take held by another attempt, such as one that is stuck?"""
    rows = ledger.attempts_of(session, attempt.version_id)
    return any(a.state in states.HOLDING for a in rows if a.id != attempt.id)


def _was_given_up(session: Session, attempt: GenerationAttempt) -> bool:
    """Has a person called the purchase not charged, and had it fetched all the same?"""
    rows = ledger.attempts_of(session, attempt.version_id)
    return any(verdicts.was_called_off(a) for a in rows if a.number == attempt.number)


def stuck(session: Session, attempt_id: str, why: str, look_again: float) -> None:
    """Too long without an end: the money stays held, a look now and then may still find it."""
    attempt = ledger.locked(session, attempt_id)
    if attempt.state not in AWAITED:
        return
    attempt.next_action_at = clock.moment(session) + timedelta(seconds=look_again)
    if attempt.state == "stuck":
        return
    error: dict[str, object] = {
        "code": "provider_stuck",
        "message": f"{why} ${attempt.reserved_usd:.2f} stays held; if the clip still comes it is"
        " kept.",
        "actions": list(states.WHAT_TO_DO["named" if attempt.named_by_person else "stuck"]),
    }
    ledger.move(session, attempt, "stuck", error=error)
    if speaks_for_take(session, attempt):
        end_take(session, attempt, "stuck", error)
