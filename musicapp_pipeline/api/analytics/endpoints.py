"""``/api/analytics`` and ``/api/projects/{projectId}/analytics``."""

from fastapi import APIRouter
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.ownership import project_of
from musicapp_pipeline.api.analytics import queries
from musicapp_pipeline.api.analytics.schemas import Analytics
from musicapp_pipeline.api.deps import Context, ProjectId, Who
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.store.models import Project, Scene, SceneVersion

router = APIRouter(prefix="/api", tags=["analytics"])


@router.get("/analytics")
def get_analytics(context: Context, who: Who) -> Analytics:
    """Cost, speed, satisfaction and provider reliability over all projects."""
    with context.database.read() as session:
        return _analytics(session, who.mine(Project.owner))


@router.get("/projects/{project_id}/analytics", responses=problems(404))
def get_project_analytics(project_id: ProjectId, context: Context, who: Who) -> Analytics:
    """The same for one project."""
    with context.database.read() as session:
        project_of(session, who, project_id)
        return _analytics(session, Project.id == project_id)


def _analytics(session: Session, mine: ColumnElement[bool]) -> Analytics:
    actual, simulated = queries.spent(session, mine)
    return Analytics(
        projects=queries.count_projects(session, mine),
        scenes=queries.count(session, Scene, mine & Scene.archived_at.is_(None)),
        takes=queries.count(session, SceneVersion, mine & queries.made()),
        actual_cost_usd=actual,
        simulated_cost_usd=simulated,
        cost_per_project=queries.cost_per_project(session, mine),
        median_generation_seconds_per_scene=queries.seconds_per_scene(session, mine),
        average_scores=queries.average_scores(session, mine),
        providers=queries.providers(session, mine),
    )
