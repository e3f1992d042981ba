"""Make songs whose truth is known: ``python -m musicapp_pipeline.demo.songmaker.cli --help``."""

import argparse
import sys
from pathlib import Path

from musicapp_pipeline.demo.songmaker.demo_song import ARTIST, demo_song
from musicapp_pipeline.demo.songmaker.errors import SongMakerError
from musicapp_pipeline.demo.songmaker.publish import lyrics_of, write_sound, write_truth
from musicapp_pipeline.demo.songmaker.render import render_song

_NOTE = "CC0 1.0. Synthesised by code; see the song maker of MusicApp Pipeline."


def main(arguments: list[str] | None = None) -> int:
    """Make one song and print what was written."""
    options = _parser().parse_args(arguments)
    try:
        song = demo_song()
        out: Path = options.out
        rendered = render_song(song, options.lead)
        write_sound(rendered, out, ARTIST, _NOTE)
        write_truth(rendered, out.with_name("truth.json"))
        out.with_name("lyrics.txt").write_text(lyrics_of(song), encoding="utf-8")
    except SongMakerError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 2
    print(out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="songmaker", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help=".mp3, .flac, .ogg or .wav")
    parser.add_argument("--lead", choices=("auto", "sung", "ooh"), default="auto")
    return parser


if __name__ == "__main__":
    sys.exit(main())
