"""``/api/projects/{projectId}/storyboard``."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.ownership import project_of
from musicapp_pipeline.api.deps import Context, ProjectId, Who
from musicapp_pipeline.api.jobs import service as jobs_service
from musicapp_pipeline.api.kit.etags import IfMatch, tag
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.kit.unchanged import Answer
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.storyboard import service
from musicapp_pipeline.api.storyboard.schemas import (
    StoryboardQueued,
    StoryboardRead,
    StoryboardUpdate,
    TimelineRead,
)

router = APIRouter(prefix="/api/projects/{project_id}/storyboard", tags=["storyboard"])


@router.post(
    "/generate",
    status_code=202,
    response_model=StoryboardQueued,
    responses=problems(404, 409),
)
def generate_storyboard(
    project_id: ProjectId, context: Context, who: Who, once: OnlyOnce
) -> Response:
    """Hear the song and cut it into scenes on its beats. Scenes with takes keep their cuts; the
    job is completed once the scenes exist."""
    once.body = b""  # nothing can be asked for

    def work(session: Session) -> StoryboardQueued:
        project = project_of(session, who, project_id, lock=True)
        queued = service.queue(session, context, who, project)
        once.after.add_task(jobs_service.launch, context, [queued.job_id])
        return queued

    return once.run(202, work)


@router.get("", responses=problems(404))
def get_storyboard(
    project_id: ProjectId, response: Response, context: Context, who: Who
) -> StoryboardRead:
    """Beat grid, sections, energy curve and timed lyrics; 404 before they were generated."""
    with context.database.read() as session:
        project = project_of(session, who, project_id)
        board = service.planned(session, project)
        tag(response, board.revision)
        return service.read(project, board)


@router.put("", responses=problems(404, 412))
def update_storyboard(
    project_id: ProjectId,
    body: StoryboardUpdate,
    response: Response,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> StoryboardRead:
    """Correct beats, sections or lyric times by hand. Cuts of scenes without takes follow the
    beats; those of scenes with takes stay."""
    with context.database.read() as session:
        project = project_of(session, who, project_id)
        service.rehearse(session, project, service.planned(session, project), body, if_match)
    with context.database.write() as session:
        project = project_of(session, who, project_id, lock=True)
        board = service.planned(session, project)
        warnings = service.update(session, context, project, board, body, if_match)
        tag(response, board.revision)
        return service.read(project, board, warnings)


@router.get("/timeline", response_model=TimelineRead, responses=problems(404))
async def get_timeline(project_id: ProjectId, context: Context, who: Who) -> Response:
    """The whole song: sections, energy, beats, scenes and their selected takes."""

    def make() -> Answer:
        with context.database.read() as session:
            project = project_of(session, who, project_id)
            board = service.planned(session, project)
            shown = service.timeline(session, who, project, board)
        return Answer(shown.model_dump_json().encode())

    return await context.answers.give((who.owner, project_id, "timeline"), make)
