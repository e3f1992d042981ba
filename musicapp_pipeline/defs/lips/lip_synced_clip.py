"""Move the mouth of a performance take with the words."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import LYRIC_ALIGNMENT
from musicapp_pipeline.lipsync.errors import LipSyncError
from musicapp_pipeline.lipsync.model import MouthBox, Phoneme
from musicapp_pipeline.progress import part
from musicapp_pipeline.store import artifacts, projects, scenes, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Artifact, LipSyncEdit, Scene

METHOD = "post_process"


def wanted(scene: Scene) -> bool:
    """Does this scene's selected take need lip-sync?"""
    return scene.scene_type == "performance" and scene.lip_sync_enabled


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    project_id, scene_id, _ = key.split("/")
    scene = scenes.get(session, scene_id, project_id=project_id)
    by_hand = nudges(session, key)
    return {
        **({"by_hand": by_hand} if by_hand else {}),
        "mezzanine": version_of(session, "mezzanine", key),
        "alignment": version_of(session, "lyric_alignment", scene.key),
        "wanted": wanted(scene),
    }


def nudges(session: Session, key: str) -> dict[str, Any]:
    """What a person said of this take's mouth; empty when nothing."""
    version = takes.by_key(session, key)
    edit = session.get(LipSyncEdit, version.id) if version is not None else None
    if edit is None:
        return {}
    said = {
        "offset_ms": edit.offset_ms,
        "mouth_box": edit.mouth_box,
        "phonemes": edit.phonemes,
    }
    return {name: value for name, value in said.items() if value}


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
        by_hand = nudges(session, task.key)
        fps = projects.fps_of(projects.get(session, task.project_id))
    head = int(mezzanine.details["head"])
    said = by_hand.get("phonemes") or alignment.details["phonemes"]
    phones = phones_of(said, float((scene.start_frame - head) / fps))
    if not phones:
        return _record(task, print_, None, "no words are sung in this scene", {})
    key = f"projects/{task.key}/lipsync-{print_}.mp4"
    try:
        facts = _morph(task, mezzanine, phones, key, by_hand)
    except LipSyncError as error:
        return _record(task, print_, None, error.message, {"code": error.code})
    return _record(task, print_, key, "", facts)


def phones_of(said: Sequence[Mapping[str, Any]], start: float) -> list[Phoneme]:
    """Phones in seconds of the song, as seconds from the mezzanine's first frame."""
    return [
        Phoneme(phoneme=p["phoneme"], start=p["start"] - start, end=p["end"] - start)
        for p in said
        if p["end"] > start
    ]


def _morph(
    task: Task, mezzanine: Artifact, phones: list[Phoneme], key: str, by_hand: Mapping[str, Any]
) -> dict[str, Any]:
    from musicapp_pipeline.lipsync.process import lip_sync_clip

    assert mezzanine.media_key is not None
    head, frames = int(mezzanine.details["head"]), int(mezzanine.details["frames"])
    media = task.bench.media
    box = by_hand.get("mouth_box")
    with media.writing(key) as path:
        report = lip_sync_clip(
            media.fetch(mezzanine.media_key),
            None,
            phones,
            path,
            offset_ms=float(by_hand.get("offset_ms", 0)),
            mouth_box=MouthBox.model_validate(box) if box else None,
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
