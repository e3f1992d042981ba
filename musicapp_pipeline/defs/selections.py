"""What a selection sets in motion: lips where they are wanted, then the record of the choice.

Recording the choice (``selected_take``) is what makes the final cut stale.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.lips.lip_synced_clip import wanted
from musicapp_pipeline.defs.stages import LIP_SYNCED_CLIP, SELECTED_TAKE
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.models import (
    ProcessingJob,
    Project,
    ProjectEvent,
    Scene,
    SceneVersion,
)

NEWEST_EVENTS = 500
STEPS = ("vocal_extraction", "forced_alignment", "lip_sync_post_process")


def order_lip_sync(
    session: Session, bench: Workbench, selected: Sequence[SceneVersion]
) -> list[ProcessingJob]:
    """Jobs for selected takes that need lip-sync and for which none is open or was tried."""
    ordered: list[ProcessingJob] = []
    for version in selected:
        scene = version.scene
        if scene.archived_at is not None or not wanted(scene) or _exported(session, version):
            continue
        if version.mezzanine is None or LIP_SYNCED_CLIP.current(session, bench, version.key):
            continue
        if not _was_tried(session, bench, version):
            ordered += lip_sync_jobs(session, bench, scene, version)
    return ordered


def unsettled(session: Session, since: datetime) -> list[SceneVersion]:
    """Selected takes that were chosen, or whose lip-sync ended, after ``since``.

    Looked for only where something happened lately: every choice and every end of a job is an
    event, and events are read from their end, so that this does not grow with the archive.
    """
    newest = select(ProjectEvent.project_id, ProjectEvent.at).order_by(ProjectEvent.id.desc())
    seen = session.execute(newest.limit(NEWEST_EVENTS))
    active = {project_id for project_id, at in seen if at > since}
    if not active:
        return []
    synced = (
        select(ProcessingJob.id)
        .where(
            ProcessingJob.version_id == SceneVersion.id,
            ProcessingJob.type == STEPS[-1],
            ProcessingJob.finished_at > since,
        )
        .exists()
    )
    query = select(SceneVersion).where(
        SceneVersion.project_id.in_(active),
        SceneVersion.is_selected,
        or_(SceneVersion.selected_at > since, synced),
    )
    return [version for version in session.scalars(query) if _is_ours(session, version.project_id)]


def _is_ours(session: Session, project_id: str) -> bool:
    """Neither finished with nor driven by somebody else, as `musicapp make` does."""
    project = session.get(Project, project_id)
    return project is not None and project.archived_at is None and project.client_key is None


def unrecorded_choices(
    session: Session, bench: Workbench, selected: Sequence[SceneVersion]
) -> list[tuple[str, str]]:
    """Keys of scenes whose choice no asset tells of yet, each with a name for that very choice.

    A choice whose lips are still being made waits for them, and an export records its own.
    """
    out: list[tuple[str, str]] = []
    for version in selected:
        scene = version.scene
        if scene.archived_at is not None or version.mezzanine is None:
            continue
        if _exported(session, version) or (wanted(scene) and _is_open(session, version)):
            continue
        if SELECTED_TAKE.current(session, bench, scene.key) is None:
            print_ = SELECTED_TAKE.fingerprint(session, bench, scene.key)
            out.append((scene.key, f"{print_}/{version.selected_at}"))
    return out


def lip_sync_jobs(
    session: Session, bench: Workbench, scene: Scene, version: SceneVersion
) -> list[ProcessingJob]:
    """The three jobs of the specification, in their order; each runs what it rests on if needed."""
    print_ = LIP_SYNCED_CLIP.fingerprint(session, bench, version.key)
    return [
        jobs.create(
            session,
            scene.project_id,
            step,
            scene_id=scene.id,
            version_id=version.id,
            payload={"fingerprint": print_},
        )
        for step in STEPS
    ]


def _exported(session: Session, version: SceneVersion) -> bool:
    """Does an open export make this choice's lips and record it? One that had begun before the
    choice does not know of it."""
    query = select(ProcessingJob.id).where(
        ProcessingJob.project_id == version.project_id,
        ProcessingJob.type == "stitch_final",
        or_(
            ProcessingJob.status == "queued",
            (ProcessingJob.status == "running") & (ProcessingJob.started_at >= version.selected_at),
        ),
    )
    return session.scalar(query.limit(1)) is not None


def _is_open(session: Session, version: SceneVersion) -> bool:
    query = select(ProcessingJob.id).where(
        ProcessingJob.version_id == version.id,
        ProcessingJob.type == STEPS[-1],
        ProcessingJob.status.in_(jobs.OPEN),
    )
    return session.scalar(query.limit(1)) is not None


def _was_tried(session: Session, bench: Workbench, version: SceneVersion) -> bool:
    """An open job, or one that ended for the very same inputs, is not repeated by itself."""
    query = select(ProcessingJob).where(
        ProcessingJob.version_id == version.id, ProcessingJob.type == STEPS[-1]
    )
    print_ = LIP_SYNCED_CLIP.fingerprint(session, bench, version.key)
    return any(
        job.status in jobs.OPEN or job.payload.get("fingerprint") == print_
        for job in session.scalars(query)
    )
