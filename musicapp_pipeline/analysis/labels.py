"""What the song's parts are: sections that return and are loud are choruses."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles, Ints
from musicapp_pipeline.analysis.model import Section
from musicapp_pipeline.analysis.sections import BarFeatures

FINER = 0.02
"""What a further group of sections must add to the silhouette less, so that parts stay apart."""


def label_sections(features: BarFeatures, bounds: Ints, trust: float) -> tuple[Section, ...]:
    """Name the sections.

    Args:
        features: what each bar sounds like.
        bounds: bars that begin a section, 0 first, the number of bars last.
        trust: confidence of the beat grid, 0 to 1; scales the sections' confidence.

    Returns:
        Sections that tile the song; equal types are numbered in their names ("verse 2").
    """
    vectors = np.concatenate([features.timbre, 3.0 * features.chroma], axis=1)
    means = np.stack([vectors[a:b].mean(axis=0) for a, b in pairwise(bounds)])
    loud = np.array([features.loudness[a:b].mean() for a, b in pairwise(bounds)])
    lengths = np.diff(bounds)
    core = _core(loud, lengths)
    groups = np.full(len(means), -1)
    groups[core] = _groups(means[core])
    types = _types(groups, loud, lengths)
    sure = _confidence(means, trust)
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


def _groups(means: Doubles) -> Ints:
    """Sections that sound alike share a number: the clustering with the best silhouette."""
    count = len(means)
    if count < 3:
        return np.arange(count)
    distance = np.linalg.norm(means[:, None] - means, axis=2)
    best, groups = -np.inf, np.arange(count)
    for cut in average_linkage(distance):
        parts = int(cut.max()) + 1
        if 2 <= parts < count:
            score = _silhouette(distance, cut) + FINER * parts
            if score > best:
                best, groups = score, cut
    return groups


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


def _core(loud: Doubles, lengths: Ints) -> Ints:
    """Sections that are neither far quieter than the song nor a fragment of it."""
    quiet = float(np.average(loud, weights=lengths)) - max(6.0, float(np.std(loud)))
    core = np.flatnonzero((loud > quiet) & (lengths >= 3))
    return core if len(core) >= 3 else np.arange(len(loud))


def _types(groups: Ints, loud: Doubles, lengths: Ints) -> list[str]:
    """A type for each section; group -1 marks what was left out of the comparison."""
    count = len(groups)
    if count == 1:
        return ["verse"]
    core = np.flatnonzero(groups >= 0)
    members = {int(g): np.flatnonzero(groups == g) for g in set(groups[core].tolist())}
    returning = [g for g, where in members.items() if len(where) >= 2] or list(members)
    chorus = max(returning, key=lambda g: (float(loud[members[g]].mean()), -g))
    types = []
    for i in range(count):
        group = int(groups[i])
        alone = group >= 0 and len(members[group]) == 1
        if group < 0:
            types.append("intro" if i < core[0] else "outro" if i > core[-1] else "breakdown")
        elif group == chorus:
            types.append("chorus")
        elif alone and i == 0:
            types.append("intro")
        elif alone and i == count - 1:
            types.append("outro")
        elif alone and i > 0.4 * count:
            types.append("bridge")
        else:
            types.append("verse")
    return types


def _confidence(means: Doubles, trust: float) -> Doubles:
    """How much a section differs from the one before, scaled by the grid's confidence."""
    if len(means) < 2:
        return np.full(len(means), 0.3 * trust)
    step = np.linalg.norm(np.diff(means, axis=0), axis=1)
    step = np.concatenate([[step[0]], step]) / (float(np.median(step)) + 1e-9)
    confidence: Doubles = np.clip(0.35 + 0.3 * step, 0, 0.9) * (0.3 + 0.7 * trust)
    return confidence
