"""A scene with all that hangs on it at another place of the song."""

from fractions import Fraction

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.storyboard.scene_plan import plan_of
from musicapp_pipeline.store import scenes, takes
from musicapp_pipeline.store.models import LipSyncEdit, Scene
from musicapp_pipeline.storyboard.moving import Carried, Clips
from musicapp_pipeline.timebase import whole_frames


def clips_of(session: Session, scene: Scene, fps: Fraction) -> Clips:
    """What all takes that count can show before and from their in-point."""
    able = [v for v in takes.of_scene(session, scene.id) if v.status not in ("failed", "cancelled")]
    return Clips(
        before=min((v.in_point for v in able), default=0),
        after=min((whole_frames(v.seconds, fps) - v.in_point for v in able), default=scene.frames),
    )


def place(session: Session, bench: Workbench, scene: Scene, place: Carried, seconds: float) -> None:
    """Put a scene there. Takes made from its plan still are; those of another length are conformed
    anew, and phones that a person wrote move with the music."""
    there = (place.start_frame, place.end_frame, place.start_time, place.end_time)
    if there == (scene.start_frame, scene.end_frame, scene.start_time, scene.end_time):
        return
    before = plan_of(session, bench, scene.key).fingerprint
    recut = place.head != 0 or place.end_frame - place.start_frame != scene.frames
    scene.start_frame, scene.end_frame, scene.start_time, scene.end_time = there
    session.flush()
    after = plan_of(session, bench, scene.key).fingerprint
    for version in takes.of_scene(session, scene.id):
        if version.plan_fingerprint == before:
            version.plan_fingerprint = after
        version.in_point = max(0, version.in_point + place.head)
        if recut:
            version.mezzanine = version.lip_sync = None
        said = session.get(LipSyncEdit, version.id)
        if said is not None and said.phonemes:
            said.phonemes = [
                {**p, "start": max(0.0, p["start"] + seconds), "end": max(0.0, p["end"] + seconds)}
                for p in said.phonemes
            ]
        version.revision += 1
        takes.tell(session, version)
    scene.vocal_segment_asset_id = None
    scene.revision += 1
    scenes.tell(session, scene)


def unconformed(session: Session, rows: list[Scene]) -> list[str]:
    """Keys of finished takes that have to be cut to their scene's present frames."""
    return [
        version.key
        for scene in rows
        for version in takes.of_scene(session, scene.id)
        if version.status == "completed" and version.clip_key and version.mezzanine is None
    ]
