"""What a person should know about a video, finished or not yet."""

from collections import Counter

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import places
from musicapp_pipeline.generation.states import FINAL
from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.models import Artifact, GenerationAttempt


def notes_of(session: Session, project_id: str) -> tuple[str, ...]:
    """What was odd about the song, and where lips could not be moved or words not be read."""
    found = [
        note
        for asset in ("song", "audio_analysis", "storyboard")
        for row in artifacts.of_project(session, asset, project_id)
        for note in _told(row)
    ]
    still = {
        row.partition.rpartition("/")[0]: str(row.details.get("shown", {}).get("reason", ""))
        for row in artifacts.of_project(session, "lip_synced_clip", project_id)
    }
    heard: Counter[str] = Counter(reason for reason in still.values() if reason)
    for row in artifacts.of_project(session, "lyric_alignment", project_id):
        if not still.get(row.partition):
            heard.update(_told(row))
    # The storyboard may say again what the analysis has said.
    return (*dict.fromkeys(found), *(_counted(text, number) for text, number in heard.items()))


def hindrances(
    session: Session, project_id: str, key: str = "", doubtful: float = 0.0
) -> dict[tuple[str, str], str]:
    """Why takes that are tried on are not here yet, by the attempt and what hinders it.

    One that is left to a person is not among them.

    Args:
        key: of the account and server in use.
        doubtful: see :func:`places.taken`.
    """
    under_way = select(GenerationAttempt).where(
        GenerationAttempt.project_id == project_id,
        GenerationAttempt.state.not_in(FINAL),
        or_(GenerationAttempt.state != "unknown", GenerationAttempt.next_action_at.is_not(None)),
    )
    found = _places_in_doubt(session, project_id, key, doubtful)
    return found | {
        (attempt.id, str(attempt.error.get("code"))): f"{_tried(attempt)}: "
        f"{attempt.error.get('message')}"
        for attempt in session.scalars(under_way.order_by(GenerationAttempt.created_at))
        if attempt.error
    }


def _places_in_doubt(
    session: Session, project_id: str, key: str, doubtful: float
) -> dict[tuple[str, str], str]:
    """That takes in doubt, of whatever project, hold up this one's, if there are both."""
    waits = select(GenerationAttempt.provider).where(
        GenerationAttempt.project_id == project_id, GenerationAttempt.state == "reserved"
    )
    provider = session.scalar(waits.limit(1))
    count = places.kept(session, provider, key, doubtful) if provider is not None else 0
    if not count:
        return {}
    told = (
        f"takes in doubt, of all projects: {count} by now. Each keeps one of the"
        " SORA_MAX_IN_FLIGHT places at the provider for as long as JOB_TIMEOUT_MS says, or until"
        " you say with `musicapp resolve` what is true of it"
    )
    return {("", "places"): told}


def _tried(attempt: GenerationAttempt) -> str:
    if attempt.state == "unknown":
        return "whether a take was bought is not known yet, and is looked for, some minutes at most"
    return "a take is late, and is tried again by itself"


def _told(row: Artifact) -> list[str]:
    return [str(note) for note in row.details.get("shown", {}).get("notes", ())]


def _counted(text: str, scenes: int) -> str:
    return f"{text} (1 scene)" if scenes == 1 else f"{text} ({scenes} scenes)"
