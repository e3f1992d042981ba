"""``/api/projects/{projectId}/scenes/{sceneId}/…``: generate, remix, versions."""

from fastapi import APIRouter, BackgroundTasks, Request, Response
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.ownership import project_of, scene_of, version_of
from musicapp_pipeline.api.deps import Context, ProjectId, SceneId, VersionId, Who
from musicapp_pipeline.api.errors import Invalid
from musicapp_pipeline.api.jobs import service as jobs_service
from musicapp_pipeline.api.kit.etags import IfMatch, check_match, tag, tagged
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.scenes.schemas import VersionRead
from musicapp_pipeline.api.takes import external, service
from musicapp_pipeline.api.takes.schemas import (
    External,
    Generate,
    GenerateMany,
    Generating,
    PromptDiffRead,
    Rating,
    Remix,
    Remixing,
    Resolution,
    VersionUpdate,
)
from musicapp_pipeline.store import projects, scenes, takes

router = APIRouter(prefix="/api/projects/{project_id}", tags=["takes"])
SCENE = "/scenes/{scene_id}"
VERSION = "/scenes/{scene_id}/versions/{version_id}"


@router.post(
    SCENE + "/generate",
    status_code=202,
    response_model=Generating,
    responses=problems(402, 404, 409, 503),
)
def generate_scene(
    project_id: ProjectId,
    scene_id: SceneId,
    context: Context,
    who: Who,
    once: OnlyOnce,
    body: Generate | None = None,
) -> Response:
    """Generate takes of a scene. Their whole price is reserved first; above the budget nothing is
    queued."""
    asked = body or Generate()
    once.means(asked)

    def work(session: Session) -> Generating:
        project = project_of(session, who, project_id, lock=True)
        scene = scenes.get(session, scene_id, project_id=project_id)
        return service.generate(session, context, who, project, [(scene, asked.num_takes)])

    return once.run(202, work)


@router.post(
    "/generate",
    status_code=202,
    response_model=Generating,
    responses=problems(402, 404, 409, 503),
)
def generate_scenes(
    project_id: ProjectId,
    context: Context,
    who: Who,
    once: OnlyOnce,
    body: GenerateMany | None = None,
) -> Response:
    """Generate takes of several scenes, all or none of them."""
    asked = body or GenerateMany()
    once.means(asked)

    def work(session: Session) -> Generating:
        project = project_of(session, who, project_id, lock=True)
        if asked.scene_ids is None:
            rows = service.to_generate(session, project)
        else:
            ids = dict.fromkeys(asked.scene_ids)
            rows = [scenes.get(session, id_, project_id=project_id) for id_ in ids]
        wanted = [(scene, asked.num_takes) for scene in rows]
        return service.generate(session, context, who, project, wanted)

    return once.run(202, work)


@router.post(
    SCENE + "/remix",
    status_code=202,
    response_model=Remixing,
    responses=problems(402, 404, 409, 503),
)
def remix_scene(
    project_id: ProjectId,
    scene_id: SceneId,
    body: Remix,
    context: Context,
    who: Who,
    once: OnlyOnce,
) -> Response:
    """Make the next take from a finished one and a revised prompt. Where the provider has no
    remix, it is generated from the take's first frame; the answer then says `emulated`."""

    def work(session: Session) -> Remixing:
        project = project_of(session, who, project_id, lock=True)
        scenes.get(session, scene_id, project_id=project_id)
        source = takes.get(session, body.version_id, scene_id=scene_id)
        return service.remix_take(session, context, who, project, source, body.revised_prompt)

    return once.run(202, work)


@router.get(SCENE + "/versions", responses=problems(404))
def list_versions(
    project_id: ProjectId, scene_id: SceneId, context: Context, who: Who
) -> list[VersionRead]:
    """A scene's takes, ordered by take."""
    with context.database.read() as session:
        scene_of(session, who, project_id, scene_id)
        project = projects.get(session, project_id)
        rows = takes.of_scene(session, scene_id)
        return service.views(session, context, who, project, rows)


@router.post(
    SCENE + "/versions",
    status_code=201,
    response_model=VersionRead,
    responses=problems(404, 409, 415),
)
def add_version(
    project_id: ProjectId,
    scene_id: SceneId,
    body: External,
    request: Request,
    context: Context,
    who: Who,
    once: OnlyOnce,
) -> Response:
    """Add an existing clip as a take; nothing is generated and nothing is paid. A clip from
    elsewhere is fetched in the background: watch the take's ``status``."""

    def work(session: Session) -> VersionRead:
        project = project_of(session, who, project_id, lock=True)
        scene = scenes.get(session, scene_id, project_id=project_id)
        version = external.add(session, context, who, scene, body, {request.url.netloc})
        once.after.add_task(external.wake, context)
        return service.view(session, context, who, project, version)

    here = f"/api/projects/{project_id}/scenes/{scene_id}/versions"
    return once.run(201, work, lambda made: {"Location": f"{here}/{made.id}", **tagged(made)})


@router.get(VERSION, responses=problems(404))
def get_version(
    project_id: ProjectId,
    scene_id: SceneId,
    version_id: VersionId,
    response: Response,
    context: Context,
    who: Who,
) -> VersionRead:
    """One take."""
    with context.database.read() as session:
        _, version = version_of(session, who, project_id, scene_id, version_id)
        tag(response, version.revision)
        project = projects.get(session, project_id)
        return service.view(session, context, who, project, version)


@router.get(VERSION + "/prompt-diff", responses=problems(404, 409))
def get_prompt_diff(
    project_id: ProjectId, scene_id: SceneId, version_id: VersionId, context: Context, who: Who
) -> PromptDiffRead:
    """What has changed between the prompt this take was made from and the one that would be sent
    now: stretches for a side-by-side view, and a line a change."""
    with context.database.read() as session:
        _, version = version_of(session, who, project_id, scene_id, version_id)
        project = projects.get(session, project_id)
        return service.prompt_changes(session, context, who, project, version)


@router.put(VERSION, responses=problems(404, 409, 412))
def update_version(
    project_id: ProjectId,
    scene_id: SceneId,
    version_id: VersionId,
    body: VersionUpdate,
    response: Response,
    background: BackgroundTasks,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> VersionRead:
    """Write notes on a take, or move its in-point."""
    with context.database.write() as session:
        scene, version = version_of(session, who, project_id, scene_id, version_id, lock=True)
        check_match(if_match, version.revision)
        project = projects.get(session, project_id)
        moved = external.move_in_point(session, project, scene, version, body.in_point)
        if moved:
            background.add_task(jobs_service.conform_again, context, project_id, [version.key])
        if moved or body.notes not in (None, version.notes):
            version.notes = version.notes if body.notes is None else body.notes
            service.tell(session, version)
        tag(response, version.revision)
        return service.view(session, context, who, project, version)


@router.post(VERSION + "/select", responses=problems(404, 409, 412))
def select_version(
    project_id: ProjectId,
    scene_id: SceneId,
    version_id: VersionId,
    response: Response,
    background: BackgroundTasks,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> VersionRead:
    """Make a completed take the scene's final one; the others are cleared with it."""
    with context.database.write() as session:
        scene, version = version_of(session, who, project_id, scene_id, version_id, lock=True)
        check_match(if_match, version.revision)
        service.select_take(session, scene, version)
        tag(response, version.revision)
        project = projects.get(session, project_id)
        answer = service.view(session, context, who, project, version)
    background.add_task(context.launcher.changed, project_id)
    return answer


@router.post(VERSION + "/score", responses=problems(404, 412))
def score_version(
    project_id: ProjectId,
    scene_id: SceneId,
    version_id: VersionId,
    body: Rating,
    response: Response,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> VersionRead:
    """Rate a take. A person's score stands over the measured one, which ``autoScores`` keeps."""
    if not body.model_fields_set:
        raise Invalid(
            "nothing to score; send at least one of the scores",
            field="body",
            allowed="qualityScore, userScore, characterConsistency, mouthVisibility, notes",
        )
    with context.database.write() as session:
        _, version = version_of(session, who, project_id, scene_id, version_id, lock=True)
        check_match(if_match, version.revision)
        service.rate(session, version, body)
        tag(response, version.revision)
        project = projects.get(session, project_id)
        return service.view(session, context, who, project, version)


@router.post(VERSION + "/resolve", responses=problems(404, 409, 412))
def resolve_version(
    project_id: ProjectId,
    scene_id: SceneId,
    version_id: VersionId,
    body: Resolution,
    response: Response,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> VersionRead:
    """Clear up a take of which nobody knows whether it was bought (`unknown`), or which was
    bought and does not come (`stuck`): look at the provider's console or invoice first. Until
    then its price stays held. A paid clip that did not arrive can be fetched again, for nothing."""
    with context.database.write() as session:
        _, version = version_of(session, who, project_id, scene_id, version_id, lock=True)
        check_match(if_match, version.revision)
        service.resolve(session, version, body)
        tag(response, version.revision)
        project = projects.get(session, project_id)
        return service.view(session, context, who, project, version)
