"""Whose is a job that a provider's list shows?

Attempts have jobs, by an answer or a person's word, and others may have one without that anybody
knows its id: their answers were lost, or a person saw them charged. A list cannot tell equal
requests apart. So a job is given to an attempt only where there are more jobs like it than such
others of its time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock, evidence
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.providers.dialects import identity
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt

REMEMBERED = timedelta(days=7)
"""Longer than any provider's list of recent jobs reaches back."""
SLACK = timedelta(minutes=15)
"""Clocks differ. Looking back too far finds only jobs that nobody owns, so it is the safe side."""
LATEST = timedelta(minutes=30)
"""Jobs made longer after a request are not its: clocks differ by a quarter of an hour."""
REACH = SLACK + LATEST + SLACK
"""How far before a request a list is read, so that it shows the jobs of others of its time."""
CHARGED = GenerationAttempt.state.in_(("settled", "completed"))
"""It was bought, as a person says where nobody has seen its job."""
_DOUBTFUL = ("submitting", "unknown", "submitted", "stuck")
IN_DOUBT = GenerationAttempt.state.in_(_DOUBTFUL)
"""It may have been bought, where nobody has seen its job."""


def owner_of(session: Session, provider: str, job_id: str) -> GenerationAttempt | None:
    """The attempt that has a provider's job, however a gateway spells its id this time."""
    ours = GenerationAttempt.provider == provider
    exact = session.scalar(
        select(GenerationAttempt).where(ours, GenerationAttempt.provider_job_id == job_id)
    )
    wanted = identity(job_id)
    if exact is not None or wanted == job_id:
        return exact
    ids = select(GenerationAttempt.id, GenerationAttempt.provider_job_id).where(
        ours, GenerationAttempt.provider_job_id.is_not(None)
    )
    known = (mine for mine, spelled in session.execute(ids) if identity(str(spelled)) == wanted)
    found = next(known, None)
    return None if found is None else session.get(GenerationAttempt, found)


def unowned(session: Session, provider: str, listed: Sequence[ProviderJob]) -> list[ProviderJob]:
    """Jobs of a list that no attempt has."""
    known = select(GenerationAttempt.provider_job_id).where(
        GenerationAttempt.provider == provider, GenerationAttempt.provider_job_id.is_not(None)
    )
    spelled_so = GenerationAttempt.provider_job_id.in_([job.id for job in listed])
    # However a gateway spells them; those of before the list began are not in it.
    told = [job.created_at for job in listed if job.created_at is not None]
    since = min((clock.moment(session) - REMEMBERED, *(at - REACH for at in told)))
    recent = GenerationAttempt.sent_at > since
    owned = {identity(str(job_id)) for job_id in session.scalars(known.where(spelled_so | recent))}
    return [job for job in listed if identity(job.id) not in owned]


def to_spare(
    session: Session,
    attempt: GenerationAttempt,
    prompt: str,
    alike: Sequence[ProviderJob],
    listed: Sequence[ProviderJob],
    *,
    refunded: bool,
    doubts: bool = False,
) -> list[ProviderJob]:
    """Those of some jobs that are not needed for other requests like an attempt's.

    Args:
        alike: jobs that nobody has and that may be the attempt's, the likeliest first.
        listed: the whole list, which may show the others' jobs, too.
        refunded: whether failures are given back. What was charged cannot be one then; else it has
            the failed one, as the finished one's clip is fetched for whoever is looked for.
        doubts: whether one of which nobody knows whether it was bought keeps a job for itself, too.
    """
    if not alike:
        return []
    which = or_(CHARGED, IN_DOUBT) if doubts else CHARGED
    twins = evidence.twins(session, attempt, prompt, and_(GenerationAttempt.unseen, which))
    others = [other for other in twins if not shown(other, prompt, listed)]
    free = evidence.candidates(unowned(session, attempt.provider, listed), attempt, prompt)
    if not refunded and not any(other.state in _DOUBTFUL for other in others):
        free.sort(key=lambda job: job.status != "failed")
    kept = _kept_for(others, free, clock.moment(session))
    return [job for job in alike if job.id not in kept]


def of_its_time(job: ProviderJob, attempt: GenerationAttempt) -> bool:
    """Whether a job may have been made of an attempt's request; of an earlier one, too, if that was
    declared absent. Where times are not told it may."""
    sent = attempt.submitted_at
    if job.created_at is None or sent is None:
        return True
    first = sent if attempt.declared_absent_at is None else min(attempt.created_at, sent)
    return first - SLACK <= job.created_at < sent + LATEST


def shown(attempt: GenerationAttempt, prompt: str, listed: Sequence[ProviderJob]) -> bool:
    """Whether the list bears out that the job which a person named is the attempt's."""
    if attempt.provider_job_id is None:
        return False
    named = identity(attempt.provider_job_id)
    theirs = [job for job in listed if identity(job.id) == named]
    return bool(evidence.candidates(theirs, attempt, prompt))


def only_said(
    session: Session, attempt: GenerationAttempt, prompt: str, listed: Sequence[ProviderJob]
) -> str | None:
    """Why a list that shows nothing of ours leaves a doubt: a job that may be ours was attached to
    another take, and only a person says that it is that one's."""
    for job in listed:
        if not evidence.matches(job, attempt, prompt) or not of_its_time(job, attempt):
            continue
        holder = owner_of(session, attempt.provider, job.id)
        if holder is None or holder.id == attempt.id or not holder.unseen:
            continue
        if not shown(holder, takes.get(session, holder.version_id).prompt, listed):
            return f"it lists {job.id}, which was attached to another take, and may be ours"
    return None


def _kept_for(
    others: Sequence[GenerationAttempt], jobs: Sequence[ProviderJob], moment: datetime
) -> set[str]:
    """As many jobs as may be others', one each, the first ones first (by augmenting paths)."""
    given: dict[str, ProviderJob] = {}

    def give(job: ProviderJob, asked: set[str]) -> bool:
        for other in others:
            old = job.created_at is None and other.sent_at < moment - REMEMBERED
            if other.id in asked or old or not of_its_time(job, other):
                continue
            asked.add(other.id)
            if other.id not in given or give(given[other.id], asked):
                given[other.id] = job
                return True
        return False

    for job in jobs:
        give(job, set())
    return {job.id for job in given.values()}
