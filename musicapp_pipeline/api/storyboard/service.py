"""What happens to storyboards."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import Invalid
from musicapp_pipeline.api.jobs import service as jobs_service
from musicapp_pipeline.api.jobs.queries import open_jobs
from musicapp_pipeline.api.kit.etags import check_match
from musicapp_pipeline.api.scenes.views import final_key
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
from musicapp_pipeline.store import events, jobs, projects, scenes
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import Project, Scene, SceneVersion, Storyboard, now


def queue(session: Session, context: AppContext, who: Caller, project: Project) -> StoryboardQueued:
    """Queue hearing and cutting the song; a second click joins the job that is open already."""
    open_ = open_jobs(session, project.id, "analyze_audio")
    job = open_[0] if open_ else jobs.create(session, project.id, "analyze_audio")
    rows = scenes.of_project(session, project.id)
    with_takes = set(
        session.scalars(
            select(SceneVersion.scene_id)
            .where(SceneVersion.project_id == project.id, SceneVersion.status != "cancelled")
            .distinct()
        )
    )
    return StoryboardQueued(
        job_id=job.id,
        job=jobs_service.read(session, context, who, job),
        kept_scene_ids=[s.id for s in rows if s.id in with_takes],
        replaced_scene_ids=[s.id for s in rows if s.id not in with_takes],
    )


def planned(session: Session, project: Project) -> Storyboard:
    """The project's storyboard.

    Raises:
        NotFound: none was generated yet.
    """
    board = projects.storyboard(session, project.id)
    if not board.planned:
        raise NotFound("storyboard", project.id)
    return board


def update(
    session: Session,
    project: Project,
    board: Storyboard,
    body: StoryboardUpdate,
    if_match: str | None,
) -> None:
    """Write a person's adjustments."""
    check_match(if_match, board.revision)
    changes = body.changes()
    for name, value in changes.items():
        if value is None:
            raise Invalid(f"{name} cannot be null; leave it out to keep it", field=name)
    if body.beat_grid is not None:
        sent = body.beat_grid.model_dump(include=body.beat_grid.model_fields_set)
        _inside("beatGrid", [b["time"] for b in sent.get("beats") or ()], project)
        given = {name: value for name, value in sent.items() if value is not None}
        board.beat_grid = {**board.beat_grid, **given}
    if body.sections is not None:
        _inside("sections", [s.start_time for s in body.sections], project)
        board.sections = [
            {
                "name": s.name,
                "startTime": s.start_time,
                "endTime": s.end_time,
                "type": s.type or s.name.lower().rstrip(" 0123456789"),
                "confidence": s.confidence if s.confidence is not None else 1.0,
            }
            for s in body.sections
        ]
    if body.lyrics_data is not None:
        board.lyrics_data = [
            {"text": x.text, "startTime": x.start_time, "endTime": x.end_time}
            for x in body.lyrics_data
        ]
    board.revision += 1
    board.updated_at = now()
    events.tell(session, project.id, "storyboard", id=board.id)
    session.flush()


def read(project: Project, board: Storyboard) -> StoryboardRead:
    """A storyboard as it is shown."""
    heard = board.analysis
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
        key=heard.get("key"),
        bpm_confidence=heard.get("bpm_confidence"),
        loudness_lufs=heard.get("loudness_lufs"),
        notes=list(heard.get("notes") or ()),
        edited=bool(board.edits),
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


def _inside(field: str, times: Sequence[float], project: Project) -> None:
    if project.duration is not None and times and times[-1] > project.duration:
        raise Invalid(
            f"{field} reaches to {times[-1]:g} s, but the song lasts {project.duration:g} s",
            field=field,
            value=times[-1],
            allowed=f"up to {project.duration:g}",
        )
