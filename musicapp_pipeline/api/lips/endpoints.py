"""``/api/projects/{projectId}/scenes/{sceneId}/versions/{versionId}/lip-sync``."""

import json

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.ownership import version_of
from musicapp_pipeline.api.deps import Context, ProjectId, SceneId, VersionId, Who
from musicapp_pipeline.api.jobs import service as jobs_service
from musicapp_pipeline.api.kit.etags import IfMatch, check_match, tag
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.lips import service
from musicapp_pipeline.api.lips.schemas import LipSyncing, LipSyncNudge, LipSyncRead
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.takes.service import view
from musicapp_pipeline.store import projects

router = APIRouter(
    prefix="/api/projects/{project_id}/scenes/{scene_id}/versions/{version_id}/lip-sync",
    tags=["takes"],
)


@router.get("", responses=problems(404))
def get_lip_sync(
    project_id: ProjectId,
    scene_id: SceneId,
    version_id: VersionId,
    response: Response,
    context: Context,
    who: Who,
) -> LipSyncRead:
    """What moves the take's lips: the words and phones that were heard in the scene, and what a
    person has nudged so far."""
    with context.database.read() as session:
        scene, version = version_of(session, who, project_id, scene_id, version_id)
        tag(response, version.revision)
        return service.read(session, scene, version)


@router.post(
    "",
    status_code=202,
    response_model=LipSyncing,
    responses=problems(404, 409, 412),
)
def lip_sync_version(
    project_id: ProjectId,
    scene_id: SceneId,
    version_id: VersionId,
    context: Context,
    who: Who,
    once: OnlyOnce,
    body: LipSyncNudge | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Lip-sync a take, or do it again with the mouth box, the offset or the phonemes moved."""
    asked = body or LipSyncNudge()
    changes = asked.model_dump(exclude_unset=True, by_alias=False)
    once.body = json.dumps(changes, sort_keys=True).encode()  # null and absent differ

    def work(session: Session) -> LipSyncing:
        scene, version = version_of(session, who, project_id, scene_id, version_id, lock=True)
        check_match(if_match, version.revision)
        project = projects.get(session, project_id)
        job = service.queue(session, project, scene, version, changes)
        once.after.add_task(jobs_service.launch, context, [job.id])
        return LipSyncing(
            job_id=job.id,
            job=jobs_service.read(session, context, who, job),
            version=view(session, context, who, project, version),
        )

    return once.run(202, work)
