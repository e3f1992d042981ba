"""Move the mouth of a performance take with the words."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import LYRIC_ALIGNMENT
from musicapp_pipeline.lipsync.errors import LipSyncError
from musicapp_pipeline.lipsync.model import Phoneme
from musicapp_pipeline.progress import part
from musicapp_pipeline.store import artifacts, projects, scenes, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Artifact, Scene

METHOD = "post_process"


def wanted(scene: Scene) -> bool:
    """Does this scene's selected take need lip-sync?"""
    return scene.scene_type == "performance" and scene.lip_sync_enabled


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    project_id, scene_id, _ = key.split("/")
    scene = scenes.get(session, scene_id, project_id=project_id)
    return {
        "mezzanine": version_of(session, "mezzanine", key),
        "alignment": version_of(session, "lyric_alignment", scene.key),
        "wanted": wanted(scene),
    }


def prepare(task: Task) -> None:
    """Words first, where lips are wanted at all."""
    with task.bench.database.read() as session:
        scene = scenes.get(session, task.scene_id, project_id=task.project_id)
    if wanted(scene):
        task.ensure(LYRIC_ALIGNMENT, scene.key)


def make(task: Task) -> Made:
    """One encode, on the mezzanine with its handles; no usable mouth is a result, not a failure."""
    bench = task.bench
    with bench.database.read() as session:
        scene = scenes.get(session, task.scene_id, project_id=task.project_id)
        mezzanine = need(session, "mezzanine", task.key)
        print_ = artifacts.fingerprint(inputs(session, bench, task.key))
        if not wanted(scene):
            return _record(task, print_, None, "lip-sync is off for this scene", {})
        alignment = need(session, "lyric_alignment", scene.key)
        fps = projects.fps_of(projects.get(session, task.project_id))
    head = int(mezzanine.details["head"])
    phones = phones_of(alignment, float((scene.start_frame - head) / fps))
    if not phones:
        return _record(task, print_, None, "no words are sung in this scene", {})
    key = f"projects/{task.key}/lipsync-{print_}.mp4"
    try:
        facts = _morph(task, mezzanine, phones, key)
    except LipSyncError as error:
        return _record(task, print_, None, error.message, {"code": error.code})
    return _record(task, print_, key, "", facts)


def phones_of(alignment: Artifact, start: float) -> list[Phoneme]:
    """The scene's phones, in seconds from the mezzanine's first frame."""
    return [
        Phoneme(phoneme=p["phoneme"], start=p["start"] - start, end=p["end"] - start)
        for p in alignment.details["phonemes"]
        if p["end"] > start
    ]


def _morph(task: Task, mezzanine: Artifact, phones: list[Phoneme], key: str) -> dict[str, Any]:
    from musicapp_pipeline.lipsync.process import lip_sync_clip

    assert mezzanine.media_key is not None
    head, frames = int(mezzanine.details["head"]), int(mezzanine.details["frames"])
    media = task.bench.media
    with media.writing(key) as path:
        report = lip_sync_clip(
            media.fetch(mezzanine.media_key),
            None,
            phones,
            path,
            force_keyframes=(head, head + frames),
            on_progress=part(task.report, 0.0, 0.95),
            cancelled=task.cancelled,
        )
    return dict(report.facts())


def _record(task: Task, print_: str, key: str | None, reason: str, facts: dict[str, Any]) -> Made:
    told = {"applied": key is not None, "reason": reason, "method": METHOD if key else None}
    with task.bench.database.write() as session:
        version = takes.by_key(session, task.key)
        assert version is not None
        version.lip_sync = {**told, "key": key, "fingerprint": print_}
        scene = scenes.get(session, task.scene_id)
        if key is not None:
            scene.lip_sync_method = METHOD
        visibility = facts.get("mouth_visibility")
        if visibility is not None:
            version.auto_scores = {**version.auto_scores, "mouthVisibility": visibility}
            if version.mouth_visibility_score is None:
                version.mouth_visibility_score = visibility
            if version.is_selected:
                scene.mouth_visibility_score = visibility
        version.revision += 1
        takes.tell(session, version)
    return Made(
        data_version=print_ if key else f"none-{print_}"[:24],
        media_key=key,
        details={**told, "shown": {**told, **facts}},
    )
