"""The best cut under a budget, by dynamic programming.

A way to cut the song is a path through its cut points; each step is a scene, buys whole seconds
and has a musical cost. The first pass finds the fewest seconds that cover the song. The second
finds, among all paths within a given excess over that, the one with the least musical cost.
Subtracting the first pass's potentials leaves the *excess* alone as the second's state, a few
dozen values, so the search is exact and still linear in the song's length.

Source: Bellman (1957); re-weighting by potentials as in Johnson (1977).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_WAY = 2**40
SecondsFor = Callable[[Ints], Ints]
CostOf = Callable[[Ints, int], Floats]
"""Musical cost of the scenes from each of ``starts`` to ``end`` (indices of cut points)."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The scenes that may end at one cut point: where they start and what they buy."""

    starts: Ints
    paid: Ints


def steps_between(
    frames: Sequence[int],
    forced: Sequence[int],
    kept: dict[int, int],
    bounds: tuple[int, int],
    seconds_for: SecondsFor,
) -> list[Steps]:
    """All scenes the hard rules allow, by the cut point they end at.

    Args:
        frames: the cut points, ascending; neighbours at most the longest scene apart.
        forced: indices every path visits, ascending, the first and last point among them.
        kept: end index to start index of scenes that stay; they buy nothing.
        bounds: the shortest and the longest scene, in frames.
        seconds_for: paid seconds by scene length in frames.
    """
    shortest, longest = bounds
    places = np.asarray(frames, dtype=np.int64)
    steps = [Steps(np.empty(0, np.int64), np.empty(0, np.int64))]
    for first, last in pairwise(forced):
        if kept.get(last) == first:
            # Points inside a kept scene lead nowhere.
            nowhere = Steps(np.empty(0, np.int64), np.empty(0, np.int64))
            steps.extend([nowhere] * (last - first - 1))
            steps.append(Steps(np.array([first]), np.zeros(1, np.int64)))
            continue
        segment = places[first : last + 1]
        low = _feasible_minimum(segment, shortest, longest)
        for end in range(1, len(segment)):
            starts = _window(segment, end, low, longest) + first
            paid = seconds_for(places[first + end] - places[starts])
            steps.append(Steps(starts, paid))
    return steps


def _window(segment: Ints, end: int, shortest: int, longest: int) -> Ints:
    low = int(np.searchsorted(segment, segment[end] - longest))
    high = int(np.searchsorted(segment, segment[end] - shortest, side="right"))
    return np.arange(low, max(low, min(high, end)), dtype=np.int64)


def _feasible_minimum(segment: Ints, shortest: int, longest: int) -> int:
    """The largest of ``shortest``, its half, its quarter ... with which the segment can be cut."""
    low = shortest
    while low > 1 and not _reachable(segment, low, longest):
        low //= 2
    return max(low, 1)


def _reachable(segment: Ints, shortest: int, longest: int) -> bool:
    reached = np.zeros(len(segment), dtype=np.bool_)
    reached[0] = True
    for end in range(1, len(segment)):
        reached[end] = bool(reached[_window(segment, end, shortest, longest)].any())
    return bool(reached[-1])


def least_paid(steps: Sequence[Steps]) -> Ints:
    """The fewest paid seconds from the song's start to each cut point."""
    least = np.full(len(steps), NO_WAY, dtype=np.int64)
    least[0] = 0
    for end in range(1, len(steps)):
        step = steps[end]
        if len(step.starts):
            least[end] = min(NO_WAY, (least[step.starts] + step.paid).min(initial=NO_WAY))
    return least


def best_path(steps: Sequence[Steps], cost_of: CostOf, budget: int) -> list[int]:
    """The path of least musical cost that pays at most ``budget`` seconds.

    Args:
        steps: as from :func:`steps_between`.
        cost_of: musical cost; asked once a cut point.
        budget: seconds; raised to the least possible when below it.

    Returns:
        Indices of the cut points of the path, from 0 to the last.
    """
    least = least_paid(steps)
    unit = _unit_of(steps)
    spare = max(0, budget - int(least[-1])) // unit
    levels = np.arange(spare + 1)
    cost = np.full((len(steps), spare + 1), np.inf)
    cost[0] = 0.0
    came_from = np.full((len(steps), spare + 1), -1, dtype=np.int64)
    came_level = np.zeros((len(steps), spare + 1), dtype=np.int64)
    for end in range(1, len(steps)):
        starts, paid = steps[end].starts, steps[end].paid
        open_ = least[starts] < NO_WAY
        starts, paid = starts[open_], paid[open_]
        if not len(starts):
            continue
        excess = (least[starts] + paid - least[end]) // unit
        level = levels[None, :] - excess[:, None]
        through = cost[starts[:, None], np.maximum(level, 0)] + cost_of(starts, end)[:, None]
        through[level < 0] = np.inf
        pick = through.argmin(axis=0)
        cost[end] = through[pick, levels]
        came_from[end] = starts[pick]
        came_level[end] = level[pick, levels]
    return _walk_back(came_from, came_level, spare)


def _unit_of(steps: Sequence[Steps]) -> int:
    """The greatest common divisor of all amounts: excess can only be a multiple of it."""
    amounts = {int(a) for step in steps for a in np.unique(step.paid)}
    return gcd(*amounts) or 1


def _walk_back(came_from: Ints, came_level: Ints, level: int) -> list[int]:
    path = [len(came_from) - 1]
    while path[-1] > 0:
        here = path[-1]
        path.append(int(came_from[here, level]))
        level = int(came_level[here, level])
    return path[::-1]
