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

from musicapp_pipeline.analysis.arrays import Doubles, Floats, Ints
from musicapp_pipeline.analysis.spectra import FPS

SLOWEST_BPM, FASTEST_BPM = 55.0, 215.0
STIFFNESS = 100.0
"""How unlikely a tempo change is from one beat to the next."""
KEENNESS = 1.0
"""What a beat gains over rest where both are as likely (natural log); more doubles slow songs."""
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
    gain = _beat_gain(activation)
    change, near = _transitions(intervals, prior, stiffness)
    value, origin = _forward(gain, intervals, change, near)
    return _backward(value, origin, gain, intervals)


def _beat_gain(activation: Doubles) -> Doubles:
    """Running sum of what it gains to call a frame a beat instead of rest, (frames + 1,).

    Every path calls every frame one or the other, so only the difference matters.
    """
    a = np.clip(activation.astype(np.float64), 1e-4, 1 - 1e-4)
    return np.concatenate([[0.0], np.cumsum(np.log(a) - np.log(1 - a) + KEENNESS)])


def _transitions(
    intervals: Ints, prior: TempoPrior | None, stiffness: float
) -> tuple[Doubles, Ints]:
    """Log-probability of coming from each of the near intervals, (intervals, reach), and which."""
    reach = int(np.ceil(0.08 * intervals[-1]))
    near = np.arange(len(intervals))[:, None] + np.arange(-reach, reach + 1)
    inside = (near >= 0) & (near < len(intervals))
    near = np.clip(near, 0, len(intervals) - 1)
    ratio = intervals[:, None] / intervals[near]
    change = np.where(inside, -stiffness * np.abs(ratio - 1), _NEVER)
    change -= np.log(np.exp(change).sum(axis=1, keepdims=True))
    if prior is not None:
        change = change + prior(60 * FPS / intervals)[:, None]
    return np.where(inside, change, _NEVER), near


def _segments(gain: Doubles, starts: Ints, intervals: Ints) -> Doubles:
    """What one beat at each start gains, for each interval; clipped at the song's end."""
    width = np.maximum(1, np.ceil(intervals * BEAT_SHARE)).astype(np.int64)
    end = np.minimum(starts + width, len(gain) - 1)
    return np.asarray(gain[end] - gain[starts])


def _forward(gain: Doubles, intervals: Ints, change: Doubles, near: Ints) -> tuple[Floats, Steps]:
    """Best score of a beat at each frame with each interval, and the interval it came from."""
    frames, count = len(gain) - 1, len(intervals)
    value = np.full((frames, count), _NEVER, np.float32)
    origin = np.full((frames, count), -1, np.int16)
    columns = np.arange(count)
    block = int(intervals[0])
    near_change = change.astype(np.float32)
    for a in range(0, frames, block):
        here = np.arange(a, min(a + block, frames))[:, None]
        started = here - intervals
        back = np.maximum(started, 0)
        arrival = value[back, columns] + _segments(gain, back, intervals)
        arrival = np.where(started >= 0, arrival, _NEVER).astype(np.float32)
        options = np.take(arrival, near, axis=1, mode="clip")
        options += near_change
        choice = options.argmax(axis=2)
        best = np.take_along_axis(options, choice[:, :, None], axis=2)[:, :, 0]
        # The song may begin inside an interval: everything before the first beat is rest.
        fresh = np.where(here < intervals, -np.log(count), _NEVER)
        keep = best >= fresh
        value[here[:, 0]] = np.where(keep, best, fresh)
        origin[here[:, 0]] = np.where(keep, near[columns, choice], -1)
    return value, origin


def _backward(value: Floats, origin: Steps, gain: Doubles, intervals: Ints) -> Pulse:
    frames = len(value)
    tail = np.arange(max(0, frames - int(intervals[-1])), frames)
    reach = tail[:, None] + intervals >= frames
    final = np.where(reach, value[tail] + _segments(gain, tail[:, None], intervals), _NEVER)
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
