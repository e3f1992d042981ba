"""What would be sent for scenes now: prompt, clip and price."""

from collections.abc import Hashable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.generation.port import Capabilities
from musicapp_pipeline.generation.takeplan import TakePlan, plan_take
from musicapp_pipeline.store.models import Character, Project, Scene


def plans_of(
    session: Session, context: AppContext, project: Project, rows: Sequence[Scene]
) -> dict[str, TakePlan]:
    """The plan of each scene by its id.

    A plan follows from the rows of project, characters and scene alone, so it is remembered under
    the moments these last changed: building sixty prompts costs more than reading sixty scenes.
    """
    capabilities = context.capabilities(project.sora_model) or _unpriced(project.sora_model)
    whole = stamp_of(session, context, project)
    return {
        scene.id: context.plans.get(
            (scene.id, scene.updated_at, whole),
            lambda scene=scene: plan_take(session, project, scene, capabilities),  # type: ignore[misc]
        )
        for scene in rows
    }


def plan_now(session: Session, context: AppContext, project: Project, scene: Scene) -> TakePlan:
    """The plan of a scene whose row may have changed in this very transaction."""
    session.flush()
    capabilities = context.capabilities(project.sora_model) or _unpriced(project.sora_model)
    return plan_take(session, project, scene, capabilities)


def stamp_of(session: Session, context: AppContext, project: Project) -> Hashable:
    """Changes whenever anything changes that all plans of a project follow from."""
    capabilities = context.capabilities(project.sora_model)
    sold = (capabilities.provider, capabilities.price_version) if capabilities else None
    query = select(Character.id, Character.updated_at).where(Character.project_id == project.id)
    cast = tuple(tuple(row) for row in session.execute(query.order_by(Character.id)))
    return (project.id, project.updated_at, sold, cast)


def _unpriced(model: str) -> Capabilities:
    """Stands in for a model nobody offers now: its plans can be read, not bought."""
    return Capabilities(provider="none", model=model, durations=(4, 8, 12))
