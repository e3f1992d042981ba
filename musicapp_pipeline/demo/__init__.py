"""The song that comes with the project, its lyrics, and what is known about it exactly."""

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from musicapp_pipeline.demo.songmaker.truth import Truth

__all__ = ["lyrics_text", "song_path", "truth"]


def song_path() -> Path:
    """Where the song (mp3, stereo, 44.1 kHz) lies."""
    return Path(str(files(__name__) / "song.mp3"))


def lyrics_text() -> str:
    """The lyrics: a line a line, with headings such as ``[Verse]``."""
    return (files(__name__) / "lyrics.txt").read_text(encoding="utf-8")


def truth() -> "Truth":
    """Beats, sections, words and phones of the song, in seconds of the decoded file."""
    return cast("Truth", json.loads((files(__name__) / "truth.json").read_text(encoding="utf-8")))
