"""What would be sent for scenes now: prompt, clip and price."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.generation.port import Capabilities
from musicapp_pipeline.generation.takeplan import TakePlan, plan_take
from musicapp_pipeline.store import projects
from musicapp_pipeline.store.models import Project, Scene


def plans_of(
    session: Session, context: AppContext, project: Project, rows: Sequence[Scene]
) -> dict[str, TakePlan]:
    """The plan of each scene by its id.

    A plan follows from the rows of project, characters and scene alone, so it is remembered under
    the moments these last changed: building sixty prompts costs more than reading sixty scenes.
    """
    capabilities = context.capabilities(project.sora_model) or _unpriced(project.sora_model)
    cast = tuple((c.id, c.updated_at) for c in projects.characters(session, project.id))
    whole = (
        project.id,
        project.updated_at,
        cast,
        capabilities.provider,
        capabilities.price_version,
    )
    return {
        scene.id: context.memo.get(
            ("plan", scene.id, scene.updated_at, whole),
            lambda scene=scene: plan_take(session, project, scene, capabilities),  # type: ignore[misc]
        )
        for scene in rows
    }


def _unpriced(model: str) -> Capabilities:
    """Stands in for a model nobody offers now: its plans can be read, not bought."""
    return Capabilities(provider="none", model=model, durations=(4, 8, 12))
