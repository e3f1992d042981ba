"""Write a rendered song to files: the sound, and its truth beside it."""

import json
from pathlib import Path

import soundfile

from musicapp_pipeline.demo.songmaker.errors import SongMakerError
from musicapp_pipeline.demo.songmaker.render import Lead, Rendered, render_song
from musicapp_pipeline.demo.songmaker.score import Song

_MP3_LEVEL = 0.4
"""soundfile's scale, which with constant bit rate means 192 kbit/s."""
_FORMATS = (".flac", ".mp3", ".ogg", ".wav")


ARTIST = "MusicApp Pipeline"
COMMENT = "CC0 1.0, made by code"


def publish(
    song: Song, sound: Path, truth: Path, lyrics: Path, lead: Lead = "auto"
) -> tuple[Path, ...]:
    """Render a song and write it, its truth and, if words are sung, its lyrics.

    Args:
        song: the score.
        sound: where the song goes; the suffix says the format.
        truth: where the truth goes, JSON.
        lyrics: where the lyrics go, text; not written for a wordless song.
        lead: see ``render.render_song``.

    Returns:
        What was written.
    """
    _check_format(sound)
    rendered = render_song(song, lead)
    sound.parent.mkdir(parents=True, exist_ok=True)
    write_sound(rendered, sound)
    write_truth(rendered, truth)
    if not rendered.truth["words"]:
        return sound, truth
    lyrics.write_text(lyrics_of(song), encoding="utf-8")
    return sound, truth, lyrics


def write_sound(rendered: Rendered, path: Path) -> None:
    """Write the samples in the format of the path's suffix, tagged.

    Raises:
        SongMakerError: the suffix is not one of a format that can be written.
    """
    suffix = _check_format(path)
    more = {"bitrate_mode": "CONSTANT", "compression_level": _MP3_LEVEL} if suffix == ".mp3" else {}
    with soundfile.SoundFile(path, "w", rendered.rate, 2, **more) as file:
        file.title, file.artist, file.comment = rendered.truth["title"], ARTIST, COMMENT
        file.write(rendered.audio)


def _check_format(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise SongMakerError(
            f"cannot write {path.name!r}; end the name with one of {', '.join(_FORMATS)}",
            field="out",
            value=str(path),
            allowed=_FORMATS,
        )
    return suffix


def write_truth(rendered: Rendered, path: Path) -> None:
    """Write the truth as JSON, one entry of each list a line."""
    lines = []
    for key, value in rendered.truth.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            entries = ",\n  ".join(json.dumps(entry) for entry in value)
            lines.append(f"{json.dumps(key)}: [\n  {entries}\n ]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    path.write_text("{\n " + ",\n ".join(lines) + "\n}\n", encoding="utf-8")


def lyrics_of(song: Song) -> str:
    """The lyrics as people write them: a heading a part, a line a line."""
    verses = []
    for part in song.parts:
        if part.lyrics:
            heading = f"[{part.name.rstrip(' 0123456789')}]"
            verses.append("\n".join([heading, *(line.text for line in part.lyrics)]))
    return "\n\n".join(verses) + "\n"
