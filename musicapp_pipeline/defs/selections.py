"""What a selection sets in motion."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.lips.lip_synced_clip import wanted
from musicapp_pipeline.defs.stages import LIP_SYNCED_CLIP
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.models import ProcessingJob, Scene, SceneVersion

STEPS = ("vocal_extraction", "forced_alignment", "lip_sync_post_process")


def order_lip_sync(
    session: Session, bench: Workbench, selected: Sequence[SceneVersion]
) -> list[ProcessingJob]:
    """Jobs for selected takes that need lip-sync and for which none is open or was tried."""
    ordered: list[ProcessingJob] = []
    for version in selected:
        scene = version.scene
        if scene.archived_at is not None or not wanted(scene):
            continue
        if version.mezzanine is None or LIP_SYNCED_CLIP.current(session, bench, version.key):
            continue
        if not _was_tried(session, bench, version):
            ordered += lip_sync_jobs(session, bench, scene, version)
    return ordered


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
