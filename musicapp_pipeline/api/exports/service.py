"""What happens to exports."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import InTheWay
from musicapp_pipeline.api.exports.schemas import ExportCreate, Exporting, ExportRead
from musicapp_pipeline.api.exports.views import export_view
from musicapp_pipeline.api.jobs import service as jobs_service
from musicapp_pipeline.api.jobs.queries import open_jobs
from musicapp_pipeline.api.kit.paging import Page
from musicapp_pipeline.api.projects.freshness import Standing, is_stale, standing_of
from musicapp_pipeline.api.scenes.queries import versions_of
from musicapp_pipeline.store import ids, jobs, projects, scenes, takes
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import Export, ProcessingJob, Project, Scene, SceneVersion


def queue(
    session: Session, context: AppContext, who: Caller, project: Project, body: ExportCreate
) -> Exporting:
    """Queue an export. The same export of the same takes asked for again while it is open is
    joined.

    Raises:
        InTheWay: scenes without a selected take; names them.
    """
    rows = scenes.of_project(session, project.id)
    chosen = _select_best(session, rows) if body.auto_select else []
    _check_selected(rows, auto=body.auto_select)
    options = _options(project, body)
    shown = {scene.id: scene.selected_version_id for scene in rows}
    for job in open_jobs(session, project.id, "stitch_final"):
        export = _of_job(session, job)
        same = job.payload.get("takes", shown) == shown and not job.cancel_requested
        if export is not None and export.options == options and same:
            return _answer(session, context, who, job, export, [])
    job = jobs.create(session, project.id, "stitch_final")
    export = Export(id=ids.new_id("x"), project_id=project.id, job_id=job.id, options=options)
    session.add(export)
    job.payload = {"exportId": export.id, "takes": shown}
    session.flush()
    return _answer(session, context, who, job, export, chosen)


def page_of_exports(
    session: Session, project_id: str, page: Page
) -> list[tuple[Export, ProcessingJob | None]]:
    """A project's exports, newest first, with their jobs."""
    query = (
        select(Export, ProcessingJob)
        .outerjoin(ProcessingJob, ProcessingJob.id == Export.job_id)
        .where(Export.project_id == project_id)
        .order_by(Export.created_at.desc(), Export.id.desc())
        .limit(page.limit)
    )
    if page.after is not None:
        at, id_ = page.after
        older = and_(Export.created_at == at, Export.id < id_)
        query = query.where(or_(Export.created_at < at, older))
    return [(export, job) for export, job in session.execute(query)]


def read_all(
    session: Session,
    who: Caller,
    project_id: str,
    rows: Sequence[tuple[Export, ProcessingJob | None]],
) -> list[ExportRead]:
    """Exports as they are shown."""
    standing = standing_of(session, [project_id]).get(project_id, Standing())
    lyrics = projects.storyboard(session, project_id).lyrics_data
    return [
        export_view(who, export, job, stale=is_stale(export, standing, lyrics))
        for export, job in rows
    ]


def get(session: Session, project_id: str, export_id: str) -> tuple[Export, ProcessingJob | None]:
    """One export of a project.

    Raises:
        NotFound
    """
    export = session.get(Export, export_id)
    if export is None or export.project_id != project_id:
        raise NotFound("export", export_id)
    return export, session.get(ProcessingJob, export.job_id) if export.job_id else None


def best_take(versions: Sequence[SceneVersion]) -> SceneVersion | None:
    """The completed take that people, then measurements, like most; of equals the newest."""
    done = [v for v in versions if v.status == "completed"]
    return max(
        done, key=lambda v: (v.user_score or 0.0, v.quality_score or 0.0, v.take), default=None
    )


def _select_best(session: Session, rows: Sequence[Scene]) -> list[str]:
    unselected = [scene for scene in rows if scene.selected_version_id is None]
    versions = versions_of(session, [scene.id for scene in unselected])
    chosen = []
    for scene in unselected:
        best = best_take(versions.get(scene.id, []))
        if best is not None:
            takes.select_version(session, scene, best)
            chosen.append(best.id)
    return chosen


def _check_selected(rows: Sequence[Scene], *, auto: bool) -> None:
    if not rows:
        raise InTheWay(
            "there are no scenes to export; generate the storyboard first", field="scenes"
        )
    missing = [scene for scene in rows if scene.selected_version_id is None]
    if missing:
        numbers = ", ".join(str(s.order) for s in missing)
        todo = "generate them" if auto else "select one for each, or send autoSelect"
        raise InTheWay(
            f"no take is selected for scene {numbers}; {todo}",
            field="scenes",
            value=len(missing),
            errors=[
                {
                    "field": "sceneId",
                    "message": f"scene {s.order} has no "
                    + ("completed take" if auto else "selected take"),
                    "value": s.id,
                }
                for s in missing
            ],
        )


def _options(project: Project, body: ExportCreate) -> dict[str, Any]:
    own = "vertical" if project.format == "portrait" else "landscape"
    return {
        "formats": list(dict.fromkeys(body.formats)),
        "aspectRatios": list(dict.fromkeys(body.aspect_ratios or ())) or [own],
        "includeSubtitles": body.include_subtitles,
    }


def _of_job(session: Session, job: ProcessingJob) -> Export | None:
    query = select(Export).where(Export.project_id == job.project_id, Export.job_id == job.id)
    return session.scalar(query)


def _answer(
    session: Session,
    context: AppContext,
    who: Caller,
    job: ProcessingJob,
    export: Export,
    chosen: list[str],
) -> Exporting:
    return Exporting(
        job_id=job.id,
        job=jobs_service.read(session, context, who, job),
        export=export_view(who, export, job),
        auto_selected_version_ids=chosen,
    )
