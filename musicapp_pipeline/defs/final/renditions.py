"""Output files of exports: format by aspect ratio.

Exports may be asked for while another one is made, and again when nothing has changed. So a run
gives every export that waits its files, and the asset tells of the newest one's.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import digest, need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.progress import OnProgress, part
from musicapp_pipeline.store import artifacts, jobs, projects
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Artifact, Export, ProcessingJob

DEFAULTS = {"formats": ["mp4"], "aspectRatios": ["project"], "includeSubtitles": False}


def latest_export(session: Session, project_id: str) -> Export | None:
    """The export that was asked for last."""
    return session.scalar(
        select(Export).where(Export.project_id == project_id).order_by(Export.created_at.desc())
    )


def options_of(export: Export | None) -> dict[str, Any]:
    """What an export asks for."""
    return {**DEFAULTS, **(export.options if export else {})}


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    return inputs_of(session, key, options_of(latest_export(session, key)))


def inputs_of(session: Session, project_id: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the files of some options follow from."""
    lyrics = projects.storyboard(session, project_id).lyrics_data
    return {
        "final_cut": version_of(session, "final_cut", project_id),
        "options": options,
        "lyrics": lyrics if options["includeSubtitles"] else None,
    }


def prepare(task: Task) -> None:
    """The files of every export that waits for them."""
    with task.bench.database.read() as session:
        waiting = _waiting(session, task.key)
        if artifacts.get(session, "final_cut", task.key) is None:
            return  # making says that it is missing
    for number, export_id in enumerate(waiting):
        report = part(task.report, number / len(waiting), (number + 1) / len(waiting))
        _fill(task, export_id, report)


def make(task: Task) -> Made:
    """The landscape MP4 is the final cut itself; the others are encoded from it."""
    with task.bench.database.read() as session:
        final = need(session, "final_cut", task.key)
        export = latest_export(session, task.key)
    options = options_of(export)
    if export is not None:
        files = _fill(task, export.id, task.report)
    else:
        files, _ = _files(task, options, task.report)
    return Made(
        data_version=digest([final.data_version, options]),
        media_key=files[0]["key"],
        details={
            "renditions": files,
            "pictures": {"poster": final.details["poster"]},
            "shown": {"renditions": files},
        },
    )


def _waiting(session: Session, project_id: str) -> list[str]:
    """Exports without files that somebody still waits for, oldest first."""
    query = (
        select(Export.id, Export.renditions)
        .join(ProcessingJob, ProcessingJob.id == Export.job_id)
        .where(Export.project_id == project_id, ProcessingJob.status.in_(jobs.OPEN))
        .order_by(Export.created_at)
    )
    return [id_ for id_, files in session.execute(query) if not files]


def _fill(task: Task, export_id: str, report: OnProgress) -> list[dict[str, Any]]:
    """Make an export's files and note them in its row."""
    with task.bench.database.read() as session:
        export = session.get(Export, export_id)
        assert export is not None, f"exports are never deleted, yet {export_id} is gone"
    files, print_ = _files(task, options_of(export), report)
    with task.bench.database.write() as session:
        final = need(session, "final_cut", task.key)
        row = session.get(Export, export_id)
        assert row is not None
        row.renditions, row.fingerprint = files, print_
        row.poster_key = final.details["poster"]
        _say_what_changed(session, row, final)
    return files


def _say_what_changed(session: Session, export: Export, final: Artifact) -> None:
    """The cut is of the takes that were selected when it was made, not when it was asked for."""
    job = session.get(ProcessingJob, export.job_id) if export.job_id else None
    asked, shown = (job.payload.get("takes") if job else None), final.details.get("takes")
    if job is None or asked is None or shown is None:
        return
    changed = [id_ for id_, version in shown.items() if asked.get(id_) != version]
    if changed or (job.result or {}).get("changedSceneIds"):
        job.result = {**(job.result or {}), "changedSceneIds": changed}


def _files(
    task: Task, options: dict[str, Any], report: OnProgress
) -> tuple[list[dict[str, Any]], str]:
    """Files of some options and the fingerprint of what they were made from; those that are there
    already are not made again."""
    with task.bench.database.read() as session:
        final = need(session, "final_cut", task.key)
        project = projects.get(session, task.key)
        lines = projects.storyboard(session, task.key).lyrics_data
        print_ = artifacts.fingerprint(inputs_of(session, task.key, options))
    return _render(task, final, options, lines, print_, project.format, report), print_


def _render(
    task: Task,
    final: Artifact,
    options: dict[str, Any],
    lines: list[dict[str, Any]],
    print_: str,
    native: str,
    report: OnProgress,
) -> list[dict[str, Any]]:
    from musicapp_pipeline.assembly.renditions import (
        RenditionSpec,
        render_rendition,
        subtitles_for,
    )
    from musicapp_pipeline.media.probe import probe

    media = task.bench.media
    assert final.media_key is not None
    source = media.fetch(final.media_key)
    wanted = [
        (fmt, native if ratio in ("project", _plain(native)) else ratio)
        for fmt in options["formats"]
        for ratio in options["aspectRatios"]
    ]
    captions = subtitles_for(lines) if options["includeSubtitles"] else None
    out = []
    for index, (fmt, ratio) in enumerate(dict.fromkeys(wanted)):
        task.check_cancelled()
        one = part(report, index / len(wanted), (index + 1) / len(wanted))
        key = final.media_key
        if fmt != "mp4" or ratio != native or captions:
            key = f"projects/{task.key}/renditions/{print_}-{ratio}.{fmt}"
            spec = RenditionSpec(format=fmt, aspect_ratio=ratio, captions=captions)
            if not media.exists(key):
                with media.writing(key) as path:
                    render_rendition(source, path, spec, on_progress=one, cancelled=task.cancelled)
        path = media.fetch(key)
        info = probe(path)
        assert info.video is not None
        out.append(
            {
                "format": fmt,
                "aspectRatio": ratio,
                "key": key,
                "width": info.video.width,
                "height": info.video.height,
                "duration": float(final.details["seconds"]),
                "bytes": path.stat().st_size,
            }
        )
    return out


def _plain(native: str) -> str:
    return "vertical" if native == "portrait" else native
