"""Output files of an export: format by aspect ratio."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import digest, need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.progress import part
from musicapp_pipeline.store import artifacts, projects
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Artifact, Export

DEFAULTS = {"formats": ["mp4"], "aspectRatios": ["project"], "includeSubtitles": False}


def latest_export(session: Session, project_id: str) -> Export | None:
    """The export that was asked for last."""
    return session.scalar(
        select(Export).where(Export.project_id == project_id).order_by(Export.created_at.desc())
    )


def options_of(session: Session, project_id: str) -> dict[str, Any]:
    """What the newest export asks for."""
    export = latest_export(session, project_id)
    return {**DEFAULTS, **(export.options if export else {})}


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    options = options_of(session, key)
    lyrics = projects.storyboard(session, key).lyrics_data
    return {
        "final_cut": version_of(session, "final_cut", key),
        "options": options,
        "lyrics": lyrics if options["includeSubtitles"] else None,
    }


def make(task: Task) -> Made:
    """The landscape MP4 is the final cut itself; the others are encoded from it."""
    bench = task.bench
    with bench.database.read() as session:
        final = need(session, "final_cut", task.key)
        options = options_of(session, task.key)
        project = projects.get(session, task.key)
        lines = projects.storyboard(session, task.key).lyrics_data
        print_ = artifacts.fingerprint(inputs(session, bench, task.key))
    files = _render(task, final, options, lines, print_, project.format)
    with bench.database.write() as session:
        export = latest_export(session, task.key)
        if export is not None:
            export.renditions = files
            export.poster_key = final.details["poster"]
            export.fingerprint = print_
    return Made(
        data_version=digest([final.data_version, options]),
        media_key=files[0]["key"],
        details={
            "renditions": files,
            "pictures": {"poster": final.details["poster"]},
            "shown": {"renditions": files},
        },
    )


def _render(
    task: Task,
    final: Artifact,
    options: dict[str, Any],
    lines: list[dict[str, Any]],
    print_: str,
    native: str,
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
        report = part(task.report, index / len(wanted), (index + 1) / len(wanted))
        key = final.media_key
        if fmt != "mp4" or ratio != native or captions:
            key = f"projects/{task.key}/renditions/{print_}-{ratio}.{fmt}"
            spec = RenditionSpec(format=fmt, aspect_ratio=ratio, captions=captions)
            with media.writing(key) as path:
                render_rendition(source, path, spec, on_progress=report, cancelled=task.cancelled)
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
