"""What happens to lips."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.errors import InTheWay, Invalid
from musicapp_pipeline.api.lips.schemas import LipSyncRead, MouthBoxRead, Nudges
from musicapp_pipeline.api.scenes.views import lip_sync_view
from musicapp_pipeline.api.takes.service import tell
from musicapp_pipeline.store import artifacts, jobs
from musicapp_pipeline.store.models import (
    LipSyncEdit,
    ProcessingJob,
    Project,
    Scene,
    SceneVersion,
)


def queue(
    session: Session,
    project: Project,
    scene: Scene,
    version: SceneVersion,
    changes: Mapping[str, Any],
) -> ProcessingJob:
    """Queue the lip-sync of a take, with a person's nudges if there are any.

    Raises:
        InTheWay: the take or the scene is not one whose mouth can be moved.
        Invalid: phones after the song's end.
    """
    if version.status != "completed":
        raise InTheWay(
            f"take {version.take} is {version.status}; only a completed take can be lip-synced",
            field="versionId",
            value=version.id,
            allowed="a completed take",
        )
    if scene.scene_type != "performance" or not scene.lip_sync_enabled:
        raise InTheWay(
            "lip-sync is for performance scenes that have lipSyncEnabled; change the scene first",
            field="lipSyncEnabled",
            value=f"{scene.scene_type}, {'on' if scene.lip_sync_enabled else 'off'}",
            allowed="a performance scene with lipSyncEnabled",
        )
    if changes:
        _check_within(project, changes.get("phonemes") or ())
        edit = session.get(LipSyncEdit, version.id) or LipSyncEdit(version_id=version.id)
        for name, value in changes.items():
            setattr(edit, name, 0 if name == "offset_ms" and value is None else value)
        edit.revision = (edit.revision or 0) + 1
        session.add(edit)
    waiting = session.scalar(
        select(ProcessingJob).where(
            ProcessingJob.version_id == version.id,
            ProcessingJob.type == "lip_sync_post_process",
            ProcessingJob.status == "queued",
        )
    )
    if waiting is not None:
        return waiting  # it has not begun, so it will see the new nudges
    version.lip_sync = None
    tell(session, version)
    return jobs.create(
        session,
        version.project_id,
        "lip_sync_post_process",
        scene_id=scene.id,
        version_id=version.id,
    )


def read(session: Session, scene: Scene, version: SceneVersion) -> LipSyncRead:
    """What moves a take's lips."""
    found = artifacts.get(session, "lyric_alignment", scene.key)
    edit = session.get(LipSyncEdit, version.id)
    nudges = Nudges()
    if edit is not None:
        nudges = Nudges.model_validate(
            {
                "mouth_box": edit.mouth_box and MouthBoxRead.model_validate(edit.mouth_box),
                "offset_ms": edit.offset_ms,
                "phonemes": edit.phonemes,
            }
        )
    return LipSyncRead.model_validate(
        {
            "version_id": version.id,
            "scene_id": scene.id,
            "start_time": scene.start_time,
            "end_time": scene.end_time,
            "lip_sync": None if version.lip_sync is None else lip_sync_view(version.lip_sync),
            "aligned": found is not None,
            "words": found.details["words"] if found else [],
            "phonemes": found.details["phonemes"] if found else [],
            "nudges": nudges,
            "revision": version.revision,
        }
    )


def _check_within(project: Project, phones: Sequence[Mapping[str, Any]]) -> None:
    for n, phone in enumerate(phones):
        if project.duration is not None and phone["end"] > project.duration:
            raise Invalid(
                f"phonemes.{n} ends at {phone['end']:g} s, but the song lasts"
                f" {project.duration:g} s",
                field=f"phonemes.{n}.end",
                value=phone["end"],
                allowed=f"up to {project.duration:g}",
            )
