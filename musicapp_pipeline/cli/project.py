"""Finding or making the project that a command line means."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from musicapp_pipeline.cli.files import BadFile, existing, read_text
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.song.ingest import ingest_file
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.store import artifacts, ids, projects
from musicapp_pipeline.store.media import sha256_file
from musicapp_pipeline.store.models import Character, Project


class BadOption(MusicAppError):
    """An option of the command line that a project cannot have."""

    code = "bad_option"


@dataclass(frozen=True)
class MakeOptions:
    """What ``musicapp make`` was asked for."""

    song: Path
    out: Path
    lyrics: Path | None = None
    title: str | None = None
    reference: Path | None = None
    takes: int = 1
    format: str = "landscape"
    style: str | None = None
    fps: str = "24"
    clip_seconds: int = 8
    model: str = "sora-2"
    density: float = 0.4
    budget: float = 100.0
    seed: int = 0


def find_or_create(bench: Workbench, options: MakeOptions) -> Project:
    """The same song and options find the same project again, with all that was made for it."""
    song = existing(options.song, "song")
    lyrics = read_text(options.lyrics, "lyrics") if options.lyrics else ""
    new = _validated(options, lyrics, song)
    identity = _identity(options, lyrics, song)
    with bench.database.read() as session:
        found = projects.by_client_key(session, identity)
    if found is None:
        _check_playable(song)
        _check_reference(options.reference)
        audio_key = ingest_file(bench, song, "uploads")
        picture = ingest_file(bench, options.reference, "uploads") if options.reference else None
        with bench.database.write() as session:
            found = projects.create(session, new, audio_key=audio_key, client_key=identity)
            if picture is not None:
                session.add(_performer(found, picture))
    with bench.database.write() as session:
        project = projects.get(session, found.id, lock=True)
        project.budget_cap_usd = new.budget_cap_usd  # the cap may be raised for a second run
    return project


def discard_unheard(bench: Workbench, project_id: str) -> None:
    """A song that cannot even be decoded leaves no project and no copy behind."""
    with bench.database.write() as session:
        if artifacts.count(session, project_id):
            return
        project = projects.get(session, project_id)
        keys = [project.audio_key, *(c.reference_image_key for c in project.characters)]
        projects.archive(session, project)
    for key in keys:
        if key is not None:
            bench.media.delete(key)


def _validated(options: MakeOptions, lyrics: str, song: Path) -> projects.NewProject:
    from musicapp_pipeline.storyboard.presets import preset_named

    if options.style is not None:
        preset_named(options.style)  # raises a typed error that names the presets
    try:
        return projects.NewProject(
            title=options.title
            or _title_tag(song)
            or song.stem.replace("_", " ").strip()
            or "Untitled",
            audio_url=song.resolve().as_uri(),
            lyrics=lyrics,
            format=options.format,
            style_preset=options.style,
            fps=options.fps,
            clip_seconds=options.clip_seconds,
            sora_model=options.model,
            performance_density=options.density,
            budget_cap_usd=Decimal(str(options.budget)),
            seed=options.seed,
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(x) for x in first["loc"])
        raise BadOption(
            f"{field}: {first['msg']} (got {first.get('input')!r})",
            field=field,
            value=first.get("input"),
        ) from error


def _title_tag(song: Path) -> str | None:
    import av

    try:
        with av.open(str(song)) as container:
            tags = {**container.metadata, **(container.streams[0].metadata or {})}
    except (av.FFmpegError, IndexError):
        return None  # what is wrong with the file is said when it is decoded
    title = {k.lower(): v for k, v in tags.items()}.get("title", "").strip()
    return title[:200] or None


def _identity(options: MakeOptions, lyrics: str, song: Path) -> str:
    parts = {
        "song": sha256_file(song),
        "lyrics": lyrics,
        "title": options.title,
        "reference": sha256_file(existing(options.reference, "reference"))
        if options.reference
        else None,
        "format": options.format,
        "style": options.style,
        "fps": options.fps,
        "clip_seconds": options.clip_seconds,
        "model": options.model,
        "density": options.density,
        "seed": options.seed,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _check_playable(song: Path) -> None:
    """Refuse before anything is written: a project for no song helps nobody."""
    from musicapp_pipeline.media.probe import probe

    info = probe(song)
    if info.audio is None:
        raise BadFile(
            f"song: {song.name} has no sound",
            field="song",
            value=song.name,
            allowed="an audio file, or a video with sound",
        )


def _check_reference(reference: Path | None) -> None:
    if reference is not None:
        from musicapp_pipeline.media.pictures import load_reference_image

        load_reference_image(existing(reference, "reference"))


def _performer(project: Project, picture: str) -> Character:
    return Character(
        id=ids.new_id("ch"),
        project_id=project.id,
        name="The singer",
        description="Lead performer",
        bible={},
        reference_image_url=None,
        reference_image_key=picture,
        is_primary=True,
    )
