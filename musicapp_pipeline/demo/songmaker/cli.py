"""Make a song whose truth is known; beside the sound go its truth (.json) and lyrics (.txt)."""

import argparse
import sys
from fractions import Fraction
from pathlib import Path

from musicapp_pipeline.demo.songmaker.errors import SongMakerError
from musicapp_pipeline.demo.songmaker.styles import STYLES


def main(arguments: list[str] | None = None) -> int:
    """Make one song and print what was written."""
    from musicapp_pipeline.demo.songmaker.composer import compose
    from musicapp_pipeline.demo.songmaker.demo_song import demo_song
    from musicapp_pipeline.demo.songmaker.publish import publish

    options = _parser().parse_args(arguments)
    try:
        if options.demo is not None:
            to: Path = options.demo
            beside = to / "truth.json", to / "lyrics.txt"
            written = publish(demo_song(), to / "song.mp3", *beside, lead="sung")
        else:
            song = compose(options.style, options.seconds, options.seed, options.bpm)
            out: Path = options.out
            beside = out.with_suffix(".json"), out.with_suffix(".txt")
            written = publish(song, out, *beside, lead=options.lead)
    except SongMakerError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 2
    print("\n".join(str(path) for path in written))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="songmaker", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, help="the song: .wav, .flac, .mp3 or .ogg")
    where.add_argument(
        "--demo", type=Path, metavar="FOLDER", help="make the shipped song into FOLDER instead"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="exact length (60)")
    parser.add_argument("--seed", type=int, default=0, help="chance (0)")
    parser.add_argument("--style", choices=tuple(STYLES), default="pop")
    parser.add_argument("--bpm", type=Fraction, help="beats a minute; otherwise by chance")
    parser.add_argument(
        "--lead",
        choices=("auto", "sung", "ooh"),
        default="auto",
        help="words (needs flite and pyworld), a wordless voice, or what is there (auto)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
