"""``/api/projects/{projectId}/costs`` and ``…/estimate``."""

from typing import Annotated

from fastapi import APIRouter, Query

from musicapp_pipeline.api.access.ownership import project_of
from musicapp_pipeline.api.costs import service
from musicapp_pipeline.api.costs.schemas import CostsRead, Estimate
from musicapp_pipeline.api.deps import Context, ProjectId, Who
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.api.takes.service import without_takes
from musicapp_pipeline.generation.admission import MAX_TAKES
from musicapp_pipeline.store import scenes

router = APIRouter(prefix="/api/projects/{project_id}", tags=["costs"])


@router.get("/costs", responses=problems(404))
def get_costs(project_id: ProjectId, context: Context, who: Who) -> CostsRead:
    """What was spent, what is held and what is left, line by line."""
    with context.database.read() as session:
        return service.read(session, context, project_of(session, who, project_id))


@router.get("/estimate", responses=problems(404))
def get_estimate(
    project_id: ProjectId,
    context: Context,
    who: Who,
    scene_ids: Annotated[
        list[str] | None,
        Query(
            alias="sceneIds",
            max_length=1000,
            description="When left out, what `POST …/generate` takes then: scenes without takes.",
        ),
    ] = None,
    num_takes: Annotated[int, Query(alias="numTakes", ge=1, le=MAX_TAKES)] = 1,
) -> Estimate:
    """What generating takes would reserve, cost and need, before anything is spent."""
    with context.database.read() as session:
        project = project_of(session, who, project_id)
        if scene_ids is None:
            rows = without_takes(session, project, scenes.of_project(session, project_id))
        else:
            ids = dict.fromkeys(scene_ids)
            rows = [scenes.get(session, id_, project_id=project_id) for id_ in ids]
        return service.estimate_takes(session, context, project, rows, num_takes)
