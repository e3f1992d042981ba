"""The voice of a scene, and when its words and phones are sung."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.lips.window import Window, window_of
from musicapp_pipeline.defs.stage import Stage, Task, digest, need, version_of
from musicapp_pipeline.store import artifacts, projects, scenes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.media import sha256_file


def _window(session: Session, key: str) -> Window:
    project_id, scene_id = key.split("/")
    board = projects.storyboard(session, project_id)
    project = projects.get(session, project_id)
    scene = scenes.get(session, scene_id, project_id=project_id)
    return window_of(scene, board.lyrics_data, project.duration or scene.end_time)


def segment_inputs(session: Session, bench: Workbench, key: str) -> Any:
    window = _window(session, key)
    project = projects.get(session, key.split("/")[0])
    return {
        "song": version_of(session, "song", project.id),
        "stem": project.vocal_stem_key,
        "from": round(window.start, 4),
        "to": round(window.end, 4),
    }


def make_segment(task: Task) -> Made:
    """The scene's voice as a mono WAV."""
    from musicapp_pipeline.lipsync.vocals import vocal_segment

    bench = task.bench
    with bench.database.read() as session:
        song = need(session, "song", task.project_id)
        project = projects.get(session, task.project_id)
        window = _window(session, task.key)
        print_ = artifacts.fingerprint(segment_inputs(session, bench, task.key))
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


VOCAL_SEGMENT = Stage(
    name="vocal_segment",
    level="scene",
    deps=("song", "storyboard"),
    group="lips",
    kinds=frozenset({"python", "audio"}),
    description="The voice of the scene, with the whole lines it touches: a supplied stem, else"
    " centre extraction for stereo, else harmonic separation.",
    version="1",
    inputs=segment_inputs,
    make=make_segment,
)


def alignment_inputs(session: Session, bench: Workbench, key: str) -> Any:
    return {
        "voice": version_of(session, "vocal_segment", key),
        "lyrics": _window(session, key).lyrics,
    }


def hear_voice(task: Task) -> None:
    """The voice is cheap and always wanted with its words."""
    task.ensure(VOCAL_SEGMENT, task.key)


def make_alignment(task: Task) -> Made:
    """Words and phones in seconds of the song."""
    from musicapp_pipeline.lipsync.align import align

    bench = task.bench
    with bench.database.read() as session:
        voice = need(session, "vocal_segment", task.key)
        window = _window(session, task.key)
    assert voice.media_key is not None
    path = bench.media.fetch(voice.media_key)
    found = align(path, window.lyrics, stem=path)
    offset = float(voice.details["start"])
    words = [{**w.model_dump(), **_shift(w, offset)} for w in found.words]
    phones = [{**p.model_dump(), **_shift(p, offset)} for p in found.phonemes]
    sure = [w.confidence for w in found.words]
    return Made(
        data_version=digest([words, phones]),
        details={
            "words": words,
            "phonemes": phones,
            "shown": {
                "lyrics": window.lyrics,
                "words": len(words),
                "phonemes": len(phones),
                "mean_confidence": sum(sure) / len(sure) if sure else 0.0,
                "method": found.method,
                "notes": list(found.notes),
            },
        },
    )


def _shift(item: Any, offset: float) -> dict[str, float]:
    return {"start": round(item.start + offset, 4), "end": round(item.end + offset, 4)}


LYRIC_ALIGNMENT = Stage(
    name="lyric_alignment",
    level="scene",
    deps=("vocal_segment", "storyboard"),
    group="lips",
    kinds=frozenset({"python", "pocketsphinx"}),
    description="When each word and phone of the scene is sung, in seconds of the song.",
    version="1",
    inputs=alignment_inputs,
    make=make_alignment,
    prepare=hear_voice,
)
