"""What a person decides about a take whose purchase nothing else can clear up.

An ``unknown`` attempt may have been bought, a ``stuck`` one was and did not come. Both hold their
money until somebody who looked at the provider's console or invoice says what is true. A clip that
was paid for and given up may be fetched once more, also one whose job is found only later. Asking
for another take needs none of this: it is admitted if the budget covers both.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import takewhile

from sqlalchemy.orm import Session

from musicapp_pipeline.generation import (
    acceptance,
    clock,
    ledger,
    questions,
    standing,
    states,
    verdicts,
    whose,
)
from musicapp_pipeline.generation.errors import GenerationError
from musicapp_pipeline.generation.providers.dialects import identity, is_fal_job, usable_id
from musicapp_pipeline.generation.standing import end_take, speaks_for_take
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import (
    GenerationAttempt,
    SceneVersion,
    now,
)

SAME_WORD = timedelta(minutes=1)
"""The same word again within this time may be the same click, and not said of another purchase."""


class NothingToResolve(GenerationError):
    """The take's money is not in question (any more)."""

    code = "nothing_to_resolve"


class JobOfAnotherTake(GenerationError):
    """The provider's id that a person gave belongs to another take."""

    code = "job_of_another_take"


class BadJobId(GenerationError):
    """What a person gave cannot be an id of the take's provider."""

    code = "bad_job_id"


def not_charged(session: Session, version_id: str, note: str = "") -> GenerationAttempt:
    """It was not bought, or not charged: the money is given back and the take ends.

    So it is where a person said otherwise before, and of a paid clip that never came.

    Raises:
        NothingToResolve
    """
    said = note or "a person found that it was not charged"
    spent = _spent_for_nothing(session, version_id)
    if spent is not None:
        # Of one that failed, or was tried to be fetched, it is known what its provider says.
        credited = spent.download_tries > 0 or not verdicts.was_called_charged(spent)
        if spent.unseen:
            spent.declared_absent_at = clock.moment(session)
        ledger.credit(session, spent, said)
        actions = list(states.WHAT_TO_DO["absent"])
        told = f"Given up: {said}."
        rest = sum(a.settled_usd or 0 for a in ledger.attempts_of(session, version_id))
        if rest:
            told += f" ${rest:.2f} of another purchase stays booked."
            actions.insert(0, "say so once more in a minute, should that not be charged either")
        _end(session, spent, verdicts.NOT_CHARGED, told, actions=actions, credited=credited)
        return spent
    attempt = _in_question(session, version_id)
    if attempt.unseen:
        # Should it turn up after all, it is booked.
        attempt.declared_absent_at = clock.moment(session)
    ledger.release(session, attempt, said)
    actions = list(states.WHAT_TO_DO["absent"])
    _end(session, attempt, verdicts.NOT_CHARGED, f"Given up: {said}.", actions=actions)
    return attempt


def charged(session: Session, version_id: str, note: str = "") -> GenerationAttempt:
    """It was charged and the clip will not come: the money is spent and the take ends.

    So it is of what a person called not charged before, also of a take that has landed.

    Raises:
        NothingToResolve
    """
    attempt = _given_back(session, version_id)
    said = note or "a person found that it was charged and not delivered"
    if attempt is not None:
        ledger.charge_after_all(session, attempt, said)
    else:
        attempt = _in_question(session, version_id)
        ledger.settle(session, attempt, said)
    then = "unseen" if attempt.unseen else "lost"
    _end(
        session,
        attempt,
        verdicts.CHARGED,
        f"Given up: {said}.",
        paidUsd=str(attempt.settled_usd),
        actions=list(states.WHAT_TO_DO[then]),
    )
    return attempt


def attach(session: Session, version_id: str, job_id: str) -> GenerationAttempt:
    """This is its job at the provider: the clip is fetched as if the answer had arrived.

    An id that a person gave before is replaced; what was said to be not charged is booked again.

    Args:
        job_id: as the provider's console shows it.

    Raises:
        NothingToResolve, JobOfAnotherTake, BadJobId
    """
    lost = _its_own(session, version_id, job_id)
    if lost is not None:
        return fetched_once_more(session, lost)
    attempt = (
        _said_over(session, version_id)
        or _just_named(session, version_id)
        or _in_question(session, version_id, looked_for=True)
    )
    job_id = _usable(job_id)
    if attempt.provider == "fal" and not is_fal_job(job_id):
        raise BadJobId(
            f"{job_id!r} is not the path of a request in fal's queue",
            field="soraClipId",
            value=job_id,
            allowed="<owner>/<app>/requests/<request id>",
        )
    holder = whose.owner_of(session, attempt.provider, job_id)
    others = holder is not None and holder.id != attempt.id
    told = False  # by the provider itself, before the take was called not charged
    if holder is not None and others and _gives_it_up(holder, version_id):
        told = not holder.named_by_person
        holder.provider_job_id = None  # a word against a word, and the later one counts
        session.flush()
    elif holder is not None and holder.version_id == version_id and others:
        other_one = attempt.provider_job_id or "one that is not known"
        raise NothingToResolve(
            f"job {job_id} is this take's already; in question is another purchase of it, whose"
            f" job is {other_one}",
            field="soraClipId",
            value=job_id,
            allowed="not_charged first, should there be no other one; then fetch_again",
        )
    elif holder is not None and others:
        raise JobOfAnotherTake(
            f"job {job_id} is that of take {takes.get(session, holder.version_id).key}",
            field="soraClipId",
            value=job_id,
            allowed="the id of a job that no take has yet",
        )
    if attempt.state == "released":
        attempt = acceptance.attached_after_all(session, attempt, job_id)
        attempt.named_by_person = attempt.named_by_person and not told
        return attempt
    if attempt.state == "settled":
        attempt.provider_job_id = job_id
        attempt.named_by_person, attempt.claimed_by_reconciliation = not told, True
        return fetched_once_more(session, attempt)
    other = attempt.provider_job_id != job_id
    if attempt.state == "unknown" or (other and attempt.named_by_person):
        acceptance.attached(session, attempt, job_id)
        attempt.named_by_person = not told
    elif other:
        raise NothingToResolve(
            f"the take's job is {attempt.provider_job_id}; it is looked at now and then",
            field="soraClipId",
            value=job_id,
            allowed=f"{attempt.provider_job_id}; should that be another take's, say not_charged"
            " first",
        )
    attempt.next_action_at = clock.moment(session)
    return attempt


def _its_own(session: Session, version_id: str, job_id: str) -> GenerationAttempt | None:
    """The paid purchase of a take that has a job, if its clip never came and nothing else may."""
    rows = ledger.attempts_of(session, version_id, lock=True)
    if takes.get(session, version_id).clip_key or any(a.state in states.HOLDING for a in rows):
        return None
    named = identity(job_id.strip())
    same = (a for a in rows if verdicts.was_lost(a) and identity(str(a.provider_job_id)) == named)
    return next(same, None)


def _gives_it_up(holder: GenerationAttempt, version_id: str) -> bool:
    """Whether a job may be another purchase's: there is only a person's word that it is its
    holder's; or the holder was called not charged, and is the same take's, or has the job by a word
    or a list, which tell equal takes' jobs apart no better."""
    if holder.state not in states.FINAL or holder.unseen:
        return holder.state in states.FINAL
    same_take = holder.version_id == version_id
    return verdicts.was_called_not_charged(holder) and (
        same_take or holder.claimed_by_reconciliation
    )


def _usable(job_id: str) -> str:
    usable = usable_id(job_id.strip())
    if usable is None:
        raise BadJobId(
            "this cannot be the id of a job",
            field="soraClipId",
            value=ascii(job_id),
            allowed="the id as the provider's console shows it",
        )
    return usable


def fetch_again(session: Session, version_id: str) -> GenerationAttempt:
    """The clip was paid for and given up, or said to be not charged: fetch it once more.

    Nothing is bought.

    Raises:
        NothingToResolve: there is no such clip.
    """
    version = takes.get(session, version_id)
    rows = ledger.attempts_of(session, version_id, lock=True)
    attempt = next((a for a in reversed(rows) if verdicts.was_lost(a)), None)
    over = version.status == "failed" and version.clip_key is None
    held = any(a.state in states.HOLDING for a in rows)
    given_back = _called_off(rows) if over and attempt is None and not held else None
    if given_back is not None and given_back.provider_job_id is not None:
        return acceptance.attached_after_all(session, given_back, given_back.provider_job_id)
    if attempt is None or not over or held:
        raise NothingToResolve(
            f"take {version.take} is {version.status}; there is no paid clip to fetch again",
            field="versionId",
            value=version_id,
            allowed="a failed take whose clip was paid for and did not arrive",
        )
    return fetched_once_more(session, attempt)


def seen(session: Session, attempt: GenerationAttempt, job_id: str) -> None:
    """The job of a purchase that a person saw charged has shown up: its clip is fetched."""
    attempt.provider_job_id, attempt.named_by_person = job_id, False
    attempt.claimed_by_reconciliation = True
    fetched_once_more(session, attempt)


def finished_all_the_same(session: Session, attempt: GenerationAttempt) -> None:
    """Tell that a job which a person named, and then called not charged, was finished by the
    provider: whether it is the take's only a person can say."""
    why = f"Job {attempt.provider_job_id}, which was attached, has finished all the same"
    told = attempt.error or {}
    said = str(told.get("message", ""))
    if why not in said:
        attempt.error = {
            **told,
            "message": f"{said} {why}.",
            "actions": list(states.WHAT_TO_DO["finished"]),
        }
        if speaks_for_take(session, attempt):
            end_take(session, attempt, "failed", attempt.error)


def fetched_once_more(session: Session, attempt: GenerationAttempt) -> GenerationAttempt:
    """The clip of a paid purchase is fetched again, from the beginning."""
    version = takes.get(session, attempt.version_id)
    moment = clock.moment(session)
    fresh = {"download_tries": 0, "storing_tries": 0, "error": None, "ended_at": None}
    ledger.move(session, attempt, "completed", next_action_at=moment, **fresh)
    if standing.show(session, version, "generating"):
        version.sora_clip_id = attempt.provider_job_id
    return attempt


def _said_over(session: Session, version_id: str) -> GenerationAttempt | None:
    """A purchase that a person ended without its job, with a wrong one, or as never made."""
    version = takes.get(session, version_id)
    rows = ledger.attempts_of(session, version_id, lock=True)
    if version.clip_key is not None or any(a.state in states.HOLDING for a in rows):
        return None
    return next((a for a in reversed(rows) if verdicts.may_be_mended(a)), None)


def _called_off(rows: Sequence[GenerationAttempt]) -> GenerationAttempt | None:
    """The latest purchase with a job that was called not charged; one of which more than a
    person's word is known, if there is any."""
    known = [
        a for a in rows if verdicts.was_called_not_charged(a) and a.provider_job_id is not None
    ]
    return max(known, key=lambda a: (not a.named_by_person, a.created_at), default=None)


def _just_named(session: Session, version_id: str) -> GenerationAttempt | None:
    """A purchase whose job a person has named, and may have mistyped; nobody knows yet."""
    rows = ledger.attempts_of(session, version_id, lock=True)
    return next((a for a in rows if a.state == "submitted" and a.named_by_person), None)


def _spent_for_nothing(session: Session, version_id: str) -> GenerationAttempt | None:
    """The latest purchase that is booked as spent and that brought no clip, nor will."""
    version = takes.get(session, version_id)
    rows = ledger.attempts_of(session, version_id, lock=True)
    if any(a.state in states.HOLDING for a in rows):
        return None
    booked = (a for a in reversed(rows) if a.state == "settled" and a.media_key is None)
    spent = next(booked, None)
    last = max(rows, key=lambda a: a.ended_at or a.created_at, default=None)
    if (
        spent is None
        or last is None
        or last.ended_at is None
        or not verdicts.was_called_not_charged(last)
    ):
        return spent
    _not_the_same_click(version, last, "not charged", "stays booked")
    return spent


def _not_the_same_click(
    version: SceneVersion, last: GenerationAttempt, word: str, other: str
) -> None:
    if last.ended_at is not None and last.ended_at > now() - SAME_WORD:
        raise NothingToResolve(
            f"take {version.take} was called {word} just now; another purchase of it {other}: say"
            f" so once more in a minute, should that be {word}, too",
            field="versionId",
            value=version.id,
            allowed="one word a minute",
        )


def _given_back(session: Session, version_id: str) -> GenerationAttempt | None:
    """The purchase that was given back last as not bought, unless the take went on after that."""
    version = takes.get(session, version_id)
    rows = ledger.attempts_of(session, version_id, lock=True)
    if any(a.state in states.HOLDING for a in rows):
        return None
    ended = sorted(rows, key=lambda a: a.ended_at or a.created_at, reverse=True)
    said = list(
        takewhile(lambda a: verdicts.was_given_back(a) or verdicts.was_called_charged(a), ended)
    )
    attempt = next((a for a in said if verdicts.was_given_back(a)), None)
    if attempt is not None and attempt is not said[0]:
        _not_the_same_click(version, said[0], "charged", "was given back")
    return attempt


def _in_question(
    session: Session, version_id: str, *, looked_for: bool = False
) -> GenerationAttempt:
    """The purchase that waits for a person's word.

    Args:
        looked_for: also one that is still being looked for.
    """
    version = takes.get(session, version_id)
    rows = ledger.attempts_of(session, version_id, lock=True)
    wanted = (
        a
        for a in reversed(rows)
        if questions.waits_for_a_word(a) or (looked_for and a.state == "unknown")
    )
    attempt = next(wanted, None)
    if attempt is None:
        sought = any(a.state == "unknown" for a in rows)
        why = "it is still being looked for there" if sought else "its money is not in question"
        raise NothingToResolve(
            f"take {version.take} is {version.status}; {why}",
            field="versionId",
            value=version_id,
            allowed="a take that is unknown or stuck",
        )
    return attempt


def _end(
    session: Session, attempt: GenerationAttempt, code: str, message: str, **more: object
) -> None:
    error: dict[str, object] = {"code": code, "message": message, **more}
    attempt.error = error
    if speaks_for_take(session, attempt):
        end_take(session, attempt, "failed", error)
