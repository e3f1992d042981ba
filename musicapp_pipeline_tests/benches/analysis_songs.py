"""Songs with exact truth for the analysis benchmark: seven families, none of them learned from.

``seen styles`` are unseen songs of the styles that the network studied; ``other styles`` have
their own grooves, forms and mastering (MP3 at 96 kb/s, limiter, noise, fade-in, drifting tempo),
but their scores told which styles to study more; ``first exam`` shares neither composer, sounds
nor mastering with anything studied, but has been looked at and developed on since; ``final exam``
shares nothing with any of them and decides nothing; ``second paper`` has its composer and sounds
but other songs, whose scores told which kinds of songs to study next, and ``third paper`` came
after that; ``song maker`` is the generator of the demo song, written for another purpose, with a
voice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

RATE = 22_050
FIRST_SEEN = 900_000
"""Study songs from this number on were kept out of training and of tuning."""
FIRST_OTHER = 26_000
FAMILIES = {
    "seen styles": 10,
    "other styles": 13,
    "first exam": 12,
    "final exam": 10,
    "second paper": 10,
    "third paper": 10,
    "song maker": 4,
}
_MAKER = (("waltz", 111), ("ballad", 69), ("dance", 128))


@dataclass(frozen=True)
class TrueSong:
    """Samples at 22,050 Hz and what a listener would write down; times in seconds."""

    family: str
    name: str
    samples: np.ndarray
    bpm: float
    metre: int
    beats: np.ndarray
    downbeats: np.ndarray
    sections: tuple[tuple[float, float, str], ...]
    """Start, end, type; the first starts at 0 and the last ends with the song."""


def numbers() -> Iterator[tuple[str, int]]:
    """Every song of the benchmark, to be made by :func:`make`."""
    for family, count in FAMILIES.items():
        for number in range(count):
            yield family, number


def make(family: str, number: int, *, fonts: bool = False) -> TrueSong:
    """Make one song; the same arguments give the same samples.

    Args:
        fonts: play through FluidSynth and sound fonts where the family has them.
    """
    if family == "song maker":
        return _made(*_MAKER[number - 1]) if number else _demo()
    if family in ("first exam", "final exam", "second paper", "third paper"):
        return _exam(family, number)
    from musicapp_pipeline.analysis.training.dataset import make_song

    exam = family == "other styles"
    first = FIRST_OTHER if exam else FIRST_SEEN
    samples, truth = make_song(first + number, exam=exam, full=True, fonts=fonts)
    return TrueSong(
        family,
        truth["style"],
        samples,
        truth["bpm"],
        truth["meter"],
        np.array(truth["beats"]),
        np.array(truth["downbeats"]),
        _tiling(truth["sections"], len(samples) / RATE),
    )


def _exam(family: str, number: int) -> TrueSong:
    from musicapp_pipeline_tests.benches.analysis_exam import exam_song
    from musicapp_pipeline_tests.benches.analysis_exam_final import final_song
    from musicapp_pipeline_tests.benches.analysis_exam_second import second_song
    from musicapp_pipeline_tests.benches.analysis_exam_third import third_song

    compose = {
        "first exam": exam_song,
        "final exam": final_song,
        "second paper": second_song,
        "third paper": third_song,
    }
    style, samples, (beats, downbeats, sections) = compose[family](number)
    bpm = float(60 / np.median(np.diff(beats)))
    return TrueSong(family, style.name, samples, bpm, style.metre, beats, downbeats, sections)


def _demo() -> TrueSong:
    import soundfile

    from musicapp_pipeline.demo import song_path, truth

    samples, rate = soundfile.read(song_path(), dtype="float32", always_2d=True)
    return _true("the demo song", samples, rate, truth())


def _made(style: str, bpm: int) -> TrueSong:
    from fractions import Fraction

    from musicapp_pipeline.demo.songmaker.composer import compose
    from musicapp_pipeline.demo.songmaker.render import render_song

    song = render_song(compose(style, 60.0, 7, Fraction(bpm)), lead="ooh")
    return _true(style, song.audio, song.rate, song.truth)


def _true(name: str, audio: np.ndarray, rate: int, truth: Mapping[str, Any]) -> TrueSong:
    import soxr

    mono = audio.mean(axis=1 if audio.shape[1] == 2 else 0).astype(np.float32)
    return TrueSong(
        "song maker",
        name,
        soxr.resample(mono, rate, RATE).astype(np.float32),
        truth["bpm"],
        truth["metre"],
        np.array(truth["beats"]),
        np.array(truth["downbeats"]),
        tuple((s["start_time"], s["end_time"], s["type"]) for s in truth["sections"]),
    )


def _tiling(parts: list[Any], duration: float) -> tuple[tuple[float, float, str], ...]:
    """A breath before the first beat and the last chord's ring are no sections of their own."""
    edges = [0.0, *(part[0] for part in parts[1:]), duration]
    return tuple((a, b, part[2]) for (a, b), part in zip(pairwise(edges), parts, strict=True))
