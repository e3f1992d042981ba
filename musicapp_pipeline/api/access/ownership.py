"""Records by id as their owner sees them: another owner's do not exist."""

from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.store import jobs, projects, scenes, takes
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import (
    Character,
    ProcessingJob,
    Project,
    Scene,
    SceneVersion,
    Upload,
)


def project_of(session: Session, who: Caller, project_id: str, *, lock: bool = False) -> Project:
    """The caller's project; locked where the change rests on what is read."""
    project = projects.get(session, project_id, lock=lock)
    if not who.owns(project.owner):
        raise NotFound("project", project_id)
    return project


def scene_of(
    session: Session, who: Caller, project_id: str, scene_id: str, *, lock: bool = False
) -> Scene:
    """A scene of the caller's project."""
    project_of(session, who, project_id, lock=lock)
    return scenes.get(session, scene_id, project_id=project_id)


def version_of(
    session: Session,
    who: Caller,
    project_id: str,
    scene_id: str,
    version_id: str,
    *,
    lock: bool = False,
) -> tuple[Scene, SceneVersion]:
    """A take of a scene of the caller's project, and the scene."""
    scene = scene_of(session, who, project_id, scene_id, lock=lock)
    return scene, takes.get(session, version_id, scene_id=scene.id)


def character_of(
    session: Session, who: Caller, project_id: str, character_id: str, *, lock: bool = False
) -> Character:
    """A character of the caller's project."""
    project_of(session, who, project_id, lock=lock)
    character = session.get(Character, character_id)
    if character is None or character.project_id != project_id:
        raise NotFound("character", character_id)
    return character


def job_of(session: Session, who: Caller, job_id: str) -> ProcessingJob:
    """A job of one of the caller's projects, archived ones included."""
    job = jobs.get(session, job_id)
    project = session.get(Project, job.project_id)
    if project is None or not who.owns(project.owner):
        raise NotFound("job", job_id)
    return job


def upload_of(session: Session, who: Caller, upload_id: str) -> Upload:
    """One of the caller's uploads."""
    upload = session.get(Upload, upload_id)
    if upload is None or not who.owns(upload.owner):
        raise NotFound("upload", upload_id)
    return upload
