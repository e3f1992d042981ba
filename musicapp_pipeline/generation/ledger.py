"""The spend ledger: what is held, what is spent, and nothing beyond the cap.

Each function works in the caller's write transaction. On PostgreSQL the project's row is locked
before a sum is taken; on SQLite the transaction holds the write lock from its first statement.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import clock, states
from musicapp_pipeline.generation.errors import GenerationError
from musicapp_pipeline.generation.simulated import counted
from musicapp_pipeline.store import projects
from musicapp_pipeline.store.database import HELD
from musicapp_pipeline.store.ids import new_id
from musicapp_pipeline.store.models import (
    GenerationAttempt,
    Project,
    SceneVersion,
    SpendEntry,
    now,
)

ZERO = Decimal(0)


class OverBudget(GenerationError):
    """The reservation would pass the project's cap; nothing was queued."""

    code = "over_budget"

    def __init__(self, wanted: Decimal, committed: Decimal, cap: Decimal) -> None:
        super().__init__(
            f"this needs ${wanted:.2f}, but of the ${cap:.2f} cap ${committed:.2f} is spent or"
            f" held, so ${max(cap - committed, ZERO):.2f} is left; raise budgetCapUsd or ask for"
            " fewer takes",
            field="budgetCapUsd",
            value=str(cap),
            allowed=f"at least {committed + wanted:.2f}",
        )
        self.wanted, self.committed, self.cap = wanted, committed, cap


def held(session: Session, project_id: str) -> Decimal:
    """Reserved for attempts whose end is not known yet."""
    query = select(func.coalesce(func.sum(GenerationAttempt.reserved_usd), 0)).where(
        GenerationAttempt.project_id == project_id,
        GenerationAttempt.state.in_(states.HOLDING),
        GenerationAttempt.settled_usd.is_(None),
        counted(project_id),
    )
    return _usd(session.scalar(query))


def spent(session: Session, project_id: str, scene_id: str | None = None) -> Decimal:
    """Settled: what the specification calls ``actualCostUsd``."""
    query = select(func.coalesce(func.sum(GenerationAttempt.settled_usd), 0)).where(
        GenerationAttempt.project_id == project_id, counted(project_id)
    )
    if scene_id is not None:
        query = query.where(GenerationAttempt.scene_id == scene_id)
    return _usd(session.scalar(query))


def committed(session: Session, project_id: str, *, money: bool = False) -> Decimal:
    """What counts against the cap: in one statement, so that nothing moves between two sums.

    Args:
        money: for a purchase with money, to which the mock's charges are nothing.
    """
    holding = GenerationAttempt.state.in_(states.HOLDING)
    amount = case(
        (GenerationAttempt.settled_usd.is_not(None), GenerationAttempt.settled_usd),
        (holding, GenerationAttempt.reserved_usd),
        else_=0,
    )
    query = select(func.coalesce(func.sum(amount), 0)).where(
        GenerationAttempt.project_id == project_id, counted(project_id, money=money)
    )
    return _usd(session.scalar(query))


def spent_by_scene(session: Session, project_id: str) -> dict[str, Decimal]:
    """``actualCostUsd`` of each scene that cost something."""
    query = (
        select(GenerationAttempt.scene_id, func.sum(GenerationAttempt.settled_usd))
        .where(
            GenerationAttempt.project_id == project_id,
            GenerationAttempt.settled_usd.is_not(None),
            counted(project_id),
        )
        .group_by(GenerationAttempt.scene_id)
    )
    return {scene: _usd(total) for scene, total in session.execute(query)}


def check_budget(session: Session, project: Project, wanted: Decimal, *, simulated: bool) -> None:
    """Raise OverBudget unless ``wanted`` more fits; ``project`` must be locked."""
    already = committed(session, project.id, money=not simulated)
    if already + wanted > project.budget_cap_usd:
        raise OverBudget(wanted, already, project.budget_cap_usd)


def beyond_cap(session: Session, attempt: GenerationAttempt) -> OverBudget | None:
    """Why an attempt that was not sent yet does not fit any more: the cap was lowered meanwhile."""
    project = session.get(Project, attempt.project_id, populate_existing=True)
    assert project is not None
    already, mine = committed(session, project.id), attempt.reserved_usd
    if already <= project.budget_cap_usd:
        return None
    return OverBudget(mine, already - mine, project.budget_cap_usd)


def reprice(
    session: Session, attempt: GenerationAttempt, price: Decimal, price_version: str
) -> None:
    """Hold today's price of an attempt that was not sent yet in place of the one it had.

    Whether that still fits is asked next, see :func:`beyond_cap`; project and attempt are locked.
    """
    more = price - attempt.reserved_usd
    attempt.reserved_usd, attempt.price_version = price, price_version
    attempt.usd_per_second = price / attempt.seconds
    session.flush()
    kind = "reserve" if more > 0 else "release"
    was = price - more
    _book(session, attempt, kind, more, f"its price changed from ${was:.2f} to ${price:.2f}")


def reprice_as_of(session: Session, attempt: GenerationAttempt, moment: datetime) -> None:
    """Hold the price of a moment: an earlier sending was bought, before the price changed."""
    line = _line_of(session, attempt, moment)
    if line is not None and line.usd_per_second != attempt.usd_per_second:
        price = round(line.usd_per_second * attempt.seconds, 6)
        reprice(session, attempt, price, line.price_version)


def reserve(
    session: Session,
    version: SceneVersion,
    *,
    provider: str,
    usd_per_second: Decimal,
    price_version: str,
    fingerprint: str,
    request: dict[str, Any],
    simulated: bool,
    number: int = 1,
) -> GenerationAttempt:
    """Hold the whole price of one attempt.

    Raises:
        OverBudget: nothing was written.
    """
    project = projects.get(session, version.project_id, lock=True)
    usd = usd_per_second * version.seconds
    check_budget(session, project, usd, simulated=simulated)
    attempt = GenerationAttempt(
        id=new_id("at"),
        version_id=version.id,
        project_id=version.project_id,
        scene_id=version.scene_id,
        number=number,
        provider=provider,
        model=version.model,
        seconds=version.seconds,
        size=version.size,
        fingerprint=fingerprint,
        request=request,
        usd_per_second=usd_per_second,
        price_version=price_version,
        reserved_usd=usd,
        simulated=simulated,
        next_action_at=clock.moment(session),
    )
    session.add(attempt)
    session.flush()
    _book(session, attempt, "reserve", usd)
    return attempt


def move(session: Session, attempt: GenerationAttempt, state: str, **fields: Any) -> None:
    """Change an attempt's state where that is allowed; the row must be locked or leased."""
    states.check(attempt.state, state)
    attempt.state = state
    for name, value in fields.items():
        setattr(attempt, name, value)
    session.flush()


def release(session: Session, attempt: GenerationAttempt, note: str) -> None:
    """Give the reservation back: nothing was bought, or the provider does not charge for it.

    What is booked as spent already can only be credited.
    """
    if attempt.settled_usd is not None:
        raise states.IllegalTransition(
            f"an attempt that is {attempt.state} and paid cannot be given back as never spent",
            field="state",
            value="released",
            allowed="credit",
        )
    _end(session, attempt, "released")
    _book(session, attempt, "release", -attempt.reserved_usd, note)


def spend(session: Session, attempt: GenerationAttempt, note: str = "") -> None:
    """Book the price as spent; the attempt's state is the caller's business."""
    if attempt.settled_usd is not None:
        return
    attempt.settled_usd = attempt.reserved_usd
    session.flush()
    _book(session, attempt, "settle", attempt.reserved_usd, note)


def settle(session: Session, attempt: GenerationAttempt, note: str = "") -> None:
    """End an attempt whose money is spent."""
    spend(session, attempt, note)
    _end(session, attempt, "settled")


def credit(session: Session, attempt: GenerationAttempt, note: str) -> None:
    """Give back what was booked as spent: the provider did not charge it, or credited it."""
    usd, attempt.settled_usd = attempt.settled_usd, None
    assert usd is not None, "only what was spent can be credited"
    _end(session, attempt, "released")
    _book(session, attempt, "settle", -usd, note)
    _book(session, attempt, "release", -attempt.reserved_usd, note)


def charge_after_all(session: Session, attempt: GenerationAttempt, note: str) -> None:
    """Book as spent what was given back: it was charged, a person found."""
    attempt.settled_usd = attempt.reserved_usd
    _end(session, attempt, "settled")
    _book(session, attempt, "reserve", attempt.reserved_usd, note)
    _book(session, attempt, "settle", attempt.reserved_usd, note)


def _end(session: Session, attempt: GenerationAttempt, state: str) -> None:
    """Its lease ends too: a clip that is fetched again does not wait for it."""
    free = {"next_action_at": None, "lease_owner": None, "lease_until": None}
    move(session, attempt, state, ended_at=now(), **free)


def entries(session: Session, project_id: str) -> list[SpendEntry]:
    """The project's ledger lines, oldest first."""
    query = select(SpendEntry).where(SpendEntry.project_id == project_id).order_by(SpendEntry.id)
    return list(session.scalars(query))


def attempts_of(
    session: Session, version_id: str, *, lock: bool = False
) -> list[GenerationAttempt]:
    """A take's attempts, oldest first.

    Args:
        lock: hold the rows, as they are now, until the transaction ends.
    """
    query = (
        select(GenerationAttempt)
        .where(GenerationAttempt.version_id == version_id)
        .order_by(GenerationAttempt.number, GenerationAttempt.created_at)
    )
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(query))


def locked(session: Session, attempt_id: str) -> GenerationAttempt:
    """The attempt's row as it is now, held until the transaction ends."""
    attempt = session.get(
        GenerationAttempt, attempt_id, with_for_update=HELD, populate_existing=True
    )
    assert attempt is not None, f"attempts are never deleted, yet {attempt_id} is gone"
    return attempt


def read(session: Session, attempt_id: str) -> GenerationAttempt:
    """The attempt's row as it is now; nobody is kept from changing it."""
    attempt = session.get(GenerationAttempt, attempt_id, populate_existing=True)
    assert attempt is not None, f"attempts are never deleted, yet {attempt_id} is gone"
    return attempt


def bought_again(
    session: Session,
    attempt: GenerationAttempt,
    job_id: str,
    note: str = "the provider accepted this take twice",
    priced_at: datetime | None = None,
) -> GenerationAttempt:
    """Book another purchase of one attempt that happened against all precautions.

    It was bought, so it is held even beyond the cap: a truth that is told is worth more than a cap
    that looks kept.

    Args:
        priced_at: it costs what was held for the attempt then; None for what is held now.
    """
    moment = clock.moment(session)
    extra = GenerationAttempt(
        id=new_id("at"),
        state="submitted",
        provider_job_id=job_id,
        submitted_at=attempt.submitted_at,
        accepted_at=moment,
        next_action_at=moment,
        **{name: getattr(attempt, name) for name in _SAME_PURCHASE},
    )
    if priced_at is not None:
        _price_as_of(session, extra, attempt, priced_at)
    session.add(extra)
    session.flush()
    _book(session, extra, "reserve", extra.reserved_usd, note)
    return extra


_SAME_PURCHASE = (
    "version_id",
    "project_id",
    "scene_id",
    "number",
    "provider",
    "model",
    "seconds",
    "size",
    "fingerprint",
    "request",
    "usd_per_second",
    "price_version",
    "reserved_usd",
    "simulated",
    "sent_to",
    "remix_mode",
)


def _price_as_of(
    session: Session, extra: GenerationAttempt, attempt: GenerationAttempt, moment: datetime
) -> None:
    """A purchase may be older than the last change of its attempt's price."""
    line = _line_of(session, attempt, moment)
    if line is None or line.usd_per_second == attempt.usd_per_second:
        return
    extra.usd_per_second, extra.price_version = line.usd_per_second, line.price_version
    extra.reserved_usd = round(line.usd_per_second * attempt.seconds, 6)


def _line_of(session: Session, attempt: GenerationAttempt, moment: datetime) -> SpendEntry | None:
    """The last line of an attempt at a moment, which says its price then."""
    query = (
        select(SpendEntry)
        .where(SpendEntry.attempt_id == attempt.id, SpendEntry.at <= moment)
        .order_by(SpendEntry.id.desc())
    )
    return session.scalar(query.limit(1))


def _book(
    session: Session, attempt: GenerationAttempt, kind: str, usd: Decimal, note: str = ""
) -> None:
    session.add(
        SpendEntry(
            attempt_id=attempt.id,
            project_id=attempt.project_id,
            scene_id=attempt.scene_id,
            kind=kind,
            amount_usd=usd,
            usd_per_second=attempt.usd_per_second,
            price_version=attempt.price_version,
            simulated=attempt.simulated,
            note=note,
        )
    )
    session.flush()


def _usd(value: Decimal | int | None) -> Decimal:
    return Decimal(value or 0)


def all_takes_ended(session: Session, keys: Sequence[str]) -> bool:
    """Have all these takes landed, ended or been parked, so that nobody needs to wait?"""
    query = select(SceneVersion.key, SceneVersion.status).where(SceneVersion.key.in_(keys))
    status = {row.key: row.status for row in session.execute(query)}
    return bool(keys) and all(
        status.get(key, "queued") not in ("queued", "generating") for key in keys
    )
