"""What a take's purchases mean for the take: whose fate it shares, and how it and its jobs end."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import ledger, states
from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline.store.models import GenerationAttempt, ProcessingJob, SceneVersion


def end_take(
    session: Session, attempt: GenerationAttempt, status: str, error: dict[str, object] | None
) -> None:
    """The take is not going to be completed by this attempt; its job ends with it."""
    version: SceneVersion = takes.get(session, attempt.version_id)
    if not show(session, version, status, error):
        return
    ending = "cancelled" if status == "cancelled" else "failed"
    for job in open_jobs(session, version.id):
        jobs.finish(session, job.id, ending, error=error)


def show(
    session: Session, version: SceneVersion, status: str, error: dict[str, object] | None = None
) -> bool:
    """Move a take on. One that has its clip does not change, whatever becomes of its other
    purchases; the answer is False then."""
    if version.clip_key is not None:
        return False
    takes.set_status(session, version, status, error)
    return True


def speaks_for_take(session: Session, attempt: GenerationAttempt) -> bool:
    """Is the take's fate this attempt's? Not while another purchase of it may still bring its clip
    by itself, or when the take has its clip from another one."""
    others = [a for a in ledger.attempts_of(session, attempt.version_id) if a.id != attempt.id]
    return not any(_may_bring_it(a) for a in others)


def _may_bring_it(attempt: GenerationAttempt) -> bool:
    parked = attempt.state == "unknown" and attempt.next_action_at is None
    held = attempt.state in states.HOLDING and attempt.state != "stuck" and not parked
    return held or attempt.media_key is not None


def open_jobs(session: Session, version_id: str) -> list[ProcessingJob]:
    """Jobs somebody still polls for this take's generation."""
    query = select(ProcessingJob).where(
        ProcessingJob.version_id == version_id,
        ProcessingJob.type.in_(("generate_scene", "remix_scene")),
        ProcessingJob.status.in_(jobs.OPEN),
    )
    return list(session.scalars(query))
