"""What happens to scenes."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import RootModel
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import Invalid
from musicapp_pipeline.api.kit.etags import check_match
from musicapp_pipeline.api.scenes.pictures import follow_kind
from musicapp_pipeline.api.scenes.plans import plans_of
from musicapp_pipeline.api.scenes.queries import remix_modes, versions_of
from musicapp_pipeline.api.scenes.schemas import SceneRead, SceneUpdate
from musicapp_pipeline.api.scenes.views import scene_view
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.models import Project, Scene

ZERO = Decimal(0)


class SceneList(RootModel[list[SceneRead]]):
    """Several scenes, as a bare array."""


def read_all(
    session: Session,
    context: AppContext,
    who: Caller,
    project: Project,
    rows: Sequence[Scene] | None = None,
) -> list[SceneRead]:
    """Scenes as they are shown; all of the project's unless ``rows`` says which."""
    shown = scenes.of_project(session, project.id) if rows is None else rows
    plans = plans_of(session, context, project, shown)
    versions = versions_of(session, [scene.id for scene in shown])
    spent = ledger.spent_by_scene(session, project.id)
    modes = remix_modes(session, project.id)
    return [
        scene_view(
            who,
            scene,
            versions.get(scene.id, []),
            plans[scene.id],
            spent.get(scene.id, ZERO),
            modes,
        )
        for scene in shown
    ]


def read(session: Session, context: AppContext, who: Caller, scene: Scene) -> SceneRead:
    """One scene as it is shown."""
    project = projects.get(session, scene.project_id)
    return read_all(session, context, who, project, [scene])[0]


def update(session: Session, scene: Scene, body: SceneUpdate, if_match: str | None) -> None:
    """Change what was sent; takes keep the prompt they were made with.

    Raises:
        Stale, Invalid
    """
    check_match(if_match, scene.revision)
    changes = body.changes()
    if "character_ids" in changes:
        changes["character_ids"] = list(dict.fromkeys(changes["character_ids"]))
        _check_cast(session, scene, changes["character_ids"])
    if "prompt" in changes:
        changes["prompt_override"] = changes.pop("prompt")
    if "shot" in changes:
        changes["shot"] = changes["shot"].model_dump()
    changes = {name: value for name, value in changes.items() if getattr(scene, name) != value}
    if not changes:
        return  # another tab's edit must not fail for nothing
    if changes.keys() & {"lyrics", "scene_type"}:
        _forget_lip_sync(session, scene)
    was = scene.scene_type
    for name, value in changes.items():
        setattr(scene, name, value)
    if "scene_type" in changes:
        follow_kind(session, scene, was, changes)
    scenes.mark_edited(scene, changes)
    scene.revision += 1
    session.flush()
    scenes.tell(session, scene)


def _check_cast(session: Session, scene: Scene, wanted: Sequence[str]) -> None:
    known = {c.id for c in projects.characters(session, scene.project_id)}
    strange = [c for c in wanted if c not in known]
    if strange:
        raise Invalid(
            f"characterIds names {', '.join(strange)}, no characters of this project",
            field="characterIds",
            value=strange[0],
            allowed=", ".join(sorted(known)) or "none: this project has no characters",
        )


def _forget_lip_sync(session: Session, scene: Scene) -> None:
    """Mouths moved with other words: they are moved again when the take is used."""
    for version in takes.of_scene(session, scene.id):
        if version.lip_sync is not None:
            version.lip_sync = None
            version.revision += 1
