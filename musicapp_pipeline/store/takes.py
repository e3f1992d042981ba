"""Takes: numbering, selecting, and what a scene's status follows from."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from musicapp_pipeline.store import events, ids, scenes
from musicapp_pipeline.store.database import HELD
from musicapp_pipeline.store.errors import Conflict, NotFound
from musicapp_pipeline.store.models import Project, Scene, SceneVersion, now

UNDER_WAY = ("queued", "generating", "landed")
WAITING = (*UNDER_WAY, "unknown", "stuck")
ENDED = ("completed", "failed", "cancelled")


def take_key(scene: Scene, take: int) -> str:
    """The take's partition key."""
    return f"{scene.key}/t{take:02d}"


def get(session: Session, version_id: str, *, scene_id: str | None = None) -> SceneVersion:
    """Raises NotFound, also when the take is another scene's."""
    version = session.get(SceneVersion, version_id)
    if version is None or (scene_id is not None and version.scene_id != scene_id):
        raise NotFound("version", version_id)
    return version


def by_key(session: Session, key: str) -> SceneVersion | None:
    """The take of a partition key."""
    return session.scalar(select(SceneVersion).where(SceneVersion.key == key))


def of_scene(session: Session, scene_id: str) -> list[SceneVersion]:
    """A scene's takes by number."""
    query = (
        select(SceneVersion).where(SceneVersion.scene_id == scene_id).order_by(SceneVersion.take)
    )
    return list(session.scalars(query))


def add(
    session: Session, scene: Scene, *, prompt: str, kind: str = "generated", take: int | None = None
) -> SceneVersion:
    """The scene's next take; numbers never repeat.

    Args:
        take: a particular number, for a partition key a person made; must be free.
    """
    take = _taken(session, scene, take)
    version = SceneVersion(
        id=ids.new_id("v"),
        project_id=scene.project_id,
        scene_id=scene.id,
        take=take,
        key=take_key(scene, take),
        prompt=prompt,
        kind=kind,
    )
    session.add(version)
    session.flush()
    return version


def _taken(session: Session, scene: Scene, wanted: int | None) -> int:
    """Advance the counter in the database, so that two writers cannot take one number."""
    following = Scene.next_take + 1
    if wanted is not None:
        following = case((Scene.next_take > wanted, Scene.next_take), else_=wanted + 1)
    after = session.scalar(
        update(Scene)
        .where(Scene.id == scene.id)
        .values(next_take=following)
        .returning(Scene.next_take)
        .execution_options(synchronize_session=False)
    )
    assert after is not None, f"scenes are never deleted, yet {scene.id} is gone"
    session.refresh(scene, ["next_take"])
    return wanted if wanted is not None else after - 1


def select_version(session: Session, scene: Scene, version: SceneVersion) -> None:
    """Make one take stand for the scene and clear the others, in one transaction.

    Raises:
        Conflict: when the take has no finished clip.
    """
    # Whoever selects for this scene at the same time waits here, and then sees our choice.
    session.refresh(scene, with_for_update=HELD)
    session.refresh(version)
    if version.status != "completed":
        raise Conflict(
            f"take {version.take} is {version.status}; only a completed take can be selected",
            field="versionId",
            value=version.id,
            allowed="a completed take",
        )
    session.execute(
        update(SceneVersion)
        .where(SceneVersion.scene_id == scene.id, SceneVersion.id != version.id)
        .values(is_selected=False)
    )
    if not version.is_selected:
        version.is_selected, version.selected_at = True, now()
    scene.selected_version_id = version.id
    scene.revision += 1
    session.flush()
    scenes.tell(session, scene)


def refresh_status(session: Session, scene: Scene) -> None:
    """A scene's status follows from its takes."""
    scene.status = status_of([v.status for v in of_scene(session, scene.id)])
    scenes.tell(session, scene)


def status_of(takes: Sequence[str]) -> str:
    """``generating`` while any take is under way, else ``completed`` if any is, else ``generating``
    again while one is in doubt or late, else the last."""
    if any(status in UNDER_WAY for status in takes):
        return "generating"
    if "completed" in takes:
        return "completed"
    if any(status in WAITING for status in takes):
        return "generating"
    return "failed" if "failed" in takes else "pending"


def set_status(
    session: Session,
    version: SceneVersion,
    status: str,
    error: dict[str, object] | None = None,
) -> None:
    """Move a take on and let its scene and listeners know."""
    version.status = status
    version.error = error
    version.revision += 1
    if status == "completed":
        version.completed_at = now()
    session.flush()
    tell(session, version)
    # Also when the scene has left the video: its clip may have been paid for.
    refresh_status(session, version.scene)


def tell(session: Session, version: SceneVersion) -> None:
    """Announce a change of a take."""
    events.tell(
        session,
        version.project_id,
        "version",
        id=version.id,
        sceneId=version.scene_id,
        take=version.take,
        status=version.status,
    )


def selected_since(session: Session, moment: datetime) -> list[SceneVersion]:
    """Takes that were chosen after ``moment`` and still are, of projects nobody else drives."""
    query = (
        select(SceneVersion)
        .join(Project, Project.id == SceneVersion.project_id)
        .where(
            SceneVersion.is_selected,
            SceneVersion.selected_at > moment,
            Project.archived_at.is_(None),
            Project.client_key.is_(None),
        )
    )
    return list(session.scalars(query))


def unconformed_before(session: Session, moment: datetime) -> list[str]:
    """Keys of recorded takes that have had no mezzanine since before ``moment``: the run that makes
    them was stopped after the first of its steps, or had no other."""
    query = (
        select(SceneVersion.key)
        .join(Scene, Scene.id == SceneVersion.scene_id)
        .join(Project, Project.id == SceneVersion.project_id)
        .where(
            SceneVersion.status == "completed",
            SceneVersion.clip_key.is_not(None),
            SceneVersion.mezzanine["key"].as_string().is_(None),
            SceneVersion.updated_at < moment,
            Project.client_key.is_(None),
            Project.archived_at.is_(None),
            Scene.archived_at.is_(None),
        )
        # The newest first: what cannot be conformed at all is not to stand in their way.
        .order_by(SceneVersion.updated_at.desc())
        .limit(50)
    )
    return list(session.scalars(query))


def landed_before(session: Session, moment: datetime) -> list[str]:
    """Keys of takes whose clip arrived before ``moment`` and is still not recorded."""
    query = (
        select(SceneVersion.key)
        .join(Project, Project.id == SceneVersion.project_id)
        .where(
            SceneVersion.status == "landed",
            SceneVersion.updated_at < moment,
            Project.client_key.is_(None),
        )
        .limit(50)
    )
    return list(session.scalars(query))
