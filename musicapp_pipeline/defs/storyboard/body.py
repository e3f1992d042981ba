"""Time the lyrics, plan the cut, write the scenes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import digest, need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import MEZZANINE
from musicapp_pipeline.defs.storyboard import directing
from musicapp_pipeline.defs.storyboard.carrying import unconformed
from musicapp_pipeline.defs.storyboard.planning import (
    as_shown,
    kept_of,
    planner_options,
    said_of,
    settled_of,
    shot_settled_of,
    sync_scenes,
)
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.store import events, projects, scenes, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.errors import MediaMissing
from musicapp_pipeline.store.models import Project, Storyboard
from musicapp_pipeline.storyboard.lyric_form import lines_from, with_words
from musicapp_pipeline.storyboard.model import TimedLine

ABOUT_THE_CUT = ("places", "cutsOn", "director")
"""Notes of a storyboard that a new plan makes void."""


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    """Everything the plan follows from; a lasting edit of a scene is not among them."""
    project = projects.get(session, key)
    board = projects.storyboard(session, key)
    director = directing.of(bench.settings)
    return {
        **({"director": director} if director else {}),
        **({"asked": board.heard["asked"]} if "asked" in board.heard else {}),
        "analysis": version_of(session, "audio_analysis", key),
        "edits": board.edits,
        "lyrics": project.lyrics,
        "options": planner_options(project, bench.capabilities(project.sora_model)).model_dump(
            mode="json"
        ),
        "format": project.format,
    }


def prepare(task: Task) -> None:
    """Another master first takes along what is kept and what people corrected."""
    from musicapp_pipeline.defs.storyboard.remaster import follow

    follow(task)


def make(task: Task) -> Made:
    """Scenes with takes keep their cuts; the plan fills the rest."""
    from musicapp_pipeline.defs.storyboard.remaster import warnings_of
    from musicapp_pipeline.storyboard.replan import replan_whole

    bench = task.bench
    with bench.database.read() as session:
        project = projects.get(session, task.key)
        board = projects.storyboard(session, task.key)
        need(session, "audio_analysis", task.key)
    task.report(0.1, "placing the lyrics")
    edits = board.edits
    edited = edits.get("lyrics")
    lines = lines_from(edited) if edited is not None else _timed_lyrics(task, project)
    analysis = heard(board, lines)
    task.check_cancelled()
    task.report(0.6, "planning the cut")
    capabilities = bench.capabilities(project.sora_model)
    options = planner_options(project, capabilities)
    with bench.database.read() as session:
        kept = kept_of(session, task.key)
        present = scenes.of_project(session, task.key)
    said = said_of(present)
    plan = replan_whole(kept, analysis, lines, options, said)
    ideas, notes = directing.directed(
        bench.settings,
        project,
        as_shown(plan, present),
        task.report,
        task.check_cancelled,
        # Only what will be written is directed: a director costs money and minutes.
        settled=settled_of(plan, kept, present),
        shot_settled=shot_settled_of(plan, present),
    )
    directed = dict(zip(plan, ideas, strict=True))
    task.check_cancelled()
    with bench.database.write() as session:
        project = projects.get(session, task.key, lock=True)
        board = projects.storyboard(session, task.key)
        meanwhile = kept_of(session, task.key)
        present = scenes.of_project(session, task.key)
        said_now, pictures = said_of(present), scenes.pictures_set(present)
        if (meanwhile, said_now, board.edits) != (kept, said, edits):
            # A take was asked for, or a person corrected something, while the director was asked.
            lines = _lines_now(board, edits, lines)
            analysis, kept = heard(board, lines), meanwhile
            plan = replan_whole(kept, analysis, lines, options, said_now)
        _write_board(board, analysis, lines)
        plan = tuple(directed.get(scene, scene) for scene in plan)
        rows, recut = sync_scenes(session, project, plan, kept, capabilities)
        warnings = [*warnings_of(board, rows), *recut]
        known = {k: v for k, v in board.heard.items() if k not in ABOUT_THE_CUT}
        board.heard = {
            **known,
            "warnings": warnings,
            **({"director": list(notes)} if notes else {}),
        }
        short = unconformed(session, rows)
        plain = [{"id": s.id, "start": s.start_frame, "end": s.end_frame} for s in rows]
        cuts = [s.start_time for s in rows[1:]]
        keys = [s.key for s in rows]
        first_takes = [takes.take_key(s, 1) for s in rows]
        events.tell(session, project.id, "storyboard", id=board.id, scenes=len(rows))
        table = scenes_table(rows)
    task.add_keys("scene", keys)
    task.add_keys("take", first_takes)
    notes = (*warnings, *notes, *_conformed(task, short))
    return Made(
        data_version=digest([plain, analysis.bpm, [line.model_dump() for line in lines]]),
        details={
            "scenes": keys,
            "cuts": [[s["start"], s["end"]] for s in plain],
            "set": pictures,
            "pictures": _picture(task, analysis, cuts),
            "shown": {"scenes": len(keys), "plan": table, "notes": [*analysis.notes, *notes]},
        },
    )


def _picture(task: Task, analysis: SongAnalysis, cuts: list[float]) -> dict[str, str]:
    """The song with beats, sections, energy and cuts, for people who look at the plan."""
    from musicapp_pipeline.analysis.plot import plot

    bench = task.bench
    with bench.database.read() as session:
        song = need(session, "song", task.key)
    assert song.media_key is not None
    try:
        wav = bench.media.fetch(song.media_key)
    except MediaMissing:
        return {}  # drawn with the next plan; the plan itself is good
    task.report(0.8, "drawing the plan")
    key = f"projects/{task.project_id}/storyboard/{digest([analysis.to_dict(), cuts])}.png"
    with bench.media.writing(key) as path:
        plot(analysis, wav, path, cuts)
    return {"plot": key}


def _conformed(task: Task, keys: list[str]) -> list[str]:
    """Cut the takes that lie otherwise in a new master; what became of the others."""
    notes = []
    for number, key in enumerate(keys):
        task.check_cancelled()
        task.report(0.8 + 0.2 * number / len(keys), "fitting takes to the new master")
        try:
            task.ensure(MEZZANINE, key)
        except MusicAppError as error:
            notes.append(f"take {key} could not be fitted to its scene: {error.message}")
    return notes


def heard(board: Storyboard, lines: list[TimedLine]) -> SongAnalysis:
    """The analysis with what the words tell of the form and with a person's corrections."""
    analysis = with_words(SongAnalysis.model_validate(board.analysis), lines)
    if not board.edits:
        return analysis
    from musicapp_pipeline.analysis.corrections import corrected

    return corrected(analysis, board.edits)


def _timed_lyrics(task: Task, project: Project) -> list[TimedLine]:
    if not project.lyrics.strip():
        return []
    from musicapp_pipeline.lipsync.align import align_lines

    bench = task.bench
    with bench.database.read() as session:
        song = need(session, "song", task.key)
    assert song.media_key is not None
    stem = bench.media.fetch(project.vocal_stem_key) if project.vocal_stem_key else None
    lines = align_lines(bench.media.fetch(song.media_key), project.lyrics, stem=stem)
    return [
        TimedLine(text=x.text, start_time=x.start, end_time=x.end, confidence=x.confidence)
        for x in lines
    ]


def _lines_now(
    board: Storyboard, before: Mapping[str, Any], lines: list[TimedLine]
) -> list[TimedLine]:
    """The lines once more, if a person has put others in their place or taken those back."""
    if "lyrics" in board.edits:
        return lines_from(board.edits["lyrics"])
    return lines_from(board.lyrics_data) if "lyrics" in before else lines


def _write_board(board: Storyboard, analysis: SongAnalysis, lines: list[TimedLine]) -> None:
    plain = analysis.to_dict()
    board.beat_grid = {
        "bpm": plain["bpm"],
        "beats": plain["beats"],
        "downbeats": plain["downbeats"],
        "metre": plain["metre"],
    }
    board.sections = [
        {
            "name": s["name"],
            "startTime": s["start_time"],
            "endTime": s["end_time"],
            "type": s["type"],
            "confidence": s["confidence"],
        }
        for s in plain["sections"]
    ]
    board.energy_curve = plain["energy_curve"]
    board.lyrics_data = [
        {
            "text": x.text,
            "startTime": x.start_time,
            "endTime": x.end_time,
            "confidence": x.confidence,
        }
        for x in lines
    ]
    board.planned = True
    board.revision += 1


def scenes_table(rows: list[Any]) -> str:
    """The plan as people read it."""
    head = [
        "| # | scene | start | seconds | kind | section | why |",
        "|---|---|---|---|---|---|---|",
    ]
    body = [
        f"| {s.order} | {s.id} | {s.start_time:.2f} | {s.end_time - s.start_time:.2f}"
        f" | {s.scene_type} | {s.section or ''} | {s.why} |"
        for s in rows
    ]
    return "\n".join(head + body)
