"""``musicapp analyze``."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from musicapp_pipeline.cli.files import existing


def analyses(songs: Sequence[Path], plot: Path | None) -> Iterator[dict[str, Any]]:
    """The specification's dict for each song; several carry their path."""
    from musicapp_pipeline.analysis.song import analyze_song

    for song in songs:
        found = analyze_song(existing(song, "song"))
        if plot is not None:
            from musicapp_pipeline.analysis.plot import plot as draw

            draw(found, song, _numbered(plot, song, len(songs)))
        plain = found.to_dict()
        yield plain if len(songs) == 1 else {"path": str(song), **plain}


def _numbered(plot: Path, song: Path, count: int) -> Path:
    return plot if count == 1 else plot.with_name(f"{plot.stem}-{song.stem}{plot.suffix}")
