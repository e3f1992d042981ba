"""Rows to test with."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import Project, Scene, SceneVersion
from musicapp_pipeline.storyboard.model import PlannedScene, Shot

SHOT = Shot(size="wide", angle="eye level", movement="slow push-in", light="dusk")


def planned(order: int, **changes: Any) -> PlannedScene:
    """Four seconds at 24 frames."""
    fields: dict[str, Any] = {
        "order": order,
        "start_time": 4.0 * order,
        "end_time": 4.0 * (order + 1),
        "start_frame": 96 * order,
        "end_frame": 96 * (order + 1),
        "scene_type": "broll",
        "section": "verse",
        "section_type": "verse",
        "clip_seconds": 4,
        "energy": 0.5,
        "mood": "calm",
        "lyrics": "",
        "shot": SHOT,
        "idea": f"a lighthouse, view {order}",
        "why": "downbeat",
    }
    return PlannedScene(**(fields | changes))


def new_project(session: Session, count: int = 1, **fields: Any) -> tuple[Project, list[Scene]]:
    """A project with ``count`` planned scenes."""
    new = projects.NewProject(**({"title": "A song", "audio_url": "song.wav"} | fields))
    project = projects.create(session, new)
    made = scenes.add_planned(session, project, [planned(n) for n in range(count)], size="1280x720")
    return project, made


def scene_in(database: Database) -> Scene:
    """A scene of a new project."""
    with database.write() as session:
        return new_project(session)[1][0]


def completed_take(session: Session, scene: Scene) -> SceneVersion:
    """A take with a finished clip."""
    version = takes.add(session, scene, prompt="a lighthouse")
    takes.set_status(session, version, "completed")
    return version
