"""Which take stands for a scene, and with which media."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import digest
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.store import scenes, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import SceneVersion


class NothingSelected(MusicAppError):
    """A scene without a selected take."""

    code = "nothing_selected"


def final_media(version: SceneVersion) -> str | None:
    """What the cut uses of a take: lip-synced where that was done, else the mezzanine."""
    synced = version.lip_sync or {}
    mezzanine = version.mezzanine or {}
    return synced.get("key") or mezzanine.get("key")


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    version = _selected(session, key)
    return {"version": version.id, "media": final_media(version)} if version else None


def _selected(session: Session, key: str) -> SceneVersion | None:
    project_id, scene_id = key.split("/")
    scene = scenes.get(session, scene_id, project_id=project_id)
    return takes.get(session, scene.selected_version_id) if scene.selected_version_id else None


def make(task: Task) -> Made:
    """The choice is a person's; this records it with its media's fingerprint."""
    with task.bench.database.read() as session:
        version = _selected(session, task.key)
        scene = scenes.get(session, task.scene_id)
    media = final_media(version) if version else None
    if version is None or media is None:
        raise NothingSelected(
            f"scene {scene.order} ({scene.id}) has no selected take with finished media",
            field="sceneId",
            value=scene.id,
            allowed="a selected, completed take",
        )
    synced = version.lip_sync or {}
    return Made(
        data_version=digest([version.id, media]),
        media_key=media,
        details={
            "version": version.id,
            "take": version.take,
            "pictures": {"thumbnail": version.thumbnail_key} if version.thumbnail_key else {},
            "shown": {
                "take": version.take,
                "lip_sync": bool(synced.get("applied")),
                "lip_sync_reason": synced.get("reason") or "",
            },
        },
    )
