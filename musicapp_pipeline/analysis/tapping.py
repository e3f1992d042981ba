"""A beat grid from a person's taps: they say how fast and where, the song's sounds say the rest.

People tap with 10 to 40 ms of jitter and some 20 to 50 ms early. A line through eight such taps is
a beat off after a minute, so it is never drawn far: beyond the taps the grid follows the song.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.analysis.arrays import Doubles, Floats, Ints
from musicapp_pipeline.analysis.model import SongAnalysis

_ASIDE = 0.07
"""Seconds by which taps may lie beside the beats they mean, and 1/5 of a beat at most."""
_JITTER = 0.05
"""Seconds (root mean square) by which taps stray from a line if the tempo is steady."""
_NEAR = 0.04
"""Seconds within which an onset belongs to a beat."""
_STEPS = 64
"""Parts of a beat in which tempo is told apart while the song is followed."""
_BEND = 6
"""By so many of them a beat may become longer or shorter than the taps, some 10%."""
_TURN = 0.5
"""What a change of tempo by one part costs, in onsets of full strength."""
_WIDTH = 0.025
"""Seconds within which an onset speaks for a beat."""
_AT_MOST = 0.9
"""How sure followed beats are where all of them sound: they may lie between the true ones."""
_UNSTEADY = 0.45
"""How sure a grid is at most that was laid from taps without a tempo."""
_AS_GOOD = 0.9
"""A constant tempo whose beats have this share of the onset strength of those that follow the
song is the truth: most recordings have a click."""


def tapped_grid(taps: Doubles, analysis: SongAnalysis) -> Doubles:
    """Beats of the whole song from taps in a part of it.

    Where the heard beats, every second or third of them, or those between them go with the taps,
    they are the grid. Otherwise the grid starts on the taps and follows the onsets both ways,
    as Ellis (2007, Beat Tracking by Dynamic Programming) does, at about the tapped tempo.

    Args:
        taps: at least four ascending times in seconds.
        analysis: the song as it was heard.
    """
    beats = np.array([b.time for b in analysis.beats])
    for grid in _readings(beats):
        grid = grid[(grid >= 0) & (grid <= analysis.duration)]
        if _goes_with(taps, grid):
            return grid
    sounds = _Sounds(np.array(analysis.onsets), np.array(analysis.onset_strengths))
    index = _numbered(taps)
    fit = np.polyfit(index, taps, 1)
    strays, period = _strays(taps), float(fit[0])
    if strays >= max(_JITTER, 0.04 * period):
        head, tail = (float(np.median(np.diff(part))) for part in (taps[:5], taps[-5:]))
        before = _onward(-float(taps[0]), head, 0.0, sounds.backwards())
        after = _onward(float(taps[-1]), tail, analysis.duration, sounds)
        return np.concatenate([-before[:0:-1], taps, after[1:]])
    meant = np.asarray(np.polyval(fit, index), np.float64)
    start = float(meant[len(meant) // 2]) + _early(meant, sounds.times)
    line, start, period = _line(start, period, len(taps), analysis.duration, sounds)
    before = _onward(-start, period, 0.0, sounds.backwards())
    after = _onward(start, period, analysis.duration, sounds)
    way = np.concatenate([-before[:0:-1], after])
    straight = sounds.at(line).mean() >= _AS_GOOD * sounds.at(way).mean()
    return line if straight else _settled(way, sounds.times)


def earned(taps: Doubles, grid: Doubles, analysis: SongAnalysis) -> float:
    """How sure a tapped grid is, 0 to 1: what was tapped is; of the other beats those count that
    have an onset, less what would have one by chance."""
    onsets = np.array(analysis.onsets)
    said = (grid > taps[0] - _ASIDE) & (grid < taps[-1] + _ASIDE)
    other = grid[~said]
    if not len(other):
        return 1.0
    hits = float(np.mean(np.abs(_to_nearest(other, onsets)) < _NEAR)) if len(onsets) else 0.0
    chance = min(2 * _NEAR * len(onsets) / analysis.duration, 0.95)
    held = max((hits - chance) / (1 - chance), 0.0)
    share = float(np.mean(said))
    sure = share + (1 - share) * _AT_MOST * held
    beats = np.array([b.time for b in analysis.beats])
    heard = any(_goes_with(taps, reading) for reading in _readings(beats))
    # A grid that was laid where onsets are has them: without a tempo that proves nothing.
    return sure if heard or _strays(taps) < _JITTER else min(sure, _UNSTEADY)


def _strays(taps: Doubles) -> float:
    """How far taps lie from evenly spaced ones, root mean square seconds."""
    index = _numbered(taps)
    return float(np.sqrt(np.mean(np.square(taps - np.polyval(np.polyfit(index, taps, 1), index)))))


def _readings(beats: Doubles) -> Iterator[Doubles]:
    """The grids that a listener may hear in one: itself, parts and multiples, and between."""
    if len(beats) < 4:
        return
    yield beats
    around = np.concatenate(
        [[2 * beats[0] - beats[1]], beats, [2 * beats[-1] - beats[-2]]]
    )  # what lies just before the first and after the last
    for times in (2, 3):
        inner = np.arange(1, times * (len(beats) + 1)) / times
        yield np.interp(inner, np.arange(len(around)), around)
    yield (around[:-1] + around[1:]) / 2
    for every in (2, 3, 4):
        for start in range(every):
            if len(beats[start::every]) >= 4:
                yield beats[start::every]


def _goes_with(taps: Doubles, grid: Doubles) -> bool:
    """Whether each tap means the next beat of a grid, from the first tap to the last."""
    beside = -_to_nearest(taps, grid)
    nearest = np.searchsorted(grid, taps - beside - 1e-6)
    index = _numbered(taps)
    if np.mean(np.diff(nearest) == np.diff(index)) < 0.75:
        return False
    if nearest[-1] - nearest[0] != index[-1] - index[0]:
        return False
    period = float(np.median(np.diff(grid[nearest[0] : nearest[-1] + 1])))
    slope, start = np.polyfit(index, beside, 1)
    ends = max(abs(start), abs(start + slope * index[-1]))
    return bool(ends < min(_ASIDE, period / 5))


def _numbered(taps: Doubles) -> Doubles:
    """Which beat each tap is, the first being 0; a tap that was missed leaves a gap."""
    gaps = np.diff(taps)
    around = np.array([np.median(gaps[max(0, n - 4) : n + 5]) for n in range(len(gaps))])
    return np.concatenate([[0.0], np.cumsum(np.maximum(np.round(gaps / around), 1.0))])


def _to_nearest(times: Doubles, marks: Doubles) -> Doubles:
    """From each time to the nearest mark, signed seconds."""
    if not len(marks):
        return np.full(len(times), np.inf)
    after = np.clip(np.searchsorted(marks, times), 1, max(len(marks) - 1, 1))
    left, right = marks[after - 1] - times, marks[np.minimum(after, len(marks) - 1)] - times
    return np.where(np.abs(left) <= np.abs(right), left, right)


def _early(beats: Doubles, onsets: Doubles) -> float:
    """How far tapped beats lie before the sounds they were meant for, in seconds."""
    near = _to_nearest(beats, onsets)
    near = near[np.abs(near) < _ASIDE]
    return float(np.median(near)) if len(near) >= len(beats) / 2 else 0.0


class _Sounds(NamedTuple):
    """The onsets: ascending seconds, and strengths 0 to 1."""

    times: Doubles
    strengths: Doubles

    def backwards(self) -> "_Sounds":
        """The song from its end, at negative times."""
        return _Sounds(-self.times[::-1], self.strengths[::-1])

    def at(self, beats: Doubles) -> Doubles:
        """How strong an onset each beat has, less the farther it is away."""
        if not len(self.times):
            return np.zeros(beats.shape)
        after = np.searchsorted(self.times, beats)
        best = np.zeros(beats.shape)
        for near in (after - 1, after):
            near = np.clip(near, 0, len(self.times) - 1)
            away = (self.times[near] - beats) / _WIDTH
            best = np.maximum(best, self.strengths[near] * np.exp(-0.5 * np.square(away)))
        return best


def _line(
    start: float, period: float, taps: int, duration: float, sounds: _Sounds
) -> tuple[Doubles, float, float]:
    """The constant grid that has the strongest onsets, found from the taps outwards.

    Twice as far each time a smaller change of tempo moves the farthest beats as much, so that
    each step has only few to choose from.

    Returns:
        The grid, and the start and period that are best about the taps.
    """
    sure = 0.03 * np.sqrt(12 / taps**3)
    width, phases = min(2.5 * sure, 0.08 * period), np.linspace(-0.03, 0.03, 9)
    local = None
    reach = taps
    while True:
        first, last = -int(start / period), int((duration - start) / period)
        beats = np.arange(max(-reach, first), min(reach, last) + 1)
        periods = period + np.linspace(-width, width, 25)
        grids = start + phases[:, None, None] + periods[None, :, None] * beats
        score = sounds.at(grids).mean(axis=2)
        score -= (
            0.02 * np.square((periods - period) / width)
            + 0.02 * np.square(phases / phases[-1])[:, None]
        )
        phase, at = np.unravel_index(int(np.argmax(score)), score.shape)
        start, period = start + float(phases[phase]), float(periods[at])
        if local is None and reach >= 16:
            local = start, period
        if reach >= max(-first, last):
            grid = start + period * np.arange(-int(start / period), last + 2, dtype=np.float64)
            return grid[(grid >= 0) & (grid <= duration)], *(local or (start, period))
        width, phases = 0.03 / reach, np.linspace(-0.015, 0.015, 7)
        reach *= 2


def _onward(start: float, period: float, end: float, sounds: _Sounds) -> Doubles:
    """Beats from ``start`` to ``end``: the way through the onsets that is strongest and bends
    least. All in seconds."""
    hop = min(period / _STEPS, 0.01)
    count = int((end - start) / hop) + 1
    if end - start < period:
        return np.array([start])
    lag = period / hop
    reach = max(2, round(lag * _BEND / _STEPS))
    lags = round(lag) + np.arange(-reach, reach + 1)
    heard = sounds.at(start + hop * np.arange(count, dtype=np.float64))
    score = np.full((count, len(lags)), -1e6, np.float32)
    came = np.zeros((count, len(lags)), np.int8)
    score[0] = -np.abs(lags / lag - 1) * _STEPS * _TURN
    turn = _TURN * _STEPS / lag
    state = np.arange(len(lags))
    bends = [(np.clip(state + by, 0, len(lags) - 1), turn * abs(by)) for by in (-1, 1, -2, 2)]
    size = int(lags[0])  # no beat of so many frames follows another: they can be done at once
    for at in range(1, count, size):
        frames = np.arange(at, min(at + size, count))
        past = frames[:, None] - lags
        old = np.where(past[:, :, None] >= 0, score[np.maximum(past, 0)], -1e6)
        best = old[:, state, state]
        for before, cost in bends:
            found = old[:, state, before] - cost
            came[frames] = np.where(found > best, before - state, came[frames])
            best = np.maximum(best, found)
        score[frames] = best + heard[frames, None]
    return start + hop * _path(score, came, lags)


def _path(score: Floats, came: NDArray[np.int8], lags: Ints) -> Doubles:
    """The frames of the best way, from the first to the last."""
    size = int(lags[len(lags) // 2])
    tail = score[-size:]
    frame, state = divmod(int(np.argmax(tail)), len(lags))
    at = len(score) - len(tail) + frame
    out = [at]
    while at > 0:
        at, state = at - int(lags[state]), state + int(came[at, state])
        out.append(max(at, 0))
    return np.array(out[::-1], np.float64)


def _settled(grid: Doubles, onsets: Doubles) -> Doubles:
    """The followed grid on its onsets, evened over some beats."""
    index = np.arange(len(grid))
    if len(grid) < 8:
        return grid
    near = _to_nearest(grid, onsets)
    placed = np.where(np.abs(near) < _NEAR, grid + near, grid)
    window = np.hanning(15)[1:-1]
    out = np.empty(len(grid))
    for n in range(len(grid)):
        part = slice(max(0, n - 6), n + 7)
        weight = window[6 - (n - part.start) : 6 - (n - part.start) + len(grid[part])]
        out[n] = np.polyval(np.polyfit(index[part], placed[part], 1, w=np.sqrt(weight)), n)
    return out
