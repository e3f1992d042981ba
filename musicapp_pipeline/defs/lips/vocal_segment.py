"""The voice of a scene."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.lips.window import Window, window_of
from musicapp_pipeline.defs.making import need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.store import artifacts, projects, scenes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.media import sha256_file


def window_in(session: Session, key: str) -> Window:
    project_id, scene_id = key.split("/")
    board = projects.storyboard(session, project_id)
    project = projects.get(session, project_id)
    scene = scenes.get(session, scene_id, project_id=project_id)
    return window_of(scene, board.lyrics_data, project.duration or scene.end_time)


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    window = window_in(session, key)
    project = projects.get(session, key.split("/")[0])
    return {
        "song": version_of(session, "song", project.id),
        "stem": project.vocal_stem_key,
        "from": round(window.start, 4),
        "to": round(window.end, 4),
    }


def make(task: Task) -> Made:
    """The scene's voice as a mono WAV."""
    from musicapp_pipeline.lipsync.vocals import vocal_segment

    bench = task.bench
    with bench.database.read() as session:
        song = need(session, "song", task.project_id)
        project = projects.get(session, task.project_id)
        window = window_in(session, task.key)
        print_ = artifacts.fingerprint(inputs(session, bench, task.key))
    assert song.media_key is not None
    stem = bench.media.fetch(project.vocal_stem_key) if project.vocal_stem_key else None
    key = f"projects/{task.key}/voice-{print_}.wav"
    with bench.media.writing(key) as path:
        found = vocal_segment(
            bench.media.fetch(song.media_key), window.start, window.end, path, stem=stem
        )
    with bench.database.write() as session:
        scenes.get(session, task.scene_id).vocal_segment_asset_id = key
    facts = {"start": window.start, "method": found.method, "silent": bool(found.silent)}
    shown = {**facts, "seconds": found.seconds, "rms_dbfs": float(found.rms_dbfs)}
    version = sha256_file(bench.media.fetch(key))[:24]
    return Made(version, media_key=key, details={**facts, "shown": shown})
