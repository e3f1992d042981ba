"""Stitch the selected takes and lay the song under them."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline import timebase
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.final.selected_take import NothingSelected, final_media
from musicapp_pipeline.defs.lips.lip_synced_clip import wanted as wants_lips
from musicapp_pipeline.defs.making import need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import LIP_SYNCED_CLIP, SELECTED_TAKE
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.store import artifacts, projects, scenes, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.media import sha256_file

COLUMNS = 6
"""Pictures side by side on a contact sheet, at most."""


class CutIsWrong(MusicAppError):
    """The stitched video is not what the plan says; it is not kept."""

    code = "cut_is_wrong"


def cut_list(session: Session, project_id: str) -> list[dict[str, Any]]:
    """The selected media in the order they are shown.

    Raises:
        NothingSelected: naming the scenes without a usable take.
    """
    rows: list[dict[str, Any]] = []
    missing = []
    for scene in scenes.of_project(session, project_id):
        chosen = scene.selected_version_id
        version = takes.get(session, chosen) if chosen else None
        media = final_media(version) if version else None
        if version is None or media is None or version.mezzanine is None:
            missing.append(f"{scene.order} ({scene.id})")
            continue
        rows.append(
            {
                "scene": scene.id,
                "media": media,
                "first": version.mezzanine["head"],
                "frames": scene.frames,
                "performance": scene.scene_type == "performance",
            }
        )
    if missing or not rows:
        raise NothingSelected(
            f"no take is selected for scene {', '.join(missing) or '(there are no scenes)'}",
            field="scenes",
            value=missing,
            allowed="one selected take for every scene",
        )
    return rows


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    try:
        rows: Any = cut_list(session, key)
    except NothingSelected as error:
        rows = error.value
    project = projects.get(session, key)
    return {"song": version_of(session, "song", key), "cut": rows, "title": project.title}


def prepare(task: Task) -> None:
    """The lip-sync that selected takes still need, and the record of each choice."""
    with task.bench.database.read() as session:
        rows = scenes.of_project(session, task.key)
        chosen = [
            (scene, takes.get(session, scene.selected_version_id))
            for scene in rows
            if scene.selected_version_id
        ]
    for number, (scene, version) in enumerate(chosen):
        task.check_cancelled()
        task.report(0.6 * number / len(chosen), f"scene {scene.order}: making it ready")
        if wants_lips(scene):
            task.ensure(LIP_SYNCED_CLIP, version.key)
        task.ensure(SELECTED_TAKE, scene.key)


def make(task: Task) -> Made:
    """Stream-copy stitch, checked frame by frame and against the song."""
    from musicapp_pipeline.assembly.model import Segment
    from musicapp_pipeline.assembly.stitch import stitch
    from musicapp_pipeline.assembly.verify import verify_final

    bench = task.bench
    with bench.database.read() as session:
        rows = cut_list(session, task.key)
        shown = {s.id: s.selected_version_id for s in scenes.of_project(session, task.key)}
        song = need(session, "song", task.key)
        project = projects.get(session, task.key)
        print_ = artifacts.fingerprint(inputs(session, bench, task.key))
    fps = projects.fps_of(project)
    wanted = timebase.frame_at(float(song.details["seconds"]), fps)
    base = f"projects/{task.key}/final/{print_}"
    segments = [Segment(bench.media.fetch(r["media"]), r["first"], r["frames"]) for r in rows]
    task.report(0.65, f"stitching {len(segments)} scenes")
    delivery = bench.media.fetch(song.details["delivery"])
    with bench.media.writing(f"{base}.mp4") as path:
        stitch(segments, delivery, path, fps, tags={"title": project.title})
        task.report(0.75, "checking every frame")
        assert song.media_key is not None
        report = verify_final(path, wanted, fps, bench.media.fetch(song.media_key))
        if report.problems:
            raise CutIsWrong(
                f"the stitched video is not right: {'; '.join(report.problems)}",
                field="final_cut",
                value=list(report.problems),
            )
    task.report(0.95, "drawing the contact sheet")
    pictures = _pictures(task, base, rows)
    video = bench.media.fetch(f"{base}.mp4")
    facts = {
        "frames": report.frames,
        "fps": str(fps),
        "seconds": float(report.frames / fps),
        "scenes": len(rows),
        "audio_offset_ms": float(report.audio_offset_ms),
        "bytes": video.stat().st_size,
    }
    return Made(
        data_version=sha256_file(video)[:24],
        media_key=f"{base}.mp4",
        details={
            **facts,
            "takes": shown,
            "poster": pictures["poster"],
            "pictures": pictures,
            "shown": facts,
        },
    )


def _pictures(task: Task, base: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    from musicapp_pipeline.assembly.poster import poster
    from musicapp_pipeline.media.pictures import contact_sheet

    media = task.bench.media
    video = media.fetch(f"{base}.mp4")
    middles, at = [], 0
    for row in rows:
        middles.append(at + row["frames"] // 2)
        at += row["frames"]
    faces = [m for m, row in zip(middles, rows, strict=True) if row["performance"]]
    with media.writing(f"{base}-poster.jpg") as path:
        poster(video, path, candidates=faces or middles)
    shown = middles[: COLUMNS * 8]
    lines = -(-len(shown) // COLUMNS)
    columns = -(-len(shown) // lines)  # few pictures are large, and no line is nearly empty
    with media.writing(f"{base}-contact.png") as path:
        contact_sheet(video, path, columns=columns, rows=lines, width=960, frames=shown)
    return {"poster": f"{base}-poster.jpg", "contact_sheet": f"{base}-contact.png"}
