"""Analyse the master; a person's edits of an earlier analysis are kept apart and stay."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import digest, need, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.progress import part
from musicapp_pipeline.store import projects
from musicapp_pipeline.store.artifacts import Made


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    return {"song": version_of(session, "song", key)}


def make(task: Task) -> Made:
    """The analysis goes to the storyboard's row, whole."""
    from musicapp_pipeline.analysis.song import analyze_song
    from musicapp_pipeline.media.pictures import waveform_png

    bench = task.bench
    with bench.database.read() as session:
        song = need(session, "song", task.key)
    assert song.media_key is not None
    wav = bench.media.fetch(song.media_key)
    analysis = analyze_song(wav, on_progress=part(task.report, 0.0, 0.9))
    plain = analysis.to_dict()
    version = digest(plain)
    picture = f"projects/{task.project_id}/analysis/{version}.png"
    with bench.media.writing(picture) as path:
        waveform_png(
            wav,
            path,
            cuts=[float(t) for t in analysis.downbeats],
            sections=[(s.start_time, s.name) for s in analysis.sections],
        )
    with bench.database.write() as session:
        row = projects.storyboard(session, task.key)
        row.analysis = plain
        row.revision += 1
    return Made(
        data_version=version,
        details={
            "pictures": {"waveform": picture},
            "shown": {
                "bpm": analysis.bpm,
                "bpm_confidence": analysis.bpm_confidence,
                "metre": analysis.metre,
                "beats": len(analysis.beats),
                "downbeats": len(analysis.downbeats),
                "sections": _sections_table(plain["sections"]),
                "loudness_lufs": analysis.loudness_lufs or 0.0,
                "key": analysis.key or "unknown",
                "notes": list(analysis.notes),
            },
        },
    )


def _sections_table(sections: list[dict[str, Any]]) -> str:
    rows = [
        f"| {s['name']} | {s['start_time']:.2f} | {s['end_time']:.2f} | {s['confidence']:.2f} |"
        for s in sections
    ]
    return "\n".join(["| section | start | end | confidence |", "| --- | --- | --- | --- |", *rows])
