"""``musicapp analyze``."""

from pathlib import Path
from typing import Any

from musicapp_pipeline.cli.files import existing, writable


def analysed(song: Path, plot: Path | None, *, several: bool) -> dict[str, Any]:
    """The specification's dict of a song; one of several carries its path."""
    from musicapp_pipeline.analysis.song import analyze_song

    if plot is not None:
        writable(plot, "--plot")
    found = analyze_song(existing(song, "song"))
    if plot is not None:
        from musicapp_pipeline.analysis.plot import plot as draw

        if several:
            plot = plot.with_name(f"{plot.stem}-{song.stem}{plot.suffix}")
        draw(found, song, plot)
    plain = found.to_dict()
    return {"path": str(song), **plain} if several else plain
