"""Reading the ledger."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import states
from musicapp_pipeline.generation.simulated import counted
from musicapp_pipeline.store.models import GenerationAttempt, SceneVersion, SpendEntry

RECENT = 200
"""How many takes tell how long the next one needs."""
LINES = 2000
"""Where they are looked for: a take has two or three lines in the ledger."""
SECONDS_PER_TAKE = 120.0
"""Where nothing was made yet."""


def entries_of(
    session: Session, project_id: str
) -> Sequence[tuple[SpendEntry, GenerationAttempt, int]]:
    """The project's ledger, oldest first, with each line's attempt and take number."""
    query = (
        select(SpendEntry, GenerationAttempt, SceneVersion.take)
        .join(GenerationAttempt, GenerationAttempt.id == SpendEntry.attempt_id)
        .join(SceneVersion, SceneVersion.id == GenerationAttempt.version_id)
        .where(SpendEntry.project_id == project_id)
        .order_by(SpendEntry.id)
    )
    return [(entry, attempt, take) for entry, attempt, take in session.execute(query)]


def held_by_scene(session: Session, project_id: str) -> dict[str, Decimal]:
    """What is reserved for each scene's takes."""
    query = (
        select(GenerationAttempt.scene_id, func.sum(GenerationAttempt.reserved_usd))
        .where(
            GenerationAttempt.project_id == project_id,
            GenerationAttempt.state.in_(states.HOLDING),
            GenerationAttempt.settled_usd.is_(None),
            counted(project_id),
        )
        .group_by(GenerationAttempt.scene_id)
    )
    held: dict[str, Decimal] = defaultdict(Decimal)
    for scene_id, amount in session.execute(query):
        held[scene_id] = Decimal(amount)
    return held


def seconds_per_take(session: Session, provider: str, model: str) -> float:
    """The median of recent takes of a model, from request to clip.

    Looked for from the end of the ledger, so that it does not grow with the archive.
    """
    newest = select(func.max(SpendEntry.id)).scalar_subquery()
    query = (
        select(GenerationAttempt.created_at, GenerationAttempt.ended_at)
        .join(SpendEntry, SpendEntry.attempt_id == GenerationAttempt.id)
        .where(
            SpendEntry.id > newest - LINES,
            SpendEntry.kind == "settle",
            GenerationAttempt.provider == provider,
            GenerationAttempt.model == model,
            GenerationAttempt.state == "settled",
        )
        .order_by(SpendEntry.id.desc())
        .limit(RECENT)
    )
    times = [(end - start).total_seconds() for start, end in session.execute(query) if end]
    return median(times) if times else SECONDS_PER_TAKE
