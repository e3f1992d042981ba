"""``/api/projects/{projectId}/export`` and ``…/exports``."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.ownership import project_of
from musicapp_pipeline.api.deps import Context, ProjectId, Who
from musicapp_pipeline.api.exports import service
from musicapp_pipeline.api.exports.schemas import ExportCreate, Exporting, ExportRead
from musicapp_pipeline.api.jobs import service as jobs_service
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.kit.paging import Paging
from musicapp_pipeline.api.problems import problems

router = APIRouter(prefix="/api/projects/{project_id}", tags=["export"])


@router.post("/export", status_code=202, response_model=Exporting, responses=problems(404, 409))
def export_project(
    project_id: ProjectId,
    context: Context,
    who: Who,
    once: OnlyOnce,
    body: ExportCreate | None = None,
) -> Response:
    """Stitch the selected takes with the song, in every format and aspect ratio asked for. Waits
    for the lip-sync that selected takes still need. Scenes without a selected take answer 409."""

    asked = body or ExportCreate()
    once.means(asked)

    def work(session: Session) -> Exporting:
        project = project_of(session, who, project_id, lock=True)
        queued = service.queue(session, context, who, project, asked)
        once.after.add_task(jobs_service.launch, context, [queued.job_id])
        return queued

    return once.run(202, work)


@router.get("/exports", responses=problems(400, 404))
def list_exports(
    project_id: ProjectId,
    request: Request,
    response: Response,
    context: Context,
    who: Who,
    page: Paging,
) -> list[ExportRead]:
    """A project's exports, newest first."""
    with context.database.read() as session:
        project_of(session, who, project_id)
        rows = service.page_of_exports(session, project_id, page)
        page.link(request, response, [(export.created_at, export.id) for export, _ in rows])
        return service.read_all(session, who, project_id, rows)


@router.get("/exports/{export_id}", responses=problems(404))
def get_export(
    project_id: ProjectId,
    export_id: Annotated[str, Path(max_length=120, examples=["x-k3m9x2p7qa4t"])],
    context: Context,
    who: Who,
) -> ExportRead:
    """One export and its files."""
    with context.database.read() as session:
        project_of(session, who, project_id)
        found = service.get(session, project_id, export_id)
        return service.read_all(session, who, project_id, [found])[0]
