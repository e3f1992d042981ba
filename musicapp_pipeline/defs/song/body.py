"""Decode the upload to PCM, encode it once for delivery, draw its waveform."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.store import events, projects
from musicapp_pipeline.store.artifacts import Made


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    """The upload's server-made key carries its content's hash."""
    project = projects.get(session, key)
    return {"audio": project.audio_key or project.audio_url}


def make(task: Task) -> Made:
    """Master, delivery audio and waveform; the project learns its measured length."""
    from musicapp_pipeline.media.pictures import waveform_png
    from musicapp_pipeline.media.song import decode_song, encode_delivery

    bench = task.bench
    source = _source(task)
    task.report(0.05, "decoding the song")
    base = f"projects/{task.project_id}/song"
    name = source.stem.lower()[:16] or "song"
    keys = {
        "master": f"{base}/{name}.wav",
        "delivery": f"{base}/{name}.m4a",
        "waveform": f"{base}/{name}-waveform.png",
    }
    with bench.media.writing(keys["master"]) as path:
        master = decode_song(source, path, name=_known_as(task), cancelled=task.cancelled)
    task.report(0.5, "encoding for delivery")
    wav = bench.media.fetch(keys["master"])
    with bench.media.writing(keys["delivery"]) as path:
        encode_delivery(wav, path)
    with bench.media.writing(keys["waveform"]) as path:
        waveform_png(wav, path)
    seconds = float(master.seconds)
    with bench.database.write() as session:
        project = projects.get(session, task.key)
        project.duration = seconds
        events.tell(session, project.id, "project", id=project.id, duration=seconds)
    return Made(
        data_version=master.sha256[:24],
        media_key=keys["master"],
        details={
            "delivery": keys["delivery"],
            "sample_rate": master.sample_rate,
            "samples": master.samples,
            "seconds": seconds,
            "pictures": {"waveform": keys["waveform"]},
            "shown": {
                "seconds": seconds,
                "sample_rate": master.sample_rate,
                "channels": master.channels,
                "notes": list(master.notes),
            },
        },
    )


def _known_as(task: Task) -> str:
    """The song's name as the person who gave it knows it."""
    with task.bench.database.read() as session:
        project = projects.get(session, task.key)
    if project.audio_url.startswith("/"):  # an upload, kept under a name of ours
        return f"the song of {project.title!r}"
    return unquote(urlsplit(project.audio_url).path.rsplit("/", 1)[-1])


def _source(task: Task) -> Path:
    """The upload, fetched into the media store if the project only names a URL."""
    with task.bench.database.read() as session:
        project = projects.get(session, task.key)
    if project.audio_key is None:
        from musicapp_pipeline.defs.song.ingest import fetch_into_store

        task.report(0.01, "fetching the song")
        key = fetch_into_store(task.bench, project.audio_url, f"projects/{project.id}/upload")
        with task.bench.database.write() as session:
            present = projects.get(session, task.key)
            if present.audio_url == project.audio_url:  # or it is the former song's by now
                present.audio_key = key
        return task.bench.media.fetch(key)
    return task.bench.media.fetch(project.audio_key)
