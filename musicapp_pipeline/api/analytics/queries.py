"""Aggregates over projects. ``mine`` is the condition that says which ones count."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.analytics.schemas import ProjectCost, ProviderHealth, Scores
from musicapp_pipeline.store.models import (
    ExternalClip,
    GenerationAttempt,
    Project,
    SceneVersion,
    now,
)

TOP = 100
RECENT = 5000
"""Attempts that medians and uptime look at, the newest ones."""
WINDOW = timedelta(days=30)


class Past(NamedTuple):
    """What is looked at of an attempt."""

    provider: str
    model: str
    state: str
    media_key: str | None
    error: object
    created_at: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None


def count(session: Session, what: Any, mine: ColumnElement[bool]) -> int:
    """How many rows of a table that has ``project_id``."""
    query = select(func.count()).select_from(what).join(Project, Project.id == what.project_id)
    return session.scalar(query.where(mine)) or 0


def count_projects(session: Session, mine: ColumnElement[bool]) -> int:
    """How many projects."""
    return session.scalar(select(func.count()).select_from(Project).where(mine)) or 0


def made() -> ColumnElement[bool]:
    """Takes that somebody ordered or brought; splitting a scene copies them, and adds none."""
    bought = exists().where(GenerationAttempt.version_id == SceneVersion.id)
    brought = exists().where(ExternalClip.version_id == SceneVersion.id)
    return or_(bought, brought)


def spent(session: Session, mine: ColumnElement[bool]) -> tuple[Decimal, Decimal]:
    """Dollars settled, and how many of them were simulated."""
    query = (
        select(GenerationAttempt.simulated, func.sum(GenerationAttempt.settled_usd))
        .join(Project, Project.id == GenerationAttempt.project_id)
        .where(mine, GenerationAttempt.settled_usd.is_not(None))
        .group_by(GenerationAttempt.simulated)
    )
    usd = {simulated: total or Decimal() for simulated, total in session.execute(query)}
    return sum(usd.values(), Decimal()), usd.get(True, Decimal())


def cost_per_project(session: Session, mine: ColumnElement[bool]) -> list[ProjectCost]:
    """What each project cost, the dearest first."""
    total = func.sum(GenerationAttempt.settled_usd)
    query = (
        select(Project.id, Project.title, total)
        .join(GenerationAttempt, GenerationAttempt.project_id == Project.id)
        .where(mine, GenerationAttempt.settled_usd.is_not(None))
        .group_by(Project.id, Project.title)
        .order_by(total.desc(), Project.id)
        .limit(TOP)
    )
    return [
        ProjectCost(project_id=id_, title=title, actual_cost_usd=usd)
        for id_, title, usd in session.execute(query)
    ]


def average_scores(session: Session, mine: ColumnElement[bool]) -> Scores:
    """Averages over all takes that were scored."""
    query = (
        select(
            func.avg(SceneVersion.user_score),
            func.avg(SceneVersion.quality_score),
            func.avg(SceneVersion.character_consistency_score),
            func.avg(SceneVersion.mouth_visibility_score),
            func.count(SceneVersion.user_score),
        )
        .join(Project, Project.id == SceneVersion.project_id)
        .where(mine, made())
    )
    user, quality, character, mouth, rated = session.execute(query).one()
    return Scores(
        user_score=_rounded(user),
        quality_score=_rounded(quality),
        character_consistency=_rounded(character),
        mouth_visibility=_rounded(mouth),
        rated_takes=rated,
    )


def seconds_per_scene(session: Session, mine: ColumnElement[bool]) -> float | None:
    """The median over scenes of the time from the first request to the first finished clip.

    Requests that failed count, for people waited for them; those that people took back do not.
    """
    clip = (GenerationAttempt.state == "settled") & GenerationAttempt.media_key.is_not(None)
    finished = func.min(GenerationAttempt.ended_at).filter(clip)
    query = (
        select(func.min(GenerationAttempt.created_at), finished)
        .join(Project, Project.id == GenerationAttempt.project_id)
        .join(SceneVersion, SceneVersion.id == GenerationAttempt.version_id)
        .where(mine, SceneVersion.status != "cancelled")
        .group_by(GenerationAttempt.scene_id)
        .having(finished.is_not(None))
        .order_by(finished.desc())
        .limit(RECENT)
    )
    times = [(end - start).total_seconds() for start, end in session.execute(query) if end]
    return _rounded(median(times)) if times else None


def providers(session: Session, mine: ColumnElement[bool]) -> list[ProviderHealth]:
    """Reliability and uptime of each model of each provider over the last thirty days."""
    columns = [getattr(GenerationAttempt, name) for name in Past._fields]
    query = (
        select(*columns)
        .join(Project, Project.id == GenerationAttempt.project_id)
        .where(mine, GenerationAttempt.created_at > now() - WINDOW)
        .order_by(GenerationAttempt.created_at.desc())
        .limit(RECENT)
    )
    groups: dict[tuple[str, str], list[Past]] = defaultdict(list)
    # Plain tuples: thousands of mapped objects take most of a second.
    for attempt in map(Past._make, session.execute(query)):
        groups[attempt.provider, attempt.model].append(attempt)
    return [_health(*name, attempts) for name, attempts in sorted(groups.items())]


def _health(provider: str, model: str, attempts: Sequence[Past]) -> ProviderHealth:
    completed = [a for a in attempts if a.media_key is not None]
    # Released or settled without media after the provider had it: it failed there.
    failed = [
        a
        for a in attempts
        if a.media_key is None and a.state in ("released", "settled") and a.accepted_at
    ]
    ended = len(completed) + len(failed)
    times = [(a.ended_at - a.created_at).total_seconds() for a in completed if a.ended_at]
    return ProviderHealth(
        provider=provider,
        model=model,
        attempts=len(attempts),
        completed=len(completed),
        failed=len(failed),
        under_way=sum(
            a.state in ("reserved", "submitting", "submitted", "completed") and a.media_key is None
            for a in attempts
        ),
        stuck=sum(a.state == "stuck" for a in attempts),
        unknown=sum(a.state == "unknown" for a in attempts),
        reliability=_rounded(len(completed) / ended) if ended else None,
        uptime=_uptime(attempts),
        median_seconds=_rounded(median(times)) if times else None,
    )


def _uptime(attempts: Sequence[Past]) -> float | None:
    asked: set[datetime] = set()
    answered: set[datetime] = set()
    for attempt in attempts:
        if attempt.submitted_at is None and attempt.error is None:
            continue  # never sent
        asked.add(_hour(attempt.submitted_at or attempt.created_at))
        if attempt.accepted_at is not None:
            answered.add(_hour(attempt.submitted_at or attempt.created_at))
    return _rounded(len(answered) / len(asked)) if asked else None


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)
