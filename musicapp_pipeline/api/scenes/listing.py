"""The list of scenes, fast enough to be polled while takes are made.

Sixty scenes with five takes each are half a megabyte of JSON, and making it costs fifty times more
than finding out whether anything has changed. So each scene's JSON is remembered under the moments
at which everything in it last changed, and only scenes with news are read and written again.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import String, bindparam, select, type_coerce
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.scenes import service
from musicapp_pipeline.api.scenes.plans import stamp_of
from musicapp_pipeline.api.scenes.queries import remix_modes, tag_of
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store.models import Project, Scene, SceneVersion


def _stored(column: Any) -> Any:
    """A moment as it is stored: only compared, so it need not be made a datetime."""
    return type_coerce(column, String)


SCENES = (
    select(Scene.id, _stored(Scene.updated_at), Scene.start_frame, Scene.end_frame)
    .where(Scene.project_id == bindparam("project"), Scene.archived_at.is_(None))
    .order_by(Scene.order, Scene.start_frame)
)
TAKES = select(SceneVersion.scene_id, SceneVersion.id, _stored(SceneVersion.updated_at)).where(
    SceneVersion.project_id == bindparam("project")
)
"""Built once: building a query costs more than running it."""


def scenes_json(
    session: Session, context: AppContext, who: Caller, project: Project
) -> tuple[bytes, str]:
    """All scenes of a project as a JSON array, and what stands for their order and cuts."""
    shown = session.execute(SCENES, {"project": project.id}).all()
    changed = {id_: moment for id_, moment, _, _ in shown}
    keys = _keys(session, context, who, project, changed)
    memo = context.scene_json
    parts = {scene_id: memo.peek(key) for scene_id, key in keys.items()}
    missing = [scene_id for scene_id, part in parts.items() if part is None]
    if missing:
        rows = list(session.scalars(select(Scene).where(Scene.id.in_(missing))))
        for scene in service.read_all(session, context, who, project, rows):
            parts[scene.id] = part = scene.model_dump_json().encode()
            memo.put(keys[scene.id], part)
    body = b"[" + b",".join(part for part in parts.values() if part is not None) + b"]"
    return body, tag_of((id_, first, end) for id_, _, first, end in shown)


def _keys(
    session: Session,
    context: AppContext,
    who: Caller,
    project: Project,
    changed: Mapping[str, Hashable],
) -> dict[str, Hashable]:
    """What the JSON of each scene follows from, in the order of the scenes."""
    whole = (who.owner, stamp_of(session, context, project))
    spent = ledger.spent_by_scene(session, project.id)
    takes = _takes(session, project.id)
    return {
        id_: (id_, moment, whole, spent.get(id_, Decimal(0)), tuple(takes.get(id_, ())))
        for id_, moment in changed.items()
    }


def _takes(session: Session, project_id: str) -> dict[str, Sequence[Hashable]]:
    modes = remix_modes(session, project_id)
    out: dict[str, list[Hashable]] = defaultdict(list)
    for scene_id, id_, changed in session.execute(TAKES, {"project": project_id}):
        out[scene_id].append((id_, changed, modes.get(id_)))
    return dict(out)
