"""How well a song was heard, by mir_eval; one record a song and tracker."""

import warnings
from dataclasses import astuple, dataclass, fields
from itertools import pairwise

import numpy as np

from musicapp_pipeline_tests.benches.analysis_songs import TrueSong

_NEAR = 0.07
"""Seconds within which a beat is that beat."""


@dataclass(frozen=True)
class Heard:
    """What a tracker says about a song."""

    bpm: float
    beats: np.ndarray
    downbeats: np.ndarray
    metre: int
    bounds: np.ndarray
    """Section edges, 0 first and the end last."""
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """All 0 to 1 except ``bias_ms``."""

    beat_f: float
    cmlt: float
    amlt: float
    downbeat_f: float
    accuracy1: float
    accuracy2: float
    metre: float
    bias_ms: float
    hit_05: float
    hit_3: float
    labels: float


def score(song: TrueSong, heard: Heard) -> Score:
    """Compare; the first five seconds are trimmed from beats as mir_eval does."""
    import mir_eval

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = mir_eval.beat.trim_beats(song.beats)
        beats = mir_eval.beat.trim_beats(heard.beats)
        continuity = mir_eval.beat.continuity(truth, beats)
        return Score(
            mir_eval.beat.f_measure(truth, beats),
            continuity[1],
            continuity[3],
            mir_eval.beat.f_measure(song.downbeats, heard.downbeats),
            float(_same_tempo(heard.bpm, song.bpm, (1.0,))),
            float(_same_tempo(heard.bpm, song.bpm, (1.0, 2.0, 3.0, 1 / 2, 1 / 3))),
            float(heard.metre == song.metre),
            bias_ms(song.beats, heard.beats),
            _hits(song, heard, 0.5),
            _hits(song, heard, 3.0),
            _labels(song, heard),
        )


def _same_tempo(found: float, true: float, factors: tuple[float, ...]) -> bool:
    return any(abs(found / (true * factor) - 1) <= 0.04 for factor in factors)


def bias_ms(truth: np.ndarray, beats: np.ndarray) -> float:
    """Median milliseconds by which beats are late, over those within 70 ms."""
    if not len(beats):
        return float("nan")
    errors = np.array([beats[np.argmin(np.abs(beats - t))] - t for t in truth])
    near = errors[np.abs(errors) < _NEAR]
    return float(1000 * np.median(near)) if len(near) else float("nan")


def _hits(song: TrueSong, heard: Heard, window: float) -> float:
    import mir_eval

    end = song.sections[-1][1]
    true = _intervals(np.array([*(a for a, _, _ in song.sections), end]))
    inner = heard.bounds[(heard.bounds > 0) & (heard.bounds < end)]
    found = _intervals(np.array([0.0, *inner, end]))
    return float(mir_eval.segment.detection(true, found, window=window, trim=True)[2])


def _intervals(edges: np.ndarray) -> np.ndarray:
    edges = np.unique(edges)
    edges = edges[np.concatenate([[True], np.diff(edges) > 0.05])]
    return np.array(list(pairwise(edges)))


def _labels(song: TrueSong, heard: Heard) -> float:
    """The share of half seconds whose section type is right."""
    if not heard.kinds:
        return float("nan")
    times = np.arange(song.sections[0][0] + 0.25, song.sections[-1][1], 0.5)
    starts = np.array([a for a, _, _ in song.sections])
    true = [song.sections[i][2] for i in np.searchsorted(starts, times, "right") - 1]
    at = np.searchsorted(heard.bounds[:-1], times, "right") - 1
    found = [heard.kinds[max(0, i)] for i in at]
    return float(np.mean([a == b for a, b in zip(true, found, strict=True)]))


def mean(scores: list[Score]) -> Score:
    """The mean of each figure; of the bias, the median of its size."""
    table = np.array([astuple(s) for s in scores], float)
    names = [f.name for f in fields(Score)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = np.nanmean(table, axis=0)
        values[names.index("bias_ms")] = np.nanmedian(np.abs(table[:, names.index("bias_ms")]))
    return Score(*(float(v) for v in values))
