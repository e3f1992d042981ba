"""What the mock drew and charged, and what was paid with money."""

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.store.models import GenerationAttempt


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
