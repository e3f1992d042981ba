"""``/api/projects``."""

from fastapi import APIRouter, BackgroundTasks, Request, Response
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.ownership import project_of
from musicapp_pipeline.api.deps import Context, ProjectId, Who
from musicapp_pipeline.api.jobs.service import cancel_runs
from musicapp_pipeline.api.kit.etags import IfMatch, check_match, tag, tagged
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.kit.paging import Paging
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.projects import service
from musicapp_pipeline.api.projects.queries import page_of_projects
from musicapp_pipeline.api.projects.schemas import (
    ProjectCreate,
    ProjectRead,
    ProjectSummary,
    ProjectUpdate,
)

router = APIRouter(prefix="/api/projects", tags=["projects"])


@router.post("", status_code=201, response_model=ProjectRead, responses=problems(409))
def create_project(
    body: ProjectCreate, request: Request, context: Context, who: Who, once: OnlyOnce
) -> Response:
    """Create a project from a song. The song is fetched when the storyboard is generated."""

    def work(session: Session) -> ProjectRead:
        project = service.create(session, context, who, body, {request.url.netloc})
        return service.read(session, context, who, project)

    return once.run(
        201,
        work,
        lambda made: {"Location": f"/api/projects/{made.id}", **tagged(made)},
    )


@router.get("", responses=problems(400))
def list_projects(
    request: Request, response: Response, context: Context, who: Who, page: Paging
) -> list[ProjectSummary]:
    """All projects, newest first."""
    with context.database.read() as session:
        rows = page_of_projects(session, who, page)
        page.link(request, response, [(row.created_at, row.id) for row in rows])
        return service.summaries(session, rows)


@router.get("/{project_id}", responses=problems(404))
def get_project(
    project_id: ProjectId, response: Response, context: Context, who: Who
) -> ProjectRead:
    """A project with its progress, its costs and what to watch out for."""
    with context.database.read() as session:
        project = project_of(session, who, project_id)
        tag(response, project.revision)
        return service.read(session, context, who, project)


@router.put("/{project_id}", responses=problems(404, 409, 412))
def update_project(
    project_id: ProjectId,
    body: ProjectUpdate,
    request: Request,
    response: Response,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> ProjectRead:
    """Change a project; fields that are not sent stay as they are."""
    with context.database.write() as session:
        project = project_of(session, who, project_id, lock=True)
        service.update(session, context, who, project, body, if_match, {request.url.netloc})
        tag(response, project.revision)
        return service.read(session, context, who, project)


@router.delete("/{project_id}", status_code=204, responses=problems(404, 412))
def archive_project(
    project_id: ProjectId,
    background: BackgroundTasks,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> None:
    """Archive a project: it disappears from lists, its open jobs are cancelled, its media and
    its ledger stay."""
    with context.database.write() as session:
        project = project_of(session, who, project_id, lock=True)
        check_match(if_match, project.revision)
        runs = service.archive(session, project)
    background.add_task(cancel_runs, context, runs)
