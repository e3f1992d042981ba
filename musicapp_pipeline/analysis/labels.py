"""What the song's parts are: which sections sound the same, and what songs do with them."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from musicapp_pipeline.analysis import grammar
from musicapp_pipeline.analysis.arrays import Doubles, Ints
from musicapp_pipeline.analysis.model import Section
from musicapp_pipeline.analysis.sections import BarFeatures

REPLAY = 1.5
"""How much it counts that two sections differ bar by bar, beside their mean difference."""
FINER = 0.1
"""What a further group of sections must add to the silhouette less, so that parts stay apart."""
SENSE = 0.6
"""How much it counts, beside the silhouette, that the groups read as a song."""
MOST = 12
"""Groups a song has at most."""

CLEAR_STEP, CLEAR_TURN = 2.0, 0.65
"""From which change on (Student's t), and which turn, a section's start is as clear as it gets."""
PHRASE = 8
"""Bars from which a part is long enough to be heard as repeated."""


def label_sections(features: BarFeatures, bounds: Ints, trust: float) -> tuple[Section, ...]:
    """Name the sections.

    Args:
        features: what each bar sounds like.
        bounds: bars that begin a section, 0 first, the number of bars last.
        trust: confidence of the beat grid, 0 to 1; scales the sections' confidence.

    Returns:
        Sections that tile the song; equal types are numbered in their names ("verse 2").
    """
    spans = list(pairwise(bounds))
    loud = np.array([features.loudness[a:b].mean() for a, b in spans])
    sung = np.array([features.sung[a:b].mean() for a, b in spans])
    groups, reading = best_reading(section_distance(features, bounds), loud, np.diff(bounds), sung)
    bounds, origin = part_repeats(bounds, groups)
    types = [reading.types[i] for i in origin]
    sure = _confidence(features, bounds, trust) * (0.6 + 0.4 * reading.margin)
    seen: dict[str, int] = {}
    out = []
    for i, kind in enumerate(types):
        seen[kind] = seen.get(kind, 0) + 1
        out.append(
            Section(
                name=f"{kind} {seen[kind]}" if types.count(kind) > 1 else kind,
                start_time=round(float(features.edges[bounds[i]]), 4),
                end_time=round(float(features.edges[bounds[i + 1]]), 4),
                type=kind,
                confidence=round(float(sure[i]), 3),
            )
        )
    return tuple(out)


def part_repeats(bounds: Ints, groups: Ints) -> tuple[Ints, Ints]:
    """What is as long as two of its kind is two: equal parts in a row have no change between them.

    Args:
        bounds: bars that begin a section, 0 first, the number of bars last.
        groups: sections that sound alike share a number.

    Returns:
        Bounds with such sections parted, and which section each part was of.
    """
    lengths = np.diff(bounds)
    edges, origin = [int(bounds[0])], []
    for i, length in enumerate(lengths.tolist()):
        others = {n for j, n in enumerate(lengths.tolist()) if j != i and groups[j] == groups[i]}
        whole = [n for n in others if PHRASE <= n < length and length % n == 0]
        part = max(whole, default=length)
        edges += range(edges[-1] + part, edges[-1] + length + 1, part)
        origin += [i] * (length // part)
    return np.array(edges), np.array(origin)


def section_distance(features: BarFeatures, bounds: Ints) -> Doubles:
    """How differently sections sound: in the mean, and bar by bar where one lies on the other.

    Returns:
        Symmetric, 0 on the diagonal, (sections, sections).
    """
    spans = list(pairwise(bounds))
    means = np.stack([features.vectors[a:b].mean(axis=0) for a, b in spans])
    overall = np.linalg.norm(means[:, None] - means, axis=2)
    alike = features.fingerprint @ features.fingerprint.T
    again = np.zeros_like(overall)
    for i, (a, b) in enumerate(spans):
        for j in range(i):
            again[i, j] = again[j, i] = 1 - _best_overlay(alike[a:b, slice(*spans[j])])
    scale = float(np.median(overall[overall > 0])) if (overall > 0).any() else 1.0
    mixed: Doubles = overall / scale + REPLAY * again
    return mixed


def _best_overlay(alike: Doubles) -> float:
    """Mean similarity along the best diagonal that covers the shorter section."""
    if len(alike) > alike.shape[1]:
        alike = alike.T
    rows = np.arange(len(alike))
    shifts = range(alike.shape[1] - len(alike) + 1)
    return max(float(alike[rows, rows + shift].mean()) for shift in shifts)


def best_reading(
    distance: Doubles, loud: Doubles, bars: Ints, sung: Doubles
) -> tuple[Ints, grammar.Reading]:
    """Which sections sound alike, and what they are: the grouping that is clear and makes sense.

    Args:
        distance: see :func:`section_distance`.
        loud, bars, sung: see :func:`grammar.read`.

    Returns:
        Groups, (sections,), sections that sound alike share a number; and their types.
    """
    count = len(distance)
    if count < 3:
        return np.arange(count), grammar.read(np.arange(count), loud, bars, sung)
    best: tuple[float, Ints, grammar.Reading] | None = None
    for groups in average_linkage(distance):
        parts = int(groups.max()) + 1
        if 2 <= parts <= min(count - 1, MOST):
            reading = grammar.read(groups, loud, bars, sung)
            score = _silhouette(distance, groups) + FINER * parts + SENSE * reading.sense
            if best is None or score > best[0]:
                best = score, groups, reading
    assert best is not None, "three sections make two groups"
    return best[1], best[2]


def average_linkage(distance: Doubles) -> Iterator[Ints]:
    """Group numbers after each merger of the two nearest groups, from all apart to one.

    Args:
        distance: symmetric, (n, n).

    Source: UPGMA (Sokal & Michener, 1958).
    """
    groups = [[i] for i in range(len(distance))]
    between = distance.astype(np.float64).copy()
    np.fill_diagonal(between, np.inf)
    while True:
        numbers = np.empty(len(distance), np.int64)
        for number, members in enumerate(groups):
            numbers[members] = number
        yield numbers
        if len(groups) == 1:
            return
        a, b = sorted(np.unravel_index(int(between.argmin()), between.shape))
        weight = len(groups[a]), len(groups[b])
        merged = (weight[0] * between[a] + weight[1] * between[b]) / sum(weight)
        between[a], between[:, a] = merged, merged
        between[a, a] = np.inf
        between = np.delete(np.delete(between, b, axis=0), b, axis=1)
        groups[a] += groups.pop(b)


def _silhouette(distance: Doubles, groups: Ints) -> float:
    """Mean silhouette (Rousseeuw 1987); a group of one counts 0."""
    same = groups[:, None] == np.unique(groups)
    size = same.sum(axis=0)
    to_group = distance @ same
    own = np.argmax(same, axis=1)
    rows = np.arange(len(groups))
    inner = to_group[rows, own] / np.maximum(size[own] - 1, 1)
    mean = to_group / size
    mean[rows, own] = np.inf
    outer = mean.min(axis=1)
    value = (outer - inner) / np.maximum(np.maximum(outer, inner), 1e-9)
    return float(np.where(size[own] > 1, value, 0.0).mean())


def _confidence(features: BarFeatures, bounds: Ints, trust: float) -> Doubles:
    """How surely sections begin where they do, 0.02 to 0.9; the first is as sure as the second.

    A section has to differ from the one before by more than their bars do among themselves, else
    it is one because a section ends some time; and a turn should be heard where it begins.
    """
    sure = [_change(features, *bounds[n : n + 3]) for n in range(len(bounds) - 2)]
    confidence = np.array([sure[0], *sure] if sure else [0.3])
    return np.asarray(np.clip(0.9 * confidence * (0.3 + 0.7 * trust), 0.02, 0.9))


def _change(features: BarFeatures, start: int, change: int, end: int) -> float:
    """How clear the change is between the bars from ``start`` and those from ``change`` on, 0 to 1.

    Measured in Student's t, where 2 is clear, and by the turn that is heard.
    """
    before, after = features.vectors[start:change], features.vectors[change:end]
    step = float(np.linalg.norm(before.mean(axis=0) - after.mean(axis=0)))
    apart = [np.square(x - x.mean(axis=0)).sum() for x in (before, after)]
    spread = np.sqrt(sum(apart) / max(len(before) + len(after) - 2, 1))
    t = step / (spread * np.sqrt(1 / len(before) + 1 / len(after)) + 1e-9)
    heard = 0.3 + 0.7 * min(float(features.turn[change]) / CLEAR_TURN, 1.0)
    return float(min(t / CLEAR_STEP, 1.0) * heard)
