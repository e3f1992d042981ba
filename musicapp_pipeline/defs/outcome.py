"""What came out of a job, in one line for whoever asked for it."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.store import projects
from musicapp_pipeline.store.models import Export, ProcessingJob, Scene, SceneVersion


def came_out(session: Session, job: ProcessingJob) -> str:
    """The last message of a job that is completed."""
    if job.type == "analyze_audio":
        query = select(func.count(Scene.id)).where(
            Scene.project_id == job.project_id, Scene.archived_at.is_(None)
        )
        cut = f"the song is cut into {counted(session.scalar(query) or 0, 'scene')}"
        return "; ".join([cut, *_of_the_master(session, job)])
    if job.type == "stitch_final":
        return _files(session, job)
    scene = session.get(Scene, job.scene_id) if job.scene_id else None
    of = f"of scene {scene.order}" if scene is not None else ""
    version = session.get(SceneVersion, job.version_id) if job.version_id else None
    if job.type == "vocal_extraction":
        return f"the voice {of} is cut out".replace("  ", " ")
    if job.type == "forced_alignment":
        return f"the words {of} are placed".replace("  ", " ")
    if version is None:
        return "done"
    take = f"take {version.take} {of}".strip()
    if job.type != "lip_sync_post_process":
        return f"{take} is ready"
    lips = version.lip_sync or {}
    if lips.get("applied"):
        return f"the lips of {take} move with the words"
    return f"the lips of {take} stay as they are: {lips.get('reason') or 'nothing to move'}"


def heard_anew(session: Session, job: ProcessingJob) -> dict[str, Any]:
    """What a job found of a song that replaced another: offset in seconds, warnings."""
    heard = projects.storyboard(session, job.project_id).heard
    said = heard.get("said") or {}
    out: dict[str, Any] = {"warnings": heard.get("warnings") or []}
    if job.run_id is not None and said.get("run") == job.run_id:
        out["offsetSeconds"] = said["seconds"]
    return out


def _of_the_master(session: Session, job: ProcessingJob) -> list[str]:
    found = heard_anew(session, job)
    offset = found.get("offsetSeconds")
    if offset is None:
        return list(found["warnings"])
    way = "as early" if offset == 0 else f"{abs(offset):g} s {'later' if offset > 0 else 'earlier'}"
    told = f"the new master is the same recording, {way}: cuts, takes and corrections came along"
    return [told, *found["warnings"]]


def counted(number: int, thing: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _files(session: Session, job: ProcessingJob) -> str:
    query = select(Export).where(Export.project_id == job.project_id, Export.job_id == job.id)
    export = session.scalar(query)
    made = export.renditions if export is not None else []
    if not made:
        return "the video is ready"
    names = ", ".join(f"{file['format']} {file['aspectRatio']}" for file in made)
    told = f"{counted(len(made), 'file')}: {names}"
    changed = (job.result or {}).get("changedSceneIds")
    if changed:
        told += f"; {counted(len(changed), 'scene')} changed after this was asked for"
    return told
