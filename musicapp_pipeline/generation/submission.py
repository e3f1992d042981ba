"""The transactions around a submission: who may send, and what each outcome does.

Every change is committed before the next request leaves, so that a crash at any point leaves a
state from which a dispatcher can go on without buying twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock, gates, leases, ledger, places, standing, states
from musicapp_pipeline.generation.errors import (
    CredentialsRejected,
    NotAccepted,
    QuotaExhausted,
)
from musicapp_pipeline.generation.port import Capabilities
from musicapp_pipeline.store import jobs, projects, takes
from musicapp_pipeline.store.models import (
    GenerationAttempt,
    SceneVersion,
)

FULL_WAIT = 0.5
"""Seconds until an attempt asks again for a place at the provider."""
UNTIL_SOMEBODY_ACTS = (CredentialsRejected.code, QuotaExhausted.code)
"""Refusals that any other request would meet with too."""
MILLIONTH = Decimal("0.000001")
"""Of a dollar; amounts are kept no finer."""
TWIN_WAIT = 0.5
"""Seconds until an attempt looks again whether its twin's submission is known."""


@dataclass(frozen=True)
class Turn:
    """Whether an attempt may send now, and if not, when to ask again (seconds).

    ``sent_at`` names the submission: its outcome counts only while no other has begun.
    """

    go: bool
    wait: float = 0.0
    sent_at: datetime | None = None


def being_sent(session: Session) -> int:
    """Paid requests whose answer has not come yet."""
    query = select(func.count(GenerationAttempt.id)).where(
        GenerationAttempt.state == "submitting", GenerationAttempt.simulated.is_(False)
    )
    return session.scalar(query) or 0


def begin(
    session: Session,
    attempt_id: str,
    gate_key: str,
    max_in_flight: int,
    record: Capabilities | None = None,
    doubtful: float = 0.0,
) -> Turn:
    """Move ``reserved`` to ``submitting`` if it is this attempt's turn.

    The gate's row is locked first, so that all workers of a provider take turns here.

    Args:
        record: of the model as it is configured now; what it costs today is what is held.
        doubtful: see :func:`places.taken`.

    Raises:
        UnknownPrice: it has no price any more.
    """
    gate = gates.locked(session, gate_key)
    moment = clock.moment(session)
    if gate.closed_until is not None and gate.closed_until > moment:
        return Turn(False, (gate.closed_until - moment).total_seconds())
    waiting = ledger.read(session, attempt_id)
    price = _new_price(waiting, record)
    if price is not None:  # projects are locked before their attempts, as an admission does
        projects.get(session, waiting.project_id, lock=True)
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "reserved":
        return Turn(False)
    if price is not None and record is not None:
        ledger.reprice(session, attempt, price, record.price_version)
    if not _still_wanted(session, attempt):
        return Turn(False)
    if _is_coming(session, attempt):
        return Turn(False, TWIN_WAIT)
    if places.taken(session, attempt.provider, gate_key, doubtful) >= max_in_flight:
        return Turn(False, FULL_WAIT)
    if _twin_in_doubt(session, attempt):
        return Turn(False, TWIN_WAIT)
    sent_at = clock.moment(session)
    fresh = {"submitted_at": sent_at, "sent_to": gate_key, "error": None}
    ledger.move(session, attempt, "submitting", **fresh)
    version = takes.get(session, attempt.version_id)
    standing.show(session, version, "generating")
    for job in standing.open_jobs(session, version.id):
        job.started_at = job.started_at or sent_at
        job.status = "running"
        jobs.progress(session, job.id, 0.02, "sent to the provider")
    return Turn(True, sent_at=sent_at)


def still_ours(session: Session, attempt_id: str, turn: Turn) -> GenerationAttempt | None:
    """The attempt whose turn has just begun, or None when this process or its machine stood still
    since: another may have taken over and be looking for the job. By the database's clock, because
    that of a suspended machine stands still as well."""
    attempt = ledger.read(session, attempt_id)
    assert turn.sent_at is not None
    late = clock.moment(session) - turn.sent_at > leases.LEASE / 2
    ours = attempt.state == "submitting" and attempt.submitted_at == turn.sent_at
    return attempt if ours and not late else None


def _new_price(attempt: GenerationAttempt, record: Capabilities | None) -> Decimal | None:
    """What the attempt costs by now, if that is not what is held for it."""
    if record is None:
        return None
    price = record.cost(attempt.seconds, attempt.size).quantize(MILLIONTH)
    return None if price == attempt.reserved_usd.quantize(MILLIONTH) else price


def _still_wanted(session: Session, attempt: GenerationAttempt) -> bool:
    """Give the money back where sending would buy for nothing, or beyond the cap."""
    version = takes.get(session, attempt.version_id)
    if version.clip_key is not None:
        ledger.release(session, attempt, "not sent: another purchase of this take brought its clip")
        return False
    over = ledger.beyond_cap(session, attempt)
    if over is not None:
        attempt.error = dict(over.as_dict())
        ledger.release(session, attempt, f"not sent: {over.message}")
        standing.end_take(session, attempt, "failed", attempt.error)
    return over is None


def _is_coming(session: Session, attempt: GenerationAttempt) -> bool:
    """Is a purchase of the same take, which showed up late, about to bring its clip?"""
    others = [a for a in ledger.attempts_of(session, attempt.version_id) if a.id != attempt.id]
    return any(a.state in ("submitted", "completed") for a in others)


def _twin_in_doubt(session: Session, attempt: GenerationAttempt) -> bool:
    """Is an equal request on its way or being looked for? A list could not tell the two apart.

    One that is parked for a person is not looked for any more and holds nobody up.
    """
    looked_for = and_(
        GenerationAttempt.state == "unknown", GenerationAttempt.next_action_at.is_not(None)
    )
    query = select(func.count(GenerationAttempt.id)).where(
        GenerationAttempt.fingerprint == attempt.fingerprint,
        GenerationAttempt.provider == attempt.provider,
        GenerationAttempt.id != attempt.id,
        or_(GenerationAttempt.state == "submitting", looked_for),
    )
    return bool(session.scalar(query))


def turned_down(
    session: Session,
    attempt_id: str,
    error: NotAccepted,
    gate_key: str,
    retry: float,
    *,
    sent_at: datetime | None = None,
) -> None:
    """Nothing was bought: try later, or give the money back and end the take.

    Args:
        retry: seconds to wait when the provider does not say.
        sent_at: of the submission that was turned down; None when nothing was sent at all.
    """
    gate = gates.locked(session, gate_key)
    attempt = ledger.locked(session, attempt_id)
    if attempt.state not in ("reserved", "submitting") or not _is_latest(attempt, sent_at):
        return
    told = dict(error.as_dict())
    if error.permanent:
        ledger.release(session, attempt, error.message)
        attempt.error = told
        standing.end_take(session, attempt, "failed", told)
        if error.code in UNTIL_SOMEBODY_ACTS:
            _stop_the_rest(session, attempt, told)
        return
    wait = gates.pause(error.retry_after, retry)
    until = clock.moment(session) + timedelta(seconds=wait)
    if attempt.state == "submitting":
        ledger.move(session, attempt, "reserved")
    attempt.next_action_at, attempt.error = until, told
    if error.code != "provider_unreachable":
        gates.close(gate, until, error.message)
    version = takes.get(session, attempt.version_id)
    standing.show(session, version, "queued")
    for job in standing.open_jobs(session, version.id):
        jobs.progress(session, job.id, 0, f"waiting: {error.message}")


def _stop_the_rest(session: Session, refused: GenerationAttempt, told: dict[str, object]) -> None:
    """Nothing else that waits for this model is sent: it would be turned down for the same reason.

    Rows that somebody holds are left out; their own submission tells them.
    """
    query = (
        select(GenerationAttempt)
        .where(
            GenerationAttempt.state == "reserved",
            GenerationAttempt.provider == refused.provider,
            GenerationAttempt.model == refused.model,
        )
        .order_by(GenerationAttempt.created_at, GenerationAttempt.id)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    error = {**told, "message": f"Not sent, like others of its kind: {told['message']}"}
    for attempt in session.scalars(query).all():
        ledger.release(session, attempt, "not sent: others of its kind were turned down")
        attempt.error = error
        standing.end_take(session, attempt, "failed", error)


def ambiguous(
    session: Session,
    attempt_id: str,
    message: str,
    look_at: datetime,
    *,
    sent_at: datetime | None = None,
    absent_after: datetime | None = None,
) -> None:
    """It may have been bought: hold the money and look for it in the provider's list.

    Args:
        look_at: when the list may show it.
        sent_at: of the submission in question.
        absent_after: it may still be on its way until then, so only later looks can tell that it
            is not there.
    """
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "submitting" or not _is_latest(attempt, sent_at):
        return
    ledger.move(
        session,
        attempt,
        "unknown",
        next_action_at=look_at,
        reconcile_looks=0,
        looks_failed=0,
        absent_after=absent_after,
        error={"code": "submission_unknown", "message": message},
    )
    for job in standing.open_jobs(session, attempt.version_id):
        jobs.progress(session, job.id, 0, f"looking for it at the provider: {message}")


def _is_latest(attempt: GenerationAttempt, sent_at: datetime | None) -> bool:
    """Has nobody submitted this attempt again since?"""
    return sent_at is None or attempt.submitted_at == sent_at


def elsewhere(attempt: GenerationAttempt, key: str) -> str | None:
    """Why what a provider knows or does not know says nothing of this attempt.

    Args:
        key: the provider's that is in use now.
    """
    if attempt.sent_to in ("", key):
        return None
    return "it was sent to another server, or with another key, than the settings name now"


def park_unknown(session: Session, attempt_id: str, why: str) -> None:
    """Nothing can tell whether it was bought: a person decides, the money stays held."""
    attempt = ledger.locked(session, attempt_id)
    if attempt.state == "submitting":
        ledger.move(session, attempt, "unknown")
    if attempt.state != "unknown":
        return
    attempt.next_action_at = None
    first = _first(attempt)
    error: dict[str, object] = {
        "code": "submission_unknown",
        "message": f"The provider may or may not have accepted this take{first}: {why}."
        f" ${attempt.reserved_usd:.2f} stays held against the cap.",
        "actions": list(states.WHAT_TO_DO["unknown"]),
    }
    attempt.error = {**error, "first": first}
    standing.end_take(session, attempt, "unknown", error)


def _first(attempt: GenerationAttempt) -> str:
    """When it was sent and what came back, for whoever has to find it in a console."""
    told = attempt.error or {}
    if "first" in told:
        return str(told["first"])
    sent = f"sent {attempt.submitted_at:%Y-%m-%d %H:%M:%S} UTC" if attempt.submitted_at else ""
    # The first word on a doubt offers no actions; the last one, which this becomes, does.
    came = str(told.get("message", "")) if "actions" not in told else ""
    words = "; ".join(filter(None, (sent, came.rstrip("."))))
    return f" ({words})" if words else ""


def request_cancel(session: Session, version: SceneVersion) -> None:
    """Ask that a take be given up; what is already bought is kept if it arrives."""
    # Locked before anything is decided: a dispatcher may be about to send one of them.
    attempts = ledger.attempts_of(session, version.id, lock=True)
    version.cancel_requested = True
    for attempt in attempts:
        if attempt.state == "reserved":
            ledger.release(session, attempt, "cancelled before it was sent")
            standing.end_take(session, attempt, "cancelled", None)
