"""Takes that wait for a person's word, as everybody shows them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import ledger, states
from musicapp_pipeline.store.models import GenerationAttempt, Project, Scene, SceneVersion

OPEN_QUESTIONS = ("unknown", "stuck")


@dataclass(frozen=True)
class OpenQuestion:
    """A take that holds money until somebody says what is true; ``key`` is its partition key.

    ``archived``: its project or scene is, so that the API does not show it any more.
    """

    key: str
    version_id: str
    state: str
    held_usd: Decimal
    provider: str
    provider_job_id: str | None
    since: datetime
    message: str
    actions: tuple[str, ...]
    seconds: int = 0
    size: str = ""
    prompt: str = ""
    archived: bool = False


def open_questions(session: Session, project_id: str | None = None) -> list[OpenQuestion]:
    """Takes that wait for a person's word, oldest first; of all projects when none is named."""
    parked = and_(GenerationAttempt.state == "unknown", GenerationAttempt.next_action_at.is_(None))
    gone = or_(Project.archived_at.is_not(None), Scene.archived_at.is_not(None))
    query = (
        select(GenerationAttempt, SceneVersion.key, SceneVersion.prompt, gone)
        .join(SceneVersion, SceneVersion.id == GenerationAttempt.version_id)
        .join(Scene, Scene.id == GenerationAttempt.scene_id)
        .join(Project, Project.id == GenerationAttempt.project_id)
        .where(
            GenerationAttempt.state.in_(OPEN_QUESTIONS),
            or_(parked, GenerationAttempt.state == "stuck"),
        )
        .order_by(GenerationAttempt.created_at, GenerationAttempt.id)
    )
    if project_id is not None:
        query = query.where(GenerationAttempt.project_id == project_id)
    return [_question(*row) for row in session.execute(query)]


def _question(attempt: GenerationAttempt, key: str, prompt: str, archived: bool) -> OpenQuestion:
    told = attempt.error or {}
    return OpenQuestion(
        key=key,
        version_id=attempt.version_id,
        state=attempt.state,
        held_usd=attempt.reserved_usd,
        provider=attempt.provider,
        provider_job_id=attempt.provider_job_id,
        since=attempt.accepted_at or attempt.submitted_at or attempt.created_at,
        message=str(told.get("message", "")),
        actions=tuple(told.get("actions") or states.WHAT_TO_DO[attempt.state]),
        seconds=attempt.seconds,
        size=attempt.size,
        prompt=prompt,
        archived=archived,
    )


def open_question(session: Session, version_id: str) -> GenerationAttempt | None:
    """The attempt of a take that waits for a person's word; None when there is none."""
    attempts = ledger.attempts_of(session, version_id)
    return next((a for a in reversed(attempts) if waits_for_a_word(a)), None)


def waits_for_a_word(attempt: GenerationAttempt) -> bool:
    """Stuck, or in doubt and not looked for: while it is, its own answer may come any moment."""
    parked = attempt.state == "unknown" and attempt.next_action_at is None
    return parked or attempt.state == "stuck"
