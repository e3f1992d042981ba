"""Which run carries out a job: the one place that says so, for the launcher and the sensor."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.instance.keys import PARTITION
from musicapp_pipeline.defs.jobhook import JOB_TAG, LANDED_TAG
from musicapp_pipeline.defs.stages import CUTTING, HEARING, TAKING
from musicapp_pipeline.store import scenes, takes
from musicapp_pipeline.store.models import ProcessingJob

CPU_TYPES = (
    "analyze_audio",
    "vocal_extraction",
    "forced_alignment",
    "lip_sync_post_process",
    "stitch_final",
)
"""Jobs that a run carries out from their start; generation waits for the dispatcher first."""
QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
"""The worker's console need not repeat every event that Dagster keeps and shows."""


@dataclass(frozen=True)
class RunSpec:
    """Assets, one partition and tags of a run to be launched."""

    assets: tuple[str, ...]
    level: str
    key: str
    tags: dict[str, str]


def run_for_job(session: Session, job: ProcessingJob) -> RunSpec:
    """The run of a job."""
    assets, level, key = _target(session, job)
    tags = {
        PARTITION: key,
        JOB_TAG: job.id,
        "musicapp/job_type": job.type,
        "musicapp/project": job.project_id,
    }
    if job.scene_id:
        tags["musicapp/scene"] = job.scene_id
    return RunSpec(assets, level, key, tags)


def run_for_take(session: Session, take_key: str) -> RunSpec:
    """The run that records a landed take; it ends the take's job if somebody polls for one."""
    from musicapp_pipeline.generation.standing import open_jobs

    version = takes.by_key(session, take_key)
    tags: dict[str, str] = {PARTITION: take_key, LANDED_TAG: take_key}
    if version is not None:
        tags["musicapp/project"] = version.project_id
        tags["musicapp/scene"] = version.scene_id
        waiting = open_jobs(session, version.id)
        if waiting:
            tags[JOB_TAG] = waiting[0].id
    return RunSpec(TAKING, "take", take_key, tags)


def _target(session: Session, job: ProcessingJob) -> tuple[tuple[str, ...], str, str]:
    if job.type == "analyze_audio":
        return HEARING, "project", job.project_id
    if job.type == "stitch_final":
        return CUTTING, "project", job.project_id
    if job.type == "lip_sync_post_process":
        return ("lip_synced_clip",), "take", _take(session, job)
    if job.type in ("generate_scene", "remix_scene"):
        return TAKING, "take", _take(session, job)
    asset = {"vocal_extraction": "vocal_segment", "forced_alignment": "lyric_alignment"}[job.type]
    assert job.scene_id is not None
    return (asset,), "scene", scenes.get(session, job.scene_id).key


def _take(session: Session, job: ProcessingJob) -> str:
    assert job.version_id is not None
    return takes.get(session, job.version_id).key


def as_graphql(spec: RunSpec, location: str, repository: str) -> dict[str, Any]:
    """``ExecutionParams`` of Dagster's ``launchRun``."""
    return {
        "selector": {
            "repositoryLocationName": location,
            "repositoryName": repository,
            "jobName": "__ASSET_JOB",
            "assetSelection": [{"path": [name]} for name in spec.assets],
        },
        "mode": "default",
        "runConfigData": QUIET,
        "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in spec.tags.items()]},
    }
