"""``/api/projects/{projectId}/scenes``."""

from fastapi import APIRouter, BackgroundTasks, Response
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.ownership import project_of, scene_of
from musicapp_pipeline.api.deps import Context, ProjectId, SceneId, Who
from musicapp_pipeline.api.jobs.service import conform_again
from musicapp_pipeline.api.kit.etags import IfMatch, check_match, etag, tag, tagged
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.kit.unchanged import Answer
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.scenes import cutting, service
from musicapp_pipeline.api.scenes.listing import scenes_json
from musicapp_pipeline.api.scenes.queries import cuts_of
from musicapp_pipeline.api.scenes.schemas import (
    SceneMerge,
    SceneOrder,
    SceneRead,
    SceneSplit,
    SceneUpdate,
)
from musicapp_pipeline.store import scenes

router = APIRouter(prefix="/api/projects/{project_id}/scenes", tags=["scenes"])


@router.get("", response_model=list[SceneRead], responses=problems(404))
async def list_scenes(project_id: ProjectId, context: Context, who: Who) -> Response:
    """All scenes in the order they are shown, each with its takes ordered by take. The ``ETag``
    stands for their order and their cuts."""

    def make() -> Answer:
        with context.database.read() as session:
            project = project_of(session, who, project_id)
            body, cuts = scenes_json(session, context, who, project)
            return Answer(body, {"ETag": etag(cuts)})

    return await context.answers.give((who.owner, project_id, "scenes"), make)


@router.put("/order", responses=problems(404, 409, 412))
def reorder_scenes(
    project_id: ProjectId,
    body: SceneOrder,
    response: Response,
    background: BackgroundTasks,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> list[SceneRead]:
    """Show the scenes in another order. The intervals of the song stay where they are; what is
    shown in them moves, and lip-sync is made again for the new words. ``If-Match`` takes the
    ``ETag`` of the list of scenes."""
    with context.database.write() as session:
        project = project_of(session, who, project_id, lock=True)
        check_match(if_match, cuts_of(session, project_id))
        rows = cutting.reorder(session, context, project, body.scene_ids)
        keys = cutting.to_conform(session, rows)
        answer = service.read_all(session, context, who, project, rows)
        tag(response, cuts_of(session, project_id))
    background.add_task(conform_again, context, project_id, keys)
    return answer


@router.get("/{scene_id}", responses=problems(404))
def get_scene(
    project_id: ProjectId, scene_id: SceneId, response: Response, context: Context, who: Who
) -> SceneRead:
    """A scene with all its takes."""
    with context.database.read() as session:
        scene = scene_of(session, who, project_id, scene_id)
        tag(response, scene.revision)
        return service.read(session, context, who, scene)


@router.put("/{scene_id}", responses=problems(404, 409, 412))
def update_scene(
    project_id: ProjectId,
    scene_id: SceneId,
    body: SceneUpdate,
    response: Response,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> SceneRead:
    """Edit what is shown: type, section, mood, lyrics, characters, prompt, lip-sync. Takes that
    exist are not touched; those made from another plan are marked outdated."""
    with context.database.write() as session:
        scene = scene_of(session, who, project_id, scene_id, lock=True)
        service.update(session, scene, body, if_match)
        tag(response, scene.revision)
        return service.read(session, context, who, scene)


@router.post(
    "/{scene_id}/split",
    status_code=201,
    response_model=list[SceneRead],
    responses=problems(404, 409, 412),
)
def split_scene(
    project_id: ProjectId,
    scene_id: SceneId,
    context: Context,
    who: Who,
    once: OnlyOnce,
    body: SceneSplit | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Split a scene on a beat: the one nearest to `at`, or without a body the strongest near its
    middle. Both halves keep pointing into the same clips, free of charge."""
    asked = body or SceneSplit()
    once.means(asked)

    def work(session: Session) -> service.SceneList:
        project = project_of(session, who, project_id, lock=True)
        scene = scenes.get(session, scene_id, project_id=project_id)
        check_match(if_match, scene.revision)
        halves = cutting.split(session, context, project, scene, asked.at)
        once.after.add_task(conform_again, context, project_id, cutting.to_conform(session, halves))
        return service.SceneList(service.read_all(session, context, who, project, halves))

    return once.run(201, work)


@router.post("/{scene_id}/merge", response_model=SceneRead, responses=problems(404, 409, 412))
def merge_scene(
    project_id: ProjectId,
    scene_id: SceneId,
    context: Context,
    who: Who,
    once: OnlyOnce,
    body: SceneMerge | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Merge a scene with the one after it. Without a body it is refused with 409 where a finished
    take would be lost; `force` archives such takes with their scenes."""
    asked = body or SceneMerge()
    once.means(asked)

    def work(session: Session) -> SceneRead:
        project = project_of(session, who, project_id, lock=True)
        scene = scenes.get(session, scene_id, project_id=project_id)
        check_match(if_match, scene.revision)
        merged = cutting.merge(session, context, project, scene, force=asked.force)
        once.after.add_task(
            conform_again, context, project_id, cutting.to_conform(session, [merged])
        )
        return service.read(session, context, who, merged)

    return once.run(200, work, tagged)
