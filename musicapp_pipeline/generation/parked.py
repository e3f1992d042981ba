"""Takes in doubt that were left to a person, looked for again: what stood in the way may be put
right.

Only what speaks for a purchase is acted on. What is not in a list that is read so late proves
nothing, as services forget their jobs, so such a take stays with the person.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.generation import (
    acceptance,
    clock,
    evidence,
    ledger,
    reconcile,
    submission,
    whose,
)
from musicapp_pipeline.generation.errors import ListingUnsupported, StatusUnavailable
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import GenerationAttempt

if TYPE_CHECKING:
    from musicapp_pipeline.generation.drive import Drive

log = logs.get(__name__)


async def look(drive: "Drive") -> int:
    """Look once for the jobs of takes that wait for a person's word.

    Nothing is asked of the provider while there is no such take, or its list is not vouched for.

    Returns:
        How many were found; their clips are fetched.
    """
    rows = await drive.read(lambda s: waiting(s, drive.provider.name))
    rows = [a for a in rows if reconcile.may_list(drive, a.model)]
    if not rows:
        return 0
    since = min(a.submitted_at for a in rows if a.submitted_at) - whose.REACH
    listed: Sequence[ProviderJob] = ()
    why = None
    try:
        await drive.polls.over()
        listed = await drive.provider.list_recent(since)
    except StatusUnavailable as error:
        log.info("takes in doubt could not be looked for", why=error.message)
        return 0
    except ListingUnsupported as error:
        why = error.message
    here = drive.provider.key
    found = 0
    for attempt in rows:
        refunded = reconcile.refunds(drive, attempt.model)
        one = partial(
            _found, attempt_id=attempt.id, listed=listed, here=here, why=why, refunded=refunded
        )
        found += await drive.write(one)
    return found


def waiting(session: Session, provider: str) -> Sequence[GenerationAttempt]:
    """Attempts of a provider that are left to a person and not too old for any list."""
    query = select(GenerationAttempt).where(
        GenerationAttempt.provider == provider,
        GenerationAttempt.state == "unknown",
        GenerationAttempt.next_action_at.is_(None),
        GenerationAttempt.submitted_at > clock.moment(session) - whose.REMEMBERED,
    )
    return session.scalars(query.order_by(GenerationAttempt.created_at)).all()


def _found(
    session: Session,
    attempt_id: str,
    listed: Sequence[ProviderJob],
    here: str,
    why: str | None,
    refunded: bool,
) -> bool:
    """Go on with the job that is surely the attempt's; else say why it is still in doubt."""
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "unknown" or attempt.next_action_at is not None:
        return False  # a person, or the answer itself, was quicker
    prompt = takes.get(session, attempt.version_id).prompt
    if _alike_under_way(session, attempt, prompt):
        return False  # the job that is listed may be that one's
    unowned = whose.unowned(session, attempt.provider, listed)
    free = [job for job in unowned if whose.of_its_time(job, attempt)]
    alike = evidence.candidates(free, attempt, prompt)
    spare = whose.to_spare(session, attempt, prompt, alike, listed, refunded=refunded)
    if spare:
        log.warning("found after all", attempt=attempt_id, job=spare[0].id)
        acceptance.accepted(session, attempt_id, spare[0], claimed=True)
        return True
    why = why or (
        submission.elsewhere(attempt, here)
        or ("it lists one that may be another take's, charged without its id" if alike else None)
        or evidence.doubtful(free, attempt, prompt)
        or whose.only_said(session, attempt, prompt, listed)
        or "its list, read again later, does not show it"
    )
    if why not in str((attempt.error or {}).get("message")):
        submission.park_unknown(session, attempt_id, why)
    return False


def _alike_under_way(session: Session, attempt: GenerationAttempt, prompt: str) -> bool:
    """Whether another request, which a list could not tell from this one, is on its way or being
    looked for."""
    looked_for = and_(
        GenerationAttempt.state == "unknown", GenerationAttempt.next_action_at.is_not(None)
    )
    busy = or_(GenerationAttempt.state == "submitting", looked_for)
    return bool(evidence.twins(session, attempt, prompt, busy))
