"""How well songs are heard, and at what cost, beside librosa's calls in the same run."""

import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple
from pathlib import Path

import numpy as np

from musicapp_pipeline_tests.benches import analysis_peers as peers
from musicapp_pipeline_tests.benches.analysis_scores import Score, mean, score
from musicapp_pipeline_tests.benches.analysis_songs import FAMILIES, RATE, make, numbers

TRACKERS = {"ours": peers.ours, "librosa": peers.librosa}
HEAD = (
    "beat F", "CMLt", "AMLt", "down F", "acc1", "acc2", "metre", "bias ms", "HR .5", "HR 3",
    "labels",
)  # fmt: skip
FRESH = """
import resource, sys
from pathlib import Path
from musicapp_pipeline.analysis import analyze_song
analyze_song(Path(sys.argv[1]))
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def hear(which: tuple[str, int]) -> tuple[str, str, dict[str, Score]]:
    """Make a song and let every tracker hear it."""
    song = make(*which)
    scores = {name: score(song, track(song.samples)) for name, track in TRACKERS.items()}
    return song.family, song.name, scores


def main() -> None:
    """Print the tables; ``--songs`` adds a row a song."""
    start = time.monotonic()
    with ProcessPoolExecutor(2) as pool:
        results = list(pool.map(hear, list(numbers())))
    _head("songs")
    for family, count in FAMILIES.items():
        for name in TRACKERS:
            _row(
                f"{family} ({count}), {name}", mean([r[2][name] for r in results if r[0] == family])
            )
    if "--songs" in sys.argv:
        for family, style, scores in results:
            _row(f"{family}: {style}", scores["ours"])
    print()
    _costs()
    print(f"\nwall: {time.monotonic() - start:.0f} s")


def _head(first: str) -> None:
    print("| " + " | ".join([first, *HEAD]) + " |")
    print("| --- |" + " ---: |" * len(HEAD))


def _row(name: str, found: Score) -> None:
    cells = [
        f"{v:.1f}" if h == "bias ms" else f"{v:.3f}"
        for h, v in zip(HEAD, astuple(found), strict=True)
    ]
    print("| " + " | ".join([name, *cells]) + " |", flush=True)


def _costs() -> None:
    """CPU seconds of files: MP3, stereo, 44.1 kHz."""
    from musicapp_pipeline.analysis.song import analyze_song

    with tempfile.TemporaryDirectory() as folder:
        short, usual, long = (_file(Path(folder), seconds) for seconds in (6, 120, 600))
        fresh = [_fresh(short) for _ in range(4)][1:]
        analyze_song(usual)
        first, again = analyze_song(usual).to_dict(), analyze_song(usual).to_dict()
        minute = min(_cpu(usual) for _ in range(3)) / 2
        ten = min(_cpu(long) for _ in range(2)) / 10
        memory = _fresh(long)[1]
    begun = statistics.median(cpu for cpu, _ in fresh)
    print("| cost | figure | limit |\n| --- | ---: | ---: |")
    print(f"| warm, CPU-s a minute (2-minute MP3) | {minute:.2f} | 0.6 |")
    print(f"| warm, CPU-s a minute (10-minute MP3) | {ten:.2f} | {minute * 1.2:.2f} (linear) |")
    print(f"| fresh process with a 6 s song, CPU-s | {begun:.2f} | 2.5 |")
    print(f"| peak memory, 10-minute song, MB | {memory:.0f} | 450 |")
    print(f"| the same file twice gives equal bytes | {first == again} | True |")


def _cpu(song: Path) -> float:
    from musicapp_pipeline.analysis.song import analyze_song

    start = time.process_time()
    analyze_song(song)
    return time.process_time() - start


def _fresh(song: Path) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", FRESH, song], capture_output=True, text=True, check=True
    )
    cpu, megabytes = done.stdout.split()
    return float(cpu), float(megabytes)


def _file(folder: Path, seconds: int) -> Path:
    """A stereo MP3 of so many seconds of a benchmark song, repeated if need be."""
    import soundfile
    import soxr

    mono = make("song maker", 0).samples
    mono = np.tile(mono, -(-seconds * RATE // len(mono)))[: seconds * RATE]
    stereo = np.repeat(soxr.resample(mono, RATE, 44_100)[:, None], 2, axis=1)
    path = folder / f"{seconds}.mp3"
    soundfile.write(path, stereo, 44_100)
    return path


if __name__ == "__main__":
    main()
