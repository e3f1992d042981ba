"""What the mock drew and charged, and what was paid with money."""

from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from musicapp_pipeline.store.models import GenerationAttempt


def counted(project_id: str, *, money: bool = False) -> ColumnElement[bool]:
    """Which attempts of a project count in its sums: all, until money is held or spent for it; from
    then on what the mock charged is no part of them.

    Args:
        money: it is about to be, so that the mock's charges do not count any more.
    """
    paid = GenerationAttempt.simulated.is_(False)
    if money:
        return paid
    other = aliased(GenerationAttempt)
    real = (
        select(other.id)
        .where(
            other.project_id == project_id,
            other.simulated.is_(False),
            other.state != "released",
        )
        .exists()
    )
    return or_(paid, ~real)


def drawn(session: Session, project_id: str) -> Decimal:
    """The mock's charges."""
    query = select(func.coalesce(func.sum(GenerationAttempt.settled_usd), 0)).where(
        GenerationAttempt.project_id == project_id, GenerationAttempt.simulated
    )
    return Decimal(session.scalar(query) or 0)


def paid_with_money(session: Session, project_id: str) -> Decimal:
    """What was settled with money, without the mock's charges."""
    query = select(func.coalesce(func.sum(GenerationAttempt.settled_usd), 0)).where(
        GenerationAttempt.project_id == project_id, GenerationAttempt.simulated.is_(False)
    )
    return Decimal(session.scalar(query) or 0)


def simulated_takes(session: Session, scene_id: str) -> set[str]:
    """Ids of a scene's takes that the mock drew."""
    query = select(GenerationAttempt.version_id).where(
        GenerationAttempt.scene_id == scene_id, GenerationAttempt.simulated
    )
    return set(session.scalars(query))
