"""The search finds what trying everything finds."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.storyboard.dp import best_path, least_paid, steps_between


def seconds_for(lengths):
    return np.where(lengths <= 4, 4, 8)


def everything(frames, forced, shortest, longest):
    """All legal paths, as tuples of indices."""
    last = len(frames) - 1
    free = [k for k in range(1, last) if k not in forced]
    inner = [k for k in forced if 0 < k < last]
    for size in range(len(free) + 1):
        for chosen in combinations(free, size):
            path = sorted([0, *inner, *chosen, last])
            gaps = [frames[b] - frames[a] for a, b in pairwise(path)]
            if all(shortest <= gap <= longest for gap in gaps):
                yield path


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=9),
    st.integers(0, 8),
    st.integers(0, 12),
    st.integers(0, 1000),
)
def test_no_legal_cut_within_the_budget_is_better(gaps, inner, slack, seed):
    frames = np.cumsum([0, *gaps]).tolist()
    last = len(frames) - 1
    forced = sorted({0, min(inner, last), last})
    paths = list(everything(frames, forced, 2, 8))
    steps = steps_between(frames, forced, {}, (2, 8), seconds_for)
    if not paths:
        return
    costs = np.random.default_rng(seed).random(len(steps.starts))
    table = {
        (int(a), int(b)): (float(c), int(p))
        for a, b, c, p in zip(steps.starts, steps.ends, costs, steps.paid, strict=True)
    }

    def total(path, what):
        return sum(table[edge][what] for edge in pairwise(path))

    least = least_paid(steps)
    assert least[-1] == min(total(path, 1) for path in paths)
    budget = int(least[-1]) + slack
    found = best_path(steps, costs, least, budget)
    assert found in paths
    assert total(found, 1) <= budget
    affordable = [total(path, 0) for path in paths if total(path, 1) <= budget]
    assert total(found, 0) == pytest.approx(min(affordable))


def test_a_stretch_that_cannot_be_divided_gets_a_shorter_shortest():
    # 5 frames, at most 4 a scene, at least 3: only a scene of 1 or 2 helps.
    steps = steps_between([0, 4, 5], [0, 2], {}, (3, 4), seconds_for)
    costs = np.zeros(len(steps.starts))
    assert best_path(steps, costs, least_paid(steps), 100) == [0, 1, 2]


def test_a_kept_scene_buys_nothing_and_is_not_divided():
    steps = steps_between([0, 4, 16, 20], [0, 1, 2, 3], {2: 1}, (2, 8), seconds_for)
    assert least_paid(steps).tolist() == [0, 4, 4, 8]
