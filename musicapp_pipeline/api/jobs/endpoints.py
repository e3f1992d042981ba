"""``/api/jobs``."""

from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response

from musicapp_pipeline.api.access.ownership import job_of, project_of
from musicapp_pipeline.api.deps import Context, JobId, ProjectId, Who
from musicapp_pipeline.api.jobs import service
from musicapp_pipeline.api.jobs.queries import page_of_jobs
from musicapp_pipeline.api.jobs.schemas import JobCancelled, JobRead
from musicapp_pipeline.api.kit.paging import Paging
from musicapp_pipeline.api.problems import problems

router = APIRouter(prefix="/api", tags=["jobs"])

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
Type = Literal[
    "analyze_audio",
    "generate_scene",
    "remix_scene",
    "vocal_extraction",
    "forced_alignment",
    "lip_sync_post_process",
    "stitch_final",
]


@router.get("/jobs/{job_id}", responses=problems(404))
def get_job(job_id: JobId, context: Context, who: Who) -> JobRead:
    """A job, for polling."""
    with context.database.read() as session:
        return service.read(session, context, who, job_of(session, who, job_id))


@router.post("/jobs/{job_id}/cancel", responses=problems(404, 409))
def cancel_job(
    job_id: JobId, background: BackgroundTasks, context: Context, who: Who
) -> JobCancelled:
    """Ask a job to stop. What is already bought at a provider is kept if it arrives, and the
    answer says what was paid."""
    with context.database.write() as session:
        job = job_of(session, who, job_id)
        waiting = job.run_id if job.status == "queued" else None
        answer = service.cancel(session, context, who, job)
    if waiting is not None:
        background.add_task(service.cancel_runs, context, [waiting])
    return answer


@router.get("/projects/{project_id}/jobs", responses=problems(400, 404))
def list_jobs(
    project_id: ProjectId,
    request: Request,
    response: Response,
    context: Context,
    who: Who,
    page: Paging,
    status: Annotated[Status | None, Query()] = None,
    type_: Annotated[Type | None, Query(alias="type")] = None,
) -> list[JobRead]:
    """A project's jobs, newest first."""
    with context.database.read() as session:
        project_of(session, who, project_id)
        rows = page_of_jobs(session, project_id, page, status, type_)
        page.link(request, response, [(row.created_at, row.id) for row in rows])
        return service.read_all(session, context, who, rows)
