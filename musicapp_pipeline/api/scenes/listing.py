"""The list of scenes, fast enough to be polled while takes are made.

Sixty scenes with five takes each are half a megabyte of JSON, and making it costs fifty times more
than finding out whether anything has changed. So each scene's JSON is remembered under the moments
at which everything in it last changed, and only scenes with news are read and written again.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.scenes import service
from musicapp_pipeline.api.scenes.plans import stamp_of
from musicapp_pipeline.api.scenes.queries import remix_modes
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store.models import Project, Scene, SceneVersion


def scenes_json(session: Session, context: AppContext, who: Caller, project: Project) -> bytes:
    """All scenes of a project as a JSON array."""
    keys = _keys(session, context, who, project)
    memo = context.scene_json
    parts = {scene_id: memo.peek(key) for scene_id, key in keys.items()}
    missing = [scene_id for scene_id, part in parts.items() if part is None]
    if missing:
        rows = list(session.scalars(select(Scene).where(Scene.id.in_(missing))))
        for scene in service.read_all(session, context, who, project, rows):
            parts[scene.id] = part = scene.model_dump_json().encode()
            memo.put(keys[scene.id], part)
    return b"[" + b",".join(part for part in parts.values() if part is not None) + b"]"


def _keys(
    session: Session, context: AppContext, who: Caller, project: Project
) -> dict[str, Hashable]:
    """What the JSON of each scene follows from, in the order of the scenes."""
    whole = (who.owner, stamp_of(session, context, project))
    spent = ledger.spent_by_scene(session, project.id)
    takes = _takes(session, project.id)
    query = (
        select(Scene.id, _stored(Scene.updated_at))
        .where(Scene.project_id == project.id, Scene.archived_at.is_(None))
        .order_by(Scene.order, Scene.start_frame)
    )
    return {
        id_: (id_, changed, whole, spent.get(id_, Decimal(0)), tuple(takes.get(id_, ())))
        for id_, changed in session.execute(query)
    }


def _takes(session: Session, project_id: str) -> dict[str, Sequence[Hashable]]:
    modes = remix_modes(session, project_id)
    query = select(SceneVersion.scene_id, SceneVersion.id, _stored(SceneVersion.updated_at))
    out: dict[str, list[Hashable]] = defaultdict(list)
    for scene_id, id_, changed in session.execute(
        query.where(SceneVersion.project_id == project_id)
    ):
        out[scene_id].append((id_, changed, modes.get(id_)))
    return dict(out)


def _stored(column: Any) -> Any:
    """A moment as it is stored: only compared, so it need not be made a datetime."""
    return type_coerce(column, String)
