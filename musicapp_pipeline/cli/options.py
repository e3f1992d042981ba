"""What ``musicapp make`` was asked for, checked before anything heavy starts or is written."""

import hashlib
import json
import tempfile
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from musicapp_pipeline.cli.files import BadFile, existing, read_text
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.settings import settings
from musicapp_pipeline.store.media import sha256_file
from musicapp_pipeline.store.projects import NewProject

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

OPTION = {"budget_cap_usd": "--budget", "style_preset": "--style", "sora_model": "--model"}
OPTION |= {"performance_density": "--density", "audio_url": "SONG"}
SHOWN = 60
"""Characters of a value that an error repeats."""
MAX_TITLE = 200
JOINERS = "\u200c\u200d"
"""Invisible, and part of Persian words and of emoji."""


class BadOption(MusicAppError):
    """An option of the command line that a project cannot have."""

    code = "bad_option"


@dataclass(frozen=True)
class MakeOptions:
    """The options as given."""

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
    seed: int | None = None


@dataclass(frozen=True)
class Order:
    """Options that passed: what the project will be, and what tells it from every other."""

    options: MakeOptions
    new: NewProject
    identity: str
    as_typed: str
    """Its identity when 24.0 was not 24: a project of then is not paid for again."""
    notes: tuple[str, ...] = ()
    """What is odd but can be used."""


def checked(options: MakeOptions) -> Order:
    """Look at everything that can be refused without hearing the song.

    Raises:
        BadFile, BadOption, BadModelConfig, BadSetting, MediaError, StoryboardError: nothing was
            written.
    """
    _check_home()
    song = existing(options.song, "song")
    lyrics = read_text(options.lyrics, "lyrics") if options.lyrics else ""
    notes = (*_check_reference(options.reference), *_about_prices(options.model))
    _check_playable(song)
    new = _project(options, lyrics, song)
    _check_writable(options.out)
    as_typed = {"lyrics": lyrics, "title": options.title, "fps": options.fps}
    # A title that is the song's own is none: the song may be renamed.
    title = new.title if new.title != _found_title(song) else None
    meant = {"lyrics": new.lyrics, "title": title, "fps": new.fps}
    identity, older = (_identity(options, song, parts) for parts in (meant, as_typed))
    return Order(options, new, identity, older, notes)


def _project(options: MakeOptions, lyrics: str, song: Path) -> NewProject:
    from musicapp_pipeline.generation.wording import wording
    from musicapp_pipeline.storyboard.errors import UnknownStylePreset
    from musicapp_pipeline.storyboard.presets import preset_named

    known = wording().presets
    if options.style is not None:
        try:
            preset_named(options.style, known)
        except UnknownStylePreset as error:  # which names those there are
            raise BadOption(
                f"--style: {error.message}",
                field="--style",
                value=error.value,
                allowed=error.allowed,
            ) from error
    try:
        return NewProject(
            title=_one_line(options.title or "") or _found_title(song),
            audio_url=song.resolve().as_uri(),
            lyrics=lyrics.replace("\r\n", "\n").replace("\r", "\n"),
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
        raise _refused(error.errors()[0]) from error


def _refused(first: "ErrorDetails") -> BadOption:
    """Pydantic's finding in the words of the command line."""
    field = ".".join(str(x) for x in first["loc"])
    option = OPTION.get(field, "--" + field.replace("_", "-"))
    given = textwrap.shorten(str(first.get("input")), SHOWN, placeholder=" …")
    reason = first.get("ctx", {}).get("error") or f"{first['msg']} (got {given[:SHOWN]})"
    return BadOption(f"{option}: {reason}", field=option, value=first.get("input"))


def _found_title(song: Path) -> str:
    """Only what a person wrote is refused when it is too long."""
    found = _title_tag(song) or song.stem.replace("_", " ")
    return _one_line(found)[:MAX_TITLE].strip() or "Untitled"


def _title_tag(song: Path) -> str | None:
    from musicapp_pipeline.media.probe import open_media

    with open_media(song) as container:
        streams = container.streams
        tags = {**container.metadata, **(streams[0].metadata if streams else {})}
    return {k.lower(): v for k, v in tags.items()}.get("title")


def _one_line(text: str) -> str:
    """What any terminal, file and database takes."""
    sound = text.encode("utf-8", "replace").decode()
    shown = "".join(c if c.isprintable() or c in JOINERS else " " for c in sound)
    return " ".join(shown.split())


def _identity(options: MakeOptions, song: Path, written: Mapping[str, str | None]) -> str:
    parts = {
        **written,
        "song": sha256_file(song),
        "reference": sha256_file(options.reference) if options.reference else None,
        "format": options.format,
        "style": options.style,
        "clip_seconds": options.clip_seconds,
        "model": options.model,
        "density": options.density,
        "seed": options.seed,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _check_home() -> None:
    home = settings().home
    if home.exists() and not home.is_dir():
        raise BadOption(
            f"MUSICAPP_HOME: {home} is a file; name a folder for songs, takes and videos",
            field="MUSICAPP_HOME",
            value=str(home),
            allowed="a folder, made when it is missing",
        )


def _check_playable(song: Path) -> None:
    """Refuse before anything is written: a project for no song helps nobody."""
    from musicapp_pipeline.media.probe import probe

    if probe(song).audio is None:
        raise BadFile(
            f"song: {song.name} has no sound",
            field="song",
            value=song.name,
            allowed="an audio file, or a video with sound",
        )


def _check_reference(reference: Path | None) -> tuple[str, ...]:
    if reference is None:
        return ()
    import numpy as np

    from musicapp_pipeline.generation.picture.face import find_face
    from musicapp_pipeline.media.pictures import load_reference_image

    picture = load_reference_image(existing(reference, "reference"))
    if find_face(np.asarray(picture.convert("RGB"))).found:
        return ()
    return (f"no face was found in {reference.name}; where none is seen, no lips can be moved",)


def _about_prices(model: str) -> tuple[str, ...]:
    """What a person should know about the model's price before it is paid."""
    from musicapp_pipeline.generation.registry import catalogue

    return catalogue(settings()).warnings(model)


def _check_writable(out: Path) -> None:
    """A video that cannot be put where it is wanted is found out now, not when it is made."""
    out = out.expanduser().absolute()
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise BadOption(
            f"--out: cannot write to {out} ({error.strerror})",
            field="--out",
            value=str(out),
            allowed="a folder that can be written to",
        ) from error
    finally:
        for folder in missing:
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
