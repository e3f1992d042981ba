"""Takes of a provider that is not in use: those it cannot be asked for, or that wait to be sent.

They go on when their provider is in use again. What is overdue where nobody can ask is left to a
person before that, because the provider has it, and has it for an hour only.
"""

from collections.abc import Callable, Sequence, Set
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import (
    clock,
    landing,
    ledger,
    standing,
    states,
    submission,
    sweeping,
    verdicts,
)
from musicapp_pipeline.generation.errors import DownloadFailed
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.models import GenerationAttempt

if TYPE_CHECKING:
    from musicapp_pipeline.generation.dispatcher import DispatcherOptions

WAITING = ("reserved", "submitting", "submitted", "unknown", "completed")
WITHDRAWN = "withdrawn"
"""Code of a take whose request was given back unsent, because another provider is in use."""
KEPT = 3600.0
"""Seconds that providers keep a clip at least: so long a finished one is nobody's to give up."""


def others(session: Session, in_use: str) -> dict[str, int]:
    """Providers besides the one in use that have unfinished attempts, and how many."""
    query = (
        select(GenerationAttempt.provider, func.count(GenerationAttempt.id))
        .where(
            GenerationAttempt.state.in_(states.HOLDING),
            GenerationAttempt.provider != in_use,
            GenerationAttempt.next_action_at.is_not(None),
        )
        .group_by(GenerationAttempt.provider)
        .order_by(GenerationAttempt.provider)
    )
    return dict(row._tuple() for row in session.execute(query))


def sought(session: Session, in_use: str) -> set[str]:
    """Providers besides the one in use of which something may still turn up: jobs of takes in
    doubt, late purchases, and jobs that a person called not charged."""
    names = select(GenerationAttempt.provider).where(GenerationAttempt.provider != in_use)
    return {
        name
        for name in session.scalars(names.distinct())
        if sweeping.anything_to_find(session, name)
    }


def warnings(session: Session, in_use: str) -> list[str]:
    """Sentences for whoever runs this service: whose takes are left over from before a switch."""
    return [
        f"{count} unfinished {'take is' if count == 1 else 'takes are'} of {name}'s, which is not"
        " in use: what it has is fetched as long as the settings say how to reach it; what waits is"
        " sent when you switch back, unless you cancel it"
        for name, count in others(session, in_use).items()
    ]


def unattended(
    session: Session, in_use: str, reached: Set[str] = frozenset()
) -> Sequence[GenerationAttempt]:
    """Attempts that wait for another provider's return and that nobody drives elsewhere.

    Args:
        reached: providers whose jobs are asked for here all the same; nothing is bought of them.
    """
    moment = clock.moment(session)
    query = select(GenerationAttempt).where(
        GenerationAttempt.state.in_(WAITING),
        GenerationAttempt.provider != in_use,
        or_(GenerationAttempt.state == "reserved", GenerationAttempt.provider.not_in(reached)),
        GenerationAttempt.next_action_at.is_not(None),
        or_(GenerationAttempt.lease_until.is_(None), GenerationAttempt.lease_until < moment),
    )
    return session.scalars(query).all()


def withdraw(session: Session, project_id: str, in_use: str) -> int:
    """Give back a project's takes that wait to be sent to another provider, for whoever does not
    wait for its return: nothing of them was bought.

    Returns:
        How many.
    """
    query = (
        select(GenerationAttempt)
        .where(
            GenerationAttempt.project_id == project_id,
            GenerationAttempt.state == "reserved",
            GenerationAttempt.provider != in_use,
        )
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).all()
    for attempt in found:
        why = f"Not sent to {attempt.provider}: {in_use} is in use now."
        ledger.release(session, attempt, why)
        told: dict[str, object] = {"code": WITHDRAWN, "message": why}
        if verdicts.was_sent_before(attempt):  # its first request may turn up at the provider
            told["actions"] = list(states.WHAT_TO_DO["absent"])
        if standing.speaks_for_take(session, attempt):
            standing.end_take(session, attempt, "failed", told)
    return len(found)


def out_of_reach(
    session: Session, project_id: str, in_use: str, reaches: Callable[[str], bool]
) -> dict[str, str]:
    """Takes of a project that another provider has and that nobody can ask for, and why.

    Args:
        reaches: whether the settings say how to reach a provider.
    """
    return {
        attempt.version_id: _why(attempt)
        for attempt in unattended(session, in_use)
        if attempt.project_id == project_id
        and attempt.state != "reserved"
        and not reaches(attempt.provider)
    }


def tell(session: Session, in_use: str, reached: Set[str], options: "DispatcherOptions") -> None:
    """Say so to whoever waits for them; what the provider has had for too long is left to a person.

    Args:
        in_use: the provider that buys.
        reached: as for :func:`unattended`.
    """
    patience = options.job_timeout if options.away is None else options.away
    for attempt in unattended(session, in_use, reached):
        why = _why(attempt)
        if _leave_to_a_person(session, attempt, why, patience, options.stuck_look):
            continue
        untold = [j for j in standing.open_jobs(session, attempt.version_id) if j.message != why]
        for row in untold:
            jobs.progress(session, row.id, 0, why)


def _leave_to_a_person(
    session: Session, attempt: GenerationAttempt, why: str, patience: float, look_again: float
) -> bool:
    """End an overdue one, so that nobody waits for it for ever. Whether it was."""
    if attempt.state == "reserved":
        return False  # nothing of it is anywhere
    since = attempt.accepted_at or attempt.submitted_at or attempt.created_at
    age = clock.moment(session) - since
    if age < timedelta(seconds=patience):
        return False
    match attempt.state:
        case "submitted":
            landing.stuck(session, attempt.id, why, look_again)
        case "submitting" | "unknown":
            submission.park_unknown(session, attempt.id, _in_a_sentence(why))
        case "completed":
            if age < timedelta(seconds=KEPT):
                return False
            landing.lost(session, attempt.id, DownloadFailed(why))
    return True


def _in_a_sentence(why: str) -> str:
    return why[0].lower() + why[1:].rstrip(".")


def _why(attempt: GenerationAttempt) -> str:
    whose = f"It is a take of {attempt.provider}'s, which is not in use"
    if attempt.state == "reserved":
        return f"{whose}: it is sent when you switch back; its money is held until you cancel it."
    return (
        f"{whose}, nor do the settings say how to reach it: put them back, and soon"
        " where it is rendered already, because clips are kept for an hour."
    )
