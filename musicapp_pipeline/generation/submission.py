"""The transactions around a submission: who may send, and what each outcome does.

Every change is committed before the next request leaves, so that a crash at any point leaves a
state from which a dispatcher can go on without buying twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import ledger, states
from musicapp_pipeline.generation.errors import NotAccepted
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline.store.models import (
    GenerationAttempt,
    ProcessingJob,
    ProviderGate,
    SceneVersion,
    now,
)

LEASE = timedelta(seconds=30)


@dataclass(frozen=True)
class Turn:
    """Whether an attempt may send now, and if not, when to ask again (seconds)."""

    go: bool
    wait: float = 0.0


def lease_due(session: Session, owner: str, busy: set[str], limit: int) -> list[str]:
    """Take over attempts that need somebody: those under way first, then new ones.

    Args:
        busy: attempts this owner drives already.
        limit: how many new submissions there is room for.
    """
    moment = now()
    free = or_(GenerationAttempt.lease_until.is_(None), GenerationAttempt.lease_until < moment)
    due = or_(
        GenerationAttempt.next_action_at.is_(None), GenerationAttempt.next_action_at <= moment
    )
    base = select(GenerationAttempt).where(free, due).with_for_update(skip_locked=True)
    driven = base.where(
        GenerationAttempt.state.in_(states.DRIVEN), GenerationAttempt.next_action_at.is_not(None)
    )
    rows = list(session.scalars(driven.limit(1000)))
    if limit > 0:
        fresh = base.where(GenerationAttempt.state == "reserved")
        rows += session.scalars(
            fresh.order_by(GenerationAttempt.created_at, GenerationAttempt.id).limit(limit)
        )
    chosen = [row for row in rows if row.id not in busy]
    for row in chosen:
        row.lease_owner, row.lease_until = owner, moment + LEASE
    return [row.id for row in chosen]


def renew(session: Session, owner: str, ids: set[str]) -> None:
    """Keep the leases of what this owner drives."""
    query = select(GenerationAttempt).where(
        GenerationAttempt.id.in_(ids), GenerationAttempt.lease_owner == owner
    )
    for row in session.scalars(query):
        row.lease_until = now() + LEASE


def hand_back(session: Session, attempt_id: str, owner: str) -> None:
    """Give up a lease."""
    attempt = session.get(GenerationAttempt, attempt_id)
    if attempt is not None and attempt.lease_owner == owner:
        attempt.lease_owner = attempt.lease_until = None


def in_flight(session: Session, provider: str) -> int:
    """Places taken at a provider, by all workers."""
    query = select(func.count(GenerationAttempt.id)).where(
        GenerationAttempt.provider == provider, GenerationAttempt.state.in_(states.IN_FLIGHT)
    )
    return session.scalar(query) or 0


def begin(session: Session, attempt_id: str, gate_key: str, max_in_flight: int) -> Turn:
    """Move ``reserved`` to ``submitting`` if it is this attempt's turn."""
    gate = session.get(ProviderGate, gate_key, with_for_update=True)
    if gate is None:
        gate = ProviderGate(key=gate_key)
        session.add(gate)
        session.flush()
    if gate.closed_until is not None and gate.closed_until > now():
        return Turn(False, (gate.closed_until - now()).total_seconds())
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "reserved":
        return Turn(False, 0)
    if in_flight(session, attempt.provider) >= max_in_flight:
        return Turn(False, 0.5)
    twin = select(func.count(GenerationAttempt.id)).where(
        GenerationAttempt.fingerprint == attempt.fingerprint,
        GenerationAttempt.provider == attempt.provider,
        GenerationAttempt.id != attempt.id,
        GenerationAttempt.state.in_(("submitting", "unknown")),
    )
    if session.scalar(twin):
        # A list could not tell the two apart, so one goes after the other.
        return Turn(False, 1.0)
    ledger.move(session, attempt, "submitting", submitted_at=now(), error=None)
    version = takes.get(session, attempt.version_id)
    takes.set_status(session, version, "generating")
    for job in open_jobs(session, version.id):
        job.started_at = job.started_at or now()
        job.status = "running"
        jobs.progress(session, job.id, 0.02, "sent to the provider")
    return Turn(True)


def accepted(session: Session, attempt_id: str, job: ProviderJob, *, claimed: bool = False) -> None:
    """Store the provider's id. An accepted answer outranks a reconciled claim on the same id."""
    attempt = ledger.locked(session, attempt_id)
    holder = owner_of(session, attempt.provider, job.id)
    if holder is not None and holder.id == attempt.id:
        return  # reconciliation found it before the slow answer came
    if holder is not None:
        if claimed or not holder.claimed_by_reconciliation:
            raise ClaimTaken(job.id)
        holder.provider_job_id = None
        holder.claimed_by_reconciliation = False
        holder.reconcile_looks = 0
        holder.lease_owner = holder.lease_until = None
        if holder.state in ("submitted", "stuck"):
            holder.state = "unknown"
        holder.next_action_at = now()
        session.flush()
    moment = now()
    ledger.move(
        session,
        attempt,
        "submitted",
        provider_job_id=job.id,
        claimed_by_reconciliation=claimed,
        accepted_at=moment,
        next_action_at=moment,
        error=None,
    )
    version = takes.get(session, attempt.version_id)
    version.sora_clip_id = job.id
    if version.status != "generating":
        takes.set_status(session, version, "generating")


class ClaimTaken(Exception):
    """Another attempt owns this provider job."""


def owner_of(session: Session, provider: str, job_id: str) -> GenerationAttempt | None:
    """The attempt that owns a provider's job."""
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider == provider, GenerationAttempt.provider_job_id == job_id
    )
    return session.scalar(query)


def turned_down(
    session: Session, attempt_id: str, error: NotAccepted, gate_key: str, retry: float
) -> None:
    """Nothing was bought: try later, or give the money back and end the take."""
    attempt = ledger.locked(session, attempt_id)
    if error.permanent:
        ledger.release(session, attempt, error.message)
        attempt.error = dict(error.as_dict())
        end_take(session, attempt, "failed", dict(error.as_dict()))
        return
    wait = error.retry_after if error.retry_after is not None else retry
    until = now() + timedelta(seconds=wait)
    ledger.move(session, attempt, "reserved", next_action_at=until, error=dict(error.as_dict()))
    gate = session.get(ProviderGate, gate_key)
    if gate is not None and error.code != "provider_unreachable":
        gate.closed_until, gate.reason = until, error.message
    version = takes.get(session, attempt.version_id)
    takes.set_status(session, version, "queued")
    for job in open_jobs(session, version.id):
        jobs.progress(session, job.id, 0, f"waiting: {error.message}")


def ambiguous(session: Session, attempt_id: str, message: str, look_at: datetime) -> None:
    """It may have been bought: hold the money and look for it in the provider's list."""
    attempt = ledger.locked(session, attempt_id)
    if attempt.state == "unknown":
        return
    ledger.move(
        session,
        attempt,
        "unknown",
        next_action_at=look_at,
        reconcile_looks=0,
        error={"code": "submission_unknown", "message": message},
    )


def park_unknown(session: Session, attempt_id: str, why: str) -> None:
    """Nothing can tell whether it was bought: a person decides, the money stays held."""
    attempt = ledger.locked(session, attempt_id)
    attempt.next_action_at = None
    error: dict[str, object] = {
        "code": "submission_unknown",
        "message": f"The provider may or may not have accepted this take: {why}."
        f" ${attempt.reserved_usd:.2f} stays held against the cap.",
        "actions": [
            "look in the provider's own console for the clip",
            "confirm it was not bought: the money is given back",
            "attach the provider's id of the clip: it is fetched",
        ],
    }
    attempt.error = error
    end_take(session, attempt, "unknown", error)


def end_take(
    session: Session, attempt: GenerationAttempt, status: str, error: dict[str, object] | None
) -> None:
    """The take is not going to be completed by this attempt; its job ends with it."""
    version: SceneVersion = takes.get(session, attempt.version_id)
    takes.set_status(session, version, status, error)
    ending = "cancelled" if status == "cancelled" else "failed"
    for job in open_jobs(session, version.id):
        jobs.finish(session, job.id, ending, error=error)


def open_jobs(session: Session, version_id: str) -> list[ProcessingJob]:
    """Jobs somebody still polls for this take's generation."""
    query = select(ProcessingJob).where(
        ProcessingJob.version_id == version_id,
        ProcessingJob.type.in_(("generate_scene", "remix_scene")),
        ProcessingJob.status.in_(jobs.OPEN),
    )
    return list(session.scalars(query))


def request_cancel(session: Session, version: SceneVersion) -> None:
    """Ask that a take be given up; what is already bought is kept if it arrives."""
    version.cancel_requested = True
    for attempt in ledger.attempts_of(session, version.id):
        if attempt.state == "reserved":
            ledger.release(session, attempt, "cancelled before it was sent")
            end_take(session, attempt, "cancelled", None)
