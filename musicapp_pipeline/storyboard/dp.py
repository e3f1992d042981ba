"""The best cut under a budget, by dynamic programming.

A way to cut the song is a path through its cut points; each step is a scene, buys whole seconds
and has a musical cost. The first pass finds the fewest seconds that cover the song. The second
finds, among all paths within a given excess over that, the one with the least musical cost.
Subtracting the first pass's potentials leaves the *excess* alone as the second's state, a few
dozen values, so the search is exact and still linear in the song's length.

Source: Bellman (1957); re-weighting by potentials as in Johnson (1977).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_WAY: Final = 2**40


@dataclass(frozen=True, slots=True)
class Steps:
    """Every scene that the hard rules allow, ordered by the cut point it ends at.

    ``starts``, ``ends`` and ``paid`` (seconds) have an entry a scene; those that end at point
    ``k`` are ``offsets[k]`` to ``offsets[k + 1]``.
    """

    starts: Ints
    ends: Ints
    paid: Ints
    offsets: Sequence[int]

    @property
    def points(self) -> int:
        return len(self.offsets) - 1


def steps_between(
    frames: Sequence[int],
    forced: Sequence[int],
    kept: Mapping[int, int],
    bounds: tuple[int, int],
    seconds_for: Callable[[Ints], Ints],
) -> Steps:
    """All scenes the hard rules allow.

    Args:
        frames: the cut points, ascending; neighbours at most the longest scene apart.
        forced: indices every path visits, ascending, the first and last point among them.
        kept: end index to start index of scenes that stay; they buy nothing.
        bounds: the shortest and the longest scene, in frames. Where a stretch between forced
            points cannot be divided so, the shortest is halved until it can.
        seconds_for: paid seconds by scene length in frames.
    """
    places = np.asarray(frames, dtype=np.int64)
    lows = np.zeros(len(places), dtype=np.int64)
    highs = np.zeros(len(places), dtype=np.int64)
    for first, last in pairwise(forced):
        if kept.get(last) == first:
            # Points inside a kept scene lead nowhere.
            lows[last], highs[last] = first, first + 1
            continue
        here = slice(first + 1, last + 1)
        low, high = _windows(places[first : last + 1], *bounds)
        lows[here], highs[here] = low[1:] + first, high[1:] + first
    counts = np.maximum(highs - lows, 0)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    ends = np.repeat(np.arange(len(places)), counts)
    starts = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - lows, counts)
    paid = np.zeros(len(starts), dtype=np.int64)
    kept_from = np.full(len(places), -1, dtype=np.int64)
    kept_from[list(kept.keys())] = list(kept.values())
    new = kept_from[ends] != starts
    paid[new] = seconds_for(places[ends[new]] - places[starts[new]])
    return Steps(starts, ends, paid, offsets.tolist())


def _windows(segment: Ints, shortest: int, longest: int) -> tuple[Ints, Ints]:
    """For each point of a segment the first and behind the last point a scene may come from."""
    low = np.searchsorted(segment, segment - longest)
    while True:
        high = np.searchsorted(segment, segment - shortest, side="right")
        high = np.maximum(low, np.minimum(high, np.arange(len(segment))))
        if shortest == 1 or _reachable(low, high):
            return low, high
        shortest = max(1, shortest // 2)


def _reachable(low: Ints, high: Ints) -> bool:
    # reached[k]: how many of the points before k can be reached.
    reached = [0, 1]
    for first, last in zip(low[1:].tolist(), high[1:].tolist(), strict=True):
        reached.append(reached[-1] + (reached[last] > reached[first]))
    return reached[-1] > reached[-2]


def least_paid(steps: Steps) -> Ints:
    """The fewest paid seconds from the song's start to each cut point."""
    least = np.full(steps.points, NO_WAY, dtype=np.int64)
    least[0] = 0
    for end in range(1, steps.points):
        here = slice(steps.offsets[end], steps.offsets[end + 1])
        least[end] = (least[steps.starts[here]] + steps.paid[here]).min(initial=NO_WAY)
    return least


def best_path(steps: Steps, costs: Floats, least: Ints, budget: int) -> list[int]:
    """The path of least musical cost that pays at most ``budget`` seconds.

    Args:
        costs: musical cost of each step.
        least: as from :func:`least_paid`.
        budget: seconds, at least ``least[-1]``.

    Returns:
        Indices of the cut points of the path, from 0 to the last.
    """
    excess = least[steps.starts] + steps.paid - least[steps.ends]
    open_ = least[steps.starts] < NO_WAY
    unit = int(np.gcd.reduce(excess[open_])) or 1
    levels = np.arange((budget - int(least[-1])) // unit + 1)
    cost = np.full((steps.points, len(levels)), np.inf)
    cost[0] = 0.0
    came_by = np.full((steps.points, len(levels)), -1, dtype=np.int64)
    for end in range(1, steps.points):
        here = slice(steps.offsets[end], steps.offsets[end + 1])
        if not open_[here].any():
            continue
        level = levels - excess[here, None] // unit
        through = cost[steps.starts[here, None], np.maximum(level, 0)] + costs[here, None]
        through[level < 0] = np.inf
        pick = through.argmin(axis=0)
        cost[end] = through[pick, levels]
        came_by[end] = pick + here.start
    return _walk_back(steps, excess // unit, came_by, len(levels) - 1)


def _walk_back(steps: Steps, excess: Ints, came_by: Ints, level: int) -> list[int]:
    path = [steps.points - 1]
    while path[-1] > 0:
        step = came_by[path[-1], level]
        level -= int(excess[step])
        path.append(int(steps.starts[step]))
    return path[::-1]
