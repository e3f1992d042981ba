"""From rows to what is shown of exports."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.exports.schemas import ExportRead, Rendition
from musicapp_pipeline.store.models import Export, ProcessingJob


def export_view(
    who: Caller, export: Export, job: ProcessingJob | None, *, stale: bool = False
) -> ExportRead:
    """An export as it is shown."""
    return ExportRead(
        id=export.id,
        project_id=export.project_id,
        job_id=export.job_id,
        status=job.status if job is not None else "completed",
        options=export.options,
        renditions=[_rendition(who, entry) for entry in export.renditions],
        poster_url=who.media(export.poster_key),
        changed_scene_ids=((job.result if job is not None else None) or {}).get(
            "changedSceneIds", []
        ),
        stale=stale and job is not None and job.status == "completed",
        created_at=export.created_at,
    )


def files_of_job(session: Session, who: Caller, job: ProcessingJob) -> dict[str, Any]:
    """The files that a finished export job made, for its ``result``."""
    query = select(Export).where(Export.project_id == job.project_id, Export.job_id == job.id)
    export = session.scalar(query)
    if export is None:
        return {}
    shown = export_view(who, export, job)
    files = [r.model_dump(mode="json", by_alias=True) for r in shown.renditions]
    return {"exportId": export.id, "renditions": files, "posterUrl": shown.poster_url}


def _rendition(who: Caller, entry: dict[str, Any]) -> Rendition:
    return Rendition(
        format=entry["format"],
        aspect_ratio=entry["aspectRatio"],
        url=who.media(entry.get("key")),
        width=entry.get("width"),
        height=entry.get("height"),
        duration=entry.get("duration"),
        bytes=entry.get("bytes"),
    )
