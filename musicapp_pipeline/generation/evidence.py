"""What a provider's list says of a lost submission, and whether it can be believed.

A list proves that nothing was bought only if it shows what else is known to be there, with the
prompts that were sent, and nothing that might be ours under another name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, not_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.providers.dialects import identity
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt, SceneVersion

WITNESSES = timedelta(days=1)
"""How much older than a doubt a job may be by which its list is judged."""


@dataclass(frozen=True)
class Witness:
    """A job that the provider surely has and that its list should show."""

    job_id: str
    prompt: str
    since: datetime
    """A list that reaches back to here shows it."""


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
        (job.prompt is None or plain(job.prompt) == plain(prompt))
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
    alike = [j.id for j in listed if j.prompt is not None and plain(j.prompt) == plain(prompt)]
    if alike:
        return f"it lists {', '.join(alike)} with this prompt, but of another size or length"
    return None


def twins(
    session: Session, attempt: GenerationAttempt, prompt: str, *which: ColumnElement[bool]
) -> Sequence[GenerationAttempt]:
    """Other requests of some kind that a list could not tell from this one."""
    query = (
        select(GenerationAttempt, SceneVersion.prompt)
        .join(SceneVersion, SceneVersion.id == GenerationAttempt.version_id)
        .where(
            GenerationAttempt.provider == attempt.provider,
            GenerationAttempt.id != attempt.id,
            GenerationAttempt.size == attempt.size,
            GenerationAttempt.seconds == attempt.seconds,
            *which,
        )
        .order_by(GenerationAttempt.created_at)
    )
    words = plain(prompt)
    return [other for other, said in session.execute(query) if plain(said) == words]


def older(listed: Sequence[ProviderJob], attempt: GenerationAttempt, prompt: str) -> str | None:
    """Why jobs that look too old to be ours leave a doubt: a clock or a time zone may be wrong."""
    alike = ", ".join(job.id for job in candidates(listed, attempt, prompt))
    return f"it lists {alike} with this prompt, which looks older" if alike else None


def other_words(
    session: Session, listed: Sequence[ProviderJob], attempt: GenerationAttempt
) -> str | None:
    """Why a job of our size and length is a doubt though it says other words than any take of ours,
    as long as nothing shows that the list tells prompts as they were sent."""
    words = {plain(j.prompt): j.id for j in listed if j.prompt and matches(j, attempt, j.prompt)}
    known = ours(session, attempt.provider, *words)
    strange = ", ".join(job_id for said, job_id in words.items() if said not in known)
    return f"it lists {strange} of this size and length, in other words" if strange else None


def ours(session: Session, provider: str, *prompts: str) -> set[str]:
    """Those of some prompts, however white space is told, that a provider was sent by us; plain."""
    asked = {plain(prompt) for prompt in prompts}
    if not asked:
        return set()
    query = (
        select(SceneVersion.prompt)
        .join(GenerationAttempt, GenerationAttempt.version_id == SceneVersion.id)
        .where(GenerationAttempt.provider == provider)
    )
    return asked.intersection(map(plain, session.scalars(query.distinct())))


def witness(session: Session, doubt: GenerationAttempt, here: str, lag: float) -> Witness | None:
    """The latest job that the provider surely has and that its list should show by now."""
    assert doubt.submitted_at is not None
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider == doubt.provider,
        GenerationAttempt.sent_to == here,
        not_(GenerationAttempt.unseen),
        GenerationAttempt.state.in_(("submitted", "completed", "settled")),
        # Its id may have been found or named long after it was made.
        GenerationAttempt.sent_at > doubt.submitted_at - WITNESSES,
        GenerationAttempt.accepted_at < clock.moment(session) - timedelta(seconds=lag),
    )
    known = session.scalar(query.order_by(GenerationAttempt.sent_at.desc()).limit(1))
    if known is None or known.provider_job_id is None:
        return None
    prompt = takes.get(session, known.version_id).prompt
    since = known.sent_at if known.declared_absent_at is None else known.created_at
    return Witness(known.provider_job_id, prompt, since)


def unproven(listed: Sequence[ProviderJob], known: Witness | None) -> str | None:
    """Why a list that shows nothing of ours proves nothing: it misses what is known to be there, or
    tells it otherwise than it was sent."""
    if known is None:
        return None
    shown = next((job for job in listed if identity(job.id) == identity(known.job_id)), None)
    if shown is None:
        return f"its list does not show job {known.job_id} either, which it has"
    if shown.prompt is not None and plain(shown.prompt) != plain(known.prompt):
        return f"its list tells other prompts than were sent (see {known.job_id})"
    return None


def plain(prompt: str) -> str:
    return " ".join(prompt.split())


def _same(one: str, other: str) -> bool:
    return identity(one) == identity(other)
