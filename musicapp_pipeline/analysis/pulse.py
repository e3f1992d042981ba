"""The most likely pulse through a beat activation: a semi-Markov model of beat intervals.

A beat at frame ``s`` with interval ``d`` is followed by one at ``s + d``; intervals drift little.
Because no beat depends on anything nearer than the shortest interval, a whole block of that many
frames is decided at once, which makes plain numpy as fast as compiled code.

Source: Krebs, Böck & Widmer, An efficient state-space model for joint tempo and meter tracking
(ISMIR 2015), in segment form.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.analysis.arrays import Doubles, Ints
from musicapp_pipeline.analysis.spectra import FPS

SLOWEST_BPM, FASTEST_BPM = 55.0, 215.0
STIFFNESS = 100.0
"""How unlikely a tempo change is from one beat to the next."""
BEAT_SHARE = 1 / 16
"""The share of an interval that sounds like the beat itself."""
_NEVER = -1e12

Steps = NDArray[np.int16]
TempoPrior = Callable[[Doubles], Doubles]


@dataclass(frozen=True, slots=True)
class Pulse:
    """Beat frames and the interval after each, with the path's log-likelihood per frame."""

    frames: Ints
    intervals: Ints
    score: float


def lognormal_tempo(centre: float, octaves: float) -> TempoPrior:
    """People tap near ``centre`` BPM, spread by ``octaves``."""
    return lambda bpm: -0.5 * np.square(np.log2(bpm / centre) / octaves)


def track_pulse(
    activation: Doubles,
    *,
    slowest: float = SLOWEST_BPM,
    fastest: float = FASTEST_BPM,
    prior: TempoPrior | None = None,
    stiffness: float = STIFFNESS,
) -> Pulse:
    """Find the beats.

    Args:
        activation: how much each frame (100 a second) sounds like a beat, 0 to 1, (frames,).
        slowest, fastest: limits of the tempo in BPM.
        prior: log-weight of a tempo, added once a beat.
        stiffness: penalty of a relative tempo change.

    Returns:
        The best path; no frames when the activation is shorter than one interval.
    """
    intervals = np.arange(round(60 * FPS / fastest), round(60 * FPS / slowest) + 1)
    if len(activation) <= intervals[0]:
        return Pulse(np.zeros(0, np.int64), np.zeros(0, np.int64), 0.0)
    beat, rest = _log_likelihoods(activation)
    change, near = _transitions(intervals, prior, stiffness)
    value, origin = _forward(beat, rest, intervals, change, near)
    return _backward(value, origin, rest, beat, intervals)


def _log_likelihoods(activation: Doubles) -> tuple[Doubles, Doubles]:
    """Running sums of the log-likelihood of beat and non-beat frames, each (frames + 1,)."""
    a = np.clip(activation.astype(np.float64), 1e-4, 1 - 1e-4)
    beat = np.concatenate([[0.0], np.cumsum(np.log(a))])
    rest = np.concatenate([[0.0], np.cumsum(np.log((1 - a) * (BEAT_SHARE / (1 - BEAT_SHARE))))])
    return beat, rest


def _transitions(
    intervals: Ints, prior: TempoPrior | None, stiffness: float
) -> tuple[Doubles, Ints]:
    """Log-probability of coming from each of the near intervals, (intervals, reach), and which."""
    reach = int(np.ceil(0.15 * intervals[-1]))
    near = np.arange(len(intervals))[:, None] + np.arange(-reach, reach + 1)
    inside = (near >= 0) & (near < len(intervals))
    near = np.clip(near, 0, len(intervals) - 1)
    ratio = intervals[:, None] / intervals[near]
    change = np.where(inside, -stiffness * np.abs(ratio - 1), _NEVER)
    change -= np.log(np.exp(change).sum(axis=1, keepdims=True))
    if prior is not None:
        change = change + prior(60 * FPS / intervals)[:, None]
    return np.where(inside, change, _NEVER), near


def _segments(beat: Doubles, rest: Doubles, starts: Ints, intervals: Ints) -> Doubles:
    """Log-likelihood of one interval from each start, clipped at the song's end."""
    last = len(beat) - 1
    first = np.maximum(1, np.ceil(intervals * BEAT_SHARE)).astype(np.int64)
    turn = np.minimum(starts + first, last)
    end = np.minimum(starts + intervals, last)
    score: Doubles = beat[turn] - beat[starts] + rest[end] - rest[turn]
    return score


def _forward(
    beat: Doubles, rest: Doubles, intervals: Ints, change: Doubles, near: Ints
) -> tuple[Doubles, Steps]:
    """Best score of a beat at each frame with each interval, and the interval it came from."""
    frames, count = len(beat) - 1, len(intervals)
    value = np.full((frames, count), _NEVER)
    origin = np.full((frames, count), -1, np.int16)
    columns = np.arange(count)
    block = int(intervals[0])
    for a in range(0, frames, block):
        here = np.arange(a, min(a + block, frames))[:, None]
        started = here - intervals
        back = np.maximum(started, 0)
        arrival = value[back, columns] + _segments(beat, rest, back, intervals)
        arrival = np.where(started >= 0, arrival, _NEVER)
        options = arrival[:, near] + change
        choice = options.argmax(axis=2)
        best = np.take_along_axis(options, choice[:, :, None], axis=2)[:, :, 0]
        # The song may begin inside an interval: everything before the first beat is rest.
        fresh = np.where(here < intervals, rest[here] - np.log(count), _NEVER)
        keep = best >= fresh
        value[here[:, 0]] = np.where(keep, best, fresh)
        origin[here[:, 0]] = np.where(keep, near[columns, choice], -1)
    return value, origin


def _backward(
    value: Doubles, origin: Steps, rest: Doubles, beat: Doubles, intervals: Ints
) -> Pulse:
    frames = len(value)
    tail = np.arange(max(0, frames - int(intervals[-1])), frames)
    reach = tail[:, None] + intervals >= frames
    final = value[tail] + _segments(beat, rest, tail[:, None], intervals)
    final = np.where(reach, final, _NEVER)
    row, column = np.unravel_index(int(final.argmax()), final.shape)
    score = float(final[row, column]) / frames
    frame, interval = int(tail[row]), int(column)
    path: list[tuple[int, int]] = []
    while True:
        path.append((frame, int(intervals[interval])))
        previous = int(origin[frame, interval])
        if previous < 0:
            break
        frame -= int(intervals[previous])
        interval = previous
    path.reverse()
    found = np.array(path, np.int64)
    return Pulse(found[:, 0], found[:, 1], score)
