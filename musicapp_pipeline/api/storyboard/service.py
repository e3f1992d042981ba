"""What happens to storyboards."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.analysis.edits import readable
from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.jobs import service as jobs_service
from musicapp_pipeline.api.jobs.queries import open_jobs
from musicapp_pipeline.api.kit.etags import check_match
from musicapp_pipeline.api.scenes.cutting import planner_options
from musicapp_pipeline.api.scenes.following import follow_song
from musicapp_pipeline.api.scenes.views import final_key
from musicapp_pipeline.api.storyboard import edits
from musicapp_pipeline.api.storyboard import places as earlier_places
from musicapp_pipeline.api.storyboard.heard import analysis_of
from musicapp_pipeline.api.storyboard.schemas import (
    BeatGridRead,
    BeatRead,
    EnergyRead,
    LyricRead,
    SectionRead,
    SelectedVersion,
    StoryboardQueued,
    StoryboardRead,
    StoryboardUpdate,
    TimelineRead,
    TimelineScene,
    TimelineSection,
)
from musicapp_pipeline.api.storyboard.uncut import uncut
from musicapp_pipeline.store import artifacts, events, jobs, projects, scenes
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import (
    ProcessingJob,
    Project,
    Scene,
    SceneVersion,
    Storyboard,
)
from musicapp_pipeline.storyboard.errors import BadCut
from musicapp_pipeline.storyboard.model import Interval, PlannerOptions
from musicapp_pipeline.storyboard.resnap import resnap


def queue(session: Session, context: AppContext, who: Caller, project: Project) -> StoryboardQueued:
    """Queue hearing and cutting the song. A second click joins the job that is open already, unless
    that one has begun with a song that is not the project's any more: it is told to stop."""
    job = None
    for open_ in open_jobs(session, project.id, "analyze_audio"):
        if open_.cancel_requested:
            continue
        if open_.status == "queued" or _hears(open_, project):
            job = job or open_
        else:
            jobs_service.ask_to_stop(session, open_)
    if job is None:
        job = jobs.create(session, project.id, "analyze_audio")
    job.payload = {**job.payload, "audioUrl": project.audio_url}
    rows = scenes.of_project(session, project.id)
    plan_again(session, project, rows)
    with_takes = scenes.with_takes(session, project.id)
    return StoryboardQueued(
        job_id=job.id,
        job=jobs_service.read(session, context, who, job),
        kept_scene_ids=[s.id for s in rows if s.id in with_takes],
        replaced_scene_ids=[s.id for s in rows if s.id not in with_takes],
    )


def plan_again(session: Session, project: Project, rows: Sequence[Scene]) -> None:
    """Nothing that a plan follows from may have changed since the last one; where its cuts were
    moved by hand, or pictures set, who asks for a plan wants one all the same."""
    plan = artifacts.get(session, "storyboard", project.id)
    now = {
        "cuts": sorted([scene.start_frame, scene.end_frame] for scene in rows),
        "set": scenes.pictures_set(rows),
    }
    if plan is not None and any(plan.details.get(name, now[name]) != now[name] for name in now):
        board = projects.storyboard(session, project.id)
        board.heard = {**board.heard, "asked": board.heard.get("asked", 0) + 1}


def _hears(job: ProcessingJob, project: Project) -> bool:
    """Was the job last asked for this very song?"""
    return bool(job.payload.get("audioUrl", project.audio_url) == project.audio_url)


def planned(session: Session, project: Project) -> Storyboard:
    """The project's storyboard.

    Raises:
        NotFound: none was generated yet.
    """
    board = projects.storyboard(session, project.id)
    if not board.planned:
        raise NotFound("storyboard", project.id)
    return board


def rehearse(
    session: Session,
    project: Project,
    board: Storyboard,
    body: StoryboardUpdate,
    if_match: str | None,
) -> None:
    """Work out what ``update`` needs of the song, outside the one transaction that may write: for
    a long song and many edits that takes seconds. ``heard`` keeps it.

    Raises:
        Stale, Invalid, BadEdit
    """
    check_match(if_match, board.revision)
    if not body.model_fields_set:
        return
    session.expunge(board)  # written into, and thrown away
    analysis_of(board, earlier_places.left_on(board))
    analysis_of(board)
    edits.write(project, board, body)
    analysis_of(board)


def update(
    session: Session,
    context: AppContext,
    project: Project,
    board: Storyboard,
    body: StoryboardUpdate,
    if_match: str | None,
) -> list[str]:
    """Write a person's adjustments and move free cuts onto the new beats.

    Returns:
        What the person should know.

    Raises:
        Stale, Invalid, BadEdit
    """
    check_match(if_match, board.revision)
    if not body.model_fields_set:
        return []
    stored, before = board.edits, analysis_of(board)
    warnings = edits.write(project, board, body)
    heard = analysis_of(board)
    write_heard(board, heard)
    moved = [b.time for b in before.beats] != [b.time for b in heard.beats]
    options = planner_options(context, project)
    if moved:
        earlier_places.leave(board, stored)
    if moved if body.resnap is None else body.resnap:
        warnings += move_cuts(session, board, before, heard, options)
    follow_song(session, project, options)
    if not moved or earlier_places.left_on(board) is None:
        warnings += uncut(session, project, before, heard, options)
    board.revision += 1
    events.tell(session, project.id, "storyboard", id=board.id)
    session.flush()
    return warnings


def write_heard(board: Storyboard, heard: SongAnalysis) -> None:
    """Show an edited analysis in the storyboard's row."""
    plain = heard.to_dict()
    board.beat_grid = {name: plain[name] for name in ("bpm", "beats", "downbeats", "metre")}
    board.sections = [
        {
            "name": s.name,
            "startTime": s.start_time,
            "endTime": s.end_time,
            "type": s.type,
            "confidence": s.confidence,
        }
        for s in heard.sections
    ]
    if "lyrics" in board.edits:
        board.lyrics_data = board.edits["lyrics"]


def move_cuts(
    session: Session,
    board: Storyboard,
    before: SongAnalysis,
    heard: SongAnalysis,
    options: PlannerOptions,
) -> list[str]:
    """Put the cuts of scenes without takes onto the song's present beats, or back to where they
    were when these were the beats before.

    Args:
        before: the analysis of before, which the cuts lie on unless they were left behind.
        heard: the present one.
    """
    behind = earlier_places.left_on(board)
    before = before if behind is None else analysis_of(board, behind)
    rows = scenes.of_project(session, board.project_id)
    taken = scenes.with_takes(session, board.project_id)
    keep = [n for n, scene in enumerate(rows) if scene.id in taken]
    back = earlier_places.former(board, [b.time for b in heard.beats], rows)
    earlier_places.note(board, [b.time for b in before.beats], rows)
    places = None if back is None else _back(rows, back, heard, options, keep)
    try:
        places = places or resnap(rows, heard, options, keep, before)
    except BadCut as error:
        return [f"the cuts stay where they are: {error.message}"]
    earlier_places.catch_up(board)
    for n, (scene, place) in enumerate(zip(rows, places, strict=True)):
        there = place.model_dump()
        if n not in keep and there != {name: getattr(scene, name) for name in there}:
            for name, value in there.items():
                setattr(scene, name, value)
            scene.revision += 1
            scenes.tell(session, scene)
    session.flush()
    return [f"{len(keep)} scenes with takes keep their cuts"] if keep else []


def _back(
    rows: Sequence[Scene],
    back: Sequence[earlier_places.Place],
    heard: SongAnalysis,
    options: PlannerOptions,
    keep: Sequence[int],
) -> tuple[Interval, ...] | None:
    """The former cuts; None where scenes with takes lie otherwise, or they would not fit."""
    if any(
        (back[n].start_frame, back[n].end_frame) != (rows[n].start_frame, rows[n].end_frame)
        for n in keep
    ):
        return None
    try:
        return resnap(back, heard, options, keep)
    except BadCut:
        return None


def read(project: Project, board: Storyboard, warnings: Sequence[str] = ()) -> StoryboardRead:
    """A storyboard as it is shown."""
    heard = analysis_of(board) if board.analysis else None
    return StoryboardRead(
        id=board.id,
        project_id=board.project_id,
        duration=project.duration,
        beat_grid=BeatGridRead(
            bpm=float(board.beat_grid.get("bpm") or 0),
            beats=_beats(board),
            downbeats=list(board.beat_grid.get("downbeats") or ()),
            metre=int(board.beat_grid.get("metre") or 4),
        ),
        sections=[
            SectionRead(
                name=s["name"],
                start_time=_time(s, "start"),
                end_time=_time(s, "end"),
                type=s.get("type") or "",
                confidence=s.get("confidence"),
            )
            for s in board.sections
        ],
        energy_curve=_energy(board),
        lyrics_data=[
            LyricRead(text=x["text"], start_time=_time(x, "start"), end_time=_time(x, "end"))
            for x in board.lyrics_data
        ],
        key=heard.key if heard else None,
        bpm_confidence=heard.bpm_confidence if heard else None,
        loudness_lufs=heard.loudness_lufs if heard else None,
        notes=[*(heard.notes if heard else ()), *board.heard.get("director", ())],
        edits=list(readable(board.edits.get("analysis", ()))[0]),
        warnings=[*warnings, *board.heard.get("warnings", ())],
        revision=board.revision,
        created_at=board.created_at,
        updated_at=board.updated_at,
    )


def timeline(session: Session, who: Caller, project: Project, board: Storyboard) -> TimelineRead:
    """Sections, energy, beats and scenes with their selected takes."""
    rows = scenes.of_project(session, project.id)
    chosen = _selected(session, rows)
    return TimelineRead(
        project_id=project.id,
        duration=project.duration,
        bpm=float(board.beat_grid.get("bpm") or 0),
        sections=[
            TimelineSection(name=s["name"], start_time=_time(s, "start"), end_time=_time(s, "end"))
            for s in board.sections
        ],
        energy_curve=_energy(board),
        beats=_beats(board),
        scenes=[_scene(who, scene, chosen.get(scene.selected_version_id or "")) for scene in rows],
    )


def _scene(who: Caller, scene: Scene, version: SceneVersion | None) -> TimelineScene:
    selected = None
    if version is not None:
        url = who.media(final_key(scene, version) or version.clip_key)
        selected = SelectedVersion(id=version.id, url=url)
    return TimelineScene(
        id=scene.id,
        order=scene.order,
        start_time=scene.start_time,
        end_time=scene.end_time,
        scene_type=scene.scene_type,
        section=scene.section,
        status=scene.status,
        selected_version=selected,
    )


def _selected(session: Session, rows: Sequence[Scene]) -> dict[str, SceneVersion]:
    ids = [s.selected_version_id for s in rows if s.selected_version_id]
    query = select(SceneVersion).where(SceneVersion.id.in_(ids))
    return {version.id: version for version in session.scalars(query)} if ids else {}


def _beats(board: Storyboard) -> list[BeatRead]:
    return [
        BeatRead.model_construct(time=b["time"], strength=b.get("strength", 0.5))
        for b in board.beat_grid.get("beats") or ()
    ]


def _energy(board: Storyboard) -> list[EnergyRead]:
    return [
        EnergyRead.model_construct(time=e["time"], energy=e["energy"]) for e in board.energy_curve
    ]


def _time(entry: Mapping[str, Any], edge: str) -> float:
    return float(entry[f"{edge}Time"])
