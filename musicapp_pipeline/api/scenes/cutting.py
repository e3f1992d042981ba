"""Moving cuts: reorder, split and merge, without losing what was paid for."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import InTheWay, Invalid
from musicapp_pipeline.api.scenes.following import follow_song
from musicapp_pipeline.api.scenes.joining import clash_of, said_of_both
from musicapp_pipeline.api.scenes.pictures import show_something_else
from musicapp_pipeline.api.scenes.plans import plan_now
from musicapp_pipeline.api.scenes.queries import count_ever
from musicapp_pipeline.api.storyboard.heard import analysis_of
from musicapp_pipeline.store import events, ids, projects, scenes, takes
from musicapp_pipeline.store.models import LipSyncEdit, Project, Scene, SceneVersion
from musicapp_pipeline.storyboard.clips import clip_seconds_for
from musicapp_pipeline.storyboard.edits import merge_scenes, split_scene
from musicapp_pipeline.storyboard.lyrics import parted
from musicapp_pipeline.storyboard.model import Interval, PlannerOptions
from musicapp_pipeline.timebase import whole_frames

OF_THE_SLOT = (
    "order",
    "start_time",
    "end_time",
    "start_frame",
    "end_frame",
    "section",
    "section_type",
    "lyrics",
    "energy",
    "why",
)
"""What belongs to the interval of the song; the rest of a scene moves with it."""
DOUBTFUL = ("unknown", "stuck")
"""Takes that wait for a person's word."""


def planner_options(context: AppContext, project: Project) -> PlannerOptions:
    """What bounds this project's cuts."""
    capabilities = context.capabilities(project.sora_model)
    durations = capabilities.durations if capabilities else (4, 8, 12)
    return PlannerOptions(
        fps=projects.fps_of(project),
        clip_seconds=project.clip_seconds,
        performance_density=project.performance_density,
        durations=durations,
        seed=project.seed,
    )


def reorder(
    session: Session, context: AppContext, project: Project, wanted: Sequence[str]
) -> list[Scene]:
    """Show the scenes in another order. Intervals stay where they are; what is shown in them moves.

    Raises:
        Invalid: not exactly the project's scenes.
        InTheWay: a take would be too short for its new interval.
    """
    present = scenes.of_project(session, project.id)
    by_id = {scene.id: scene for scene in present}
    if sorted(wanted) != sorted(by_id):
        missing = [s for s in by_id if s not in wanted]
        strange = [s for s in wanted if s not in by_id]
        raise Invalid(
            f"sceneIds must name each of the {len(by_id)} scenes once"
            f" (missing: {', '.join(missing) or 'none'}; unknown: {', '.join(strange) or 'none'})",
            field="sceneIds",
            value=len(wanted),
            allowed=f"the {len(by_id)} scene ids of this project",
        )
    options = planner_options(context, project)
    slots = [{name: getattr(scene, name) for name in OF_THE_SLOT} for scene in present]
    said = [scenes.SETTABLE.intersection(OF_THE_SLOT, scene.edited) for scene in present]
    moved = [
        (by_id[scene_id], slot, words)
        for scene_id, slot, words in zip(wanted, slots, said, strict=True)
        if by_id[scene_id].order != slot["order"]
    ]
    _check_lengths(
        session, project, [(s, slot["end_frame"] - slot["start_frame"]) for s, slot, _ in moved]
    )
    for scene, slot, words in moved:
        resized = scene.frames != slot["end_frame"] - slot["start_frame"]
        for name, value in slot.items():
            setattr(scene, name, value)
        # What is shown here is a person's wish now; words and section stay with the interval.
        scene.edited = sorted(scenes.SETTABLE.difference(OF_THE_SLOT) | words)
        scene.clip_seconds = clip_seconds_for(scene.frames, options)
        _unmake(session, scene, mezzanines=resized)
        scene.revision += 1
        scenes.tell(session, scene)
    session.flush()
    return scenes.of_project(session, project.id)


def split(
    session: Session, context: AppContext, project: Project, scene: Scene, at: float | None
) -> tuple[Scene, Scene]:
    """Two scenes for one, cut on a beat; finished takes serve both from different in-points.

    Raises:
        BadCut, Invalid, InTheWay
    """
    if at is not None and not scene.start_time < at < scene.end_time:
        raise Invalid(
            f"at {at:g} s is not inside the scene ({scene.start_time:g} to {scene.end_time:g} s)",
            field="at",
            value=at,
            allowed=f"more than {scene.start_time:g} and less than {scene.end_time:g}",
        )
    _check_idle(session, scene)
    made_for = plan_now(session, context, project, scene).fingerprint
    analysis = _analysis(session, project)
    left, right = split_scene(scene, analysis, planner_options(context, project), at)
    second = _second_half(session, project, scene, right)
    if "lyrics" in scene.edited:  # follow_song leaves a person's words alone
        times = scene.start_time, right.start_time, scene.end_time
        scene.lyrics, second.lyrics = parted(scene.lyrics, *times)
    if not takes.of_scene(session, scene.id):
        show_something_else(session, project, scene, second)
    _place(scene, left)
    _unmake(session, scene, mezzanines=True)
    scene.revision += 1
    session.flush()
    _renumber(session, project)
    follow_song(session, project, planner_options(context, project), {scene.id, second.id})
    for half in (scene, second):
        now = plan_now(session, context, project, half).fingerprint
        for version in takes.of_scene(session, half.id):
            if version.plan_fingerprint == made_for:
                version.plan_fingerprint = now
    return scene, second


def merge(
    session: Session, context: AppContext, project: Project, scene: Scene, *, force: bool
) -> Scene:
    """One scene for this and the next one.

    Raises:
        BadCut: together they are longer than a scene may be, or there is no next one.
        InTheWay: no take covers both and ``force`` is false.
    """
    present = scenes.of_project(session, project.id)
    place = next(n for n, s in enumerate(present) if s.id == scene.id)
    if place + 1 == len(present):
        raise Invalid("this is the last scene; there is none after it to merge with", field="id")
    second = present[place + 1]
    joined = merge_scenes(scene, second, planner_options(context, project))
    for part in (scene, second):
        _check_idle(session, part)
    whole = _in_both(session, context, project, scene, second)
    first_clips = {v.clip_sha256 for v in _finished(session, scene)}
    frames = joined.end_frame - joined.start_frame
    short = _too_short(session, project, scene, frames)
    short += [v for v in _finished(session, second) if v.clip_sha256 not in first_clips]
    if short and not force:
        raise InTheWay(
            f"{len(short)} finished takes do not cover both scenes; repeat with force to archive"
            " them with their scenes and start anew",
            field="sceneId",
            value=second.id,
            errors=[_in_the_way(v) for v in short],
        )
    if (clash := clash_of(scene, second)) and not force:
        raise InTheWay(
            f"both scenes have what you set ({', '.join(clash)}); repeat with force to keep that of"
            " the first one",
            field="sceneId",
            value=second.id,
        )
    said = said_of_both(scene, second)
    if short:
        target = _anew(session, project, scene)
        scenes.archive(session, scene)
    else:
        target = scene
    scenes.archive(session, second)
    _place(target, joined)
    for name, value in said.items():
        setattr(target, name, value)
    scenes.mark_edited(target, said)
    _unmake(session, target, mezzanines=True)
    target.revision += 1
    session.flush()
    _renumber(session, project)
    follow_song(session, project, planner_options(context, project), {target.id})
    now = plan_now(session, context, project, target).fingerprint
    for version in takes.of_scene(session, target.id):
        if version.id in whole:
            version.plan_fingerprint = now
    return target


def _in_both(
    session: Session, context: AppContext, project: Project, first: Scene, second: Scene
) -> set[str]:
    """Takes of the first scene that were made for what both show: those of one that was split."""
    prints = [plan_now(session, context, project, s).fingerprint for s in (first, second)]
    there = {v.clip_sha256 for v in _finished(session, second) if v.plan_fingerprint == prints[1]}
    return {
        v.id
        for v in _finished(session, first)
        if v.plan_fingerprint == prints[0] and v.clip_sha256 in there
    }


def to_conform(session: Session, rows: Sequence[Scene]) -> list[str]:
    """Keys of finished takes that have no mezzanine for their scene's present cuts."""
    return [
        version.key
        for scene in rows
        for version in _finished(session, scene)
        if version.mezzanine is None
    ]


def _second_half(session: Session, project: Project, scene: Scene, right: Interval) -> Scene:
    offset = right.start_frame - scene.start_frame
    second = _anew(session, project, scene)
    _place(second, right)
    session.flush()
    for version in _finished(session, scene):
        copy = takes.add(session, second, prompt=version.prompt, kind=version.kind)
        for name in ("model", "seconds", "size", "seed", "sora_clip_id", "clip_key", "clip_sha256"):
            setattr(copy, name, getattr(version, name))
        copy.source_version_id = version.id
        copy.plan_fingerprint = version.plan_fingerprint
        copy.in_point = version.in_point + offset
        copy.user_score = version.user_score
        _copy_nudges(session, version, copy)
        takes.set_status(session, copy, "completed")
        if version.is_selected:
            takes.select_version(session, second, copy)
    return second


def _copy_nudges(session: Session, version: SceneVersion, copy: SceneVersion) -> None:
    """The mouth is where it was, and as late; phones count in seconds of the song."""
    said = session.get(LipSyncEdit, version.id)
    if said is not None:
        session.add(
            LipSyncEdit(
                version_id=copy.id,
                mouth_box=said.mouth_box,
                offset_ms=said.offset_ms,
                phonemes=said.phonemes,
            )
        )


def _anew(session: Session, project: Project, scene: Scene) -> Scene:
    """A new scene that shows what ``scene`` shows, without takes."""
    number = count_ever(session, project.id) + 1
    copy = Scene(id=ids.scene_id(number), project_id=project.id)
    for name in (
        *OF_THE_SLOT,
        "scene_type",
        "mood",
        "shot",
        "idea",
        "prompt_override",
        "sora_size",
        "clip_seconds",
        "character_ids",
        "lip_sync_enabled",
        "lip_sync_method",
        "edited",
    ):
        setattr(copy, name, getattr(scene, name))
    session.add(copy)
    session.flush()
    return copy


def _place(scene: Scene, place: Interval) -> None:
    scene.start_frame, scene.end_frame = place.start_frame, place.end_frame
    scene.start_time, scene.end_time = place.start_time, place.end_time
    scene.clip_seconds = place.clip_seconds


def _renumber(session: Session, project: Project) -> None:
    rows = sorted(scenes.of_project(session, project.id), key=lambda s: s.start_frame)
    for order, scene in enumerate(rows, start=1):
        scene.order = order
    events.tell(session, project.id, "storyboard", scenes=len(rows))
    session.flush()


def _unmake(session: Session, scene: Scene, *, mezzanines: bool) -> None:
    """What was made for the old interval is not shown any more; it is made again when needed."""
    scene.vocal_segment_asset_id = None
    for version in takes.of_scene(session, scene.id):
        version.lip_sync = None
        if mezzanines:
            version.mezzanine = None
        version.revision += 1


def _check_lengths(session: Session, project: Project, moves: Sequence[tuple[Scene, int]]) -> None:
    short = [
        version
        for scene, frames in moves
        for version in _too_short(session, project, scene, frames)
    ]
    if short:
        raise InTheWay(
            f"{len(short)} takes are shorter than the interval they would move to",
            field="sceneIds",
            errors=[_in_the_way(version) for version in short],
        )


def _too_short(session: Session, project: Project, scene: Scene, frames: int) -> list[SceneVersion]:
    """Takes whose clip does not cover ``frames`` from its in-point, or will not once it is made."""
    fps = projects.fps_of(project)
    return [
        version
        for version in takes.of_scene(session, scene.id)
        if version.status not in ("failed", "cancelled")
        # A clip may miss its last frame: 8 s at 23.976 is 191 whole frames.
        and whole_frames(version.seconds, fps) - version.in_point < frames - 1
    ]


def _finished(session: Session, scene: Scene) -> list[SceneVersion]:
    return [v for v in takes.of_scene(session, scene.id) if v.status == "completed" and v.clip_key]


def _check_idle(session: Session, scene: Scene) -> None:
    """Cuts do not move under takes that are being made for them."""
    busy = [v for v in takes.of_scene(session, scene.id) if v.status in takes.WAITING]
    if busy:
        doubtful = any(version.status in DOUBTFUL for version in busy)
        way = (
            "a take of which nobody knows whether it was bought; say with POST …/resolve what is"
            " true of it, its error tells the choices"
            if doubtful
            else "takes under way; wait for them or cancel them first"
        )
        raise InTheWay(
            f"scene {scene.order} has {way}",
            field="sceneId",
            value=scene.id,
            errors=[_in_the_way(version) for version in busy],
        )


def _in_the_way(version: SceneVersion) -> dict[str, object]:
    return {
        "field": "versionId",
        "message": f"take {version.take} ({version.status}, {version.seconds} s)",
        "value": version.id,
    }


def _analysis(session: Session, project: Project) -> SongAnalysis:
    return analysis_of(projects.storyboard(session, project.id))
