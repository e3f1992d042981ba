"""What songs do: types for groups of sections by loudness, recurrence, place and succession.

Every choice of a type for each group is scored, in the units of natural logarithms, by how well
each section suits its type and how usual it is after the one before; the best is found by
changing one group at a time from every possible chorus.
"""

from dataclasses import dataclass

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles, Ints

_RARE = -1.2
_FOLLOWS: dict[tuple[str, str], float] = {
    ("", "intro"): 0.5, ("", "verse"): 0.3, ("", "chorus"): -0.3,
    ("intro", "verse"): 0.6, ("intro", "chorus"): 0.1, ("intro", "intro"): -0.6,
    ("verse", "chorus"): 0.6, ("verse", "prechorus"): 0.4, ("verse", "verse"): 0.1,
    ("verse", "bridge"): -0.3, ("verse", "instrumental"): -0.4, ("verse", "outro"): -0.6,
    ("prechorus", "chorus"): 1.0,
    ("chorus", "verse"): 0.5, ("chorus", "bridge"): 0.4, ("chorus", "outro"): 0.5,
    ("chorus", "chorus"): 0.1, ("chorus", "instrumental"): 0.2, ("chorus", "breakdown"): 0.3,
    ("bridge", "chorus"): 0.6, ("bridge", "verse"): -0.5, ("bridge", "outro"): -0.4,
    ("bridge", "bridge"): -0.8,
    ("breakdown", "chorus"): 0.6, ("breakdown", "verse"): -0.1,
    ("instrumental", "verse"): 0.4, ("instrumental", "chorus"): 0.3,
    ("instrumental", "bridge"): -0.4, ("instrumental", "outro"): -0.4,
    ("outro", ""): 0.5, ("chorus", ""): 0.2, ("verse", ""): -0.4, ("outro", "outro"): -0.5,
}  # fmt: skip
_TWICE = {"chorus": 1.5, "prechorus": 1.5, "verse": 0.5, "bridge": 0.7, "breakdown": 0.7}
_TYPES = (
    "verse",
    "chorus",
    "prechorus",
    "bridge",
    "breakdown",
    "instrumental",
    "intro",
    "outro",
)


FALLEN_DB = 7.0
"""Decibels under the song's usual level from which a part is rather a breakdown."""
VOICE = 1.5
"""How much it counts whether a part sounds sung."""
_NAMES = (*_TYPES, "")
_USUAL = np.array([[_FOLLOWS.get((a, b), _RARE) for b in _NAMES] for a in _NAMES])
"""How usual a type (column) is after another (row); the last of either is the song's edge."""
_AGAIN = np.array([_TWICE.get(kind, 0.0) for kind in _TYPES])
"""What it costs that one more group is of a type."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A type for each section; how much sense the song then makes (natural log, a section); and
    how clearly this beats the best reading with another chorus, 0 to 1."""

    types: list[str]
    sense: float
    margin: float


def read(groups: Ints, loud: Doubles, bars: Ints, sung: Doubles | None = None) -> Reading:
    """Choose types for sections.

    Args:
        groups: sections of equal number sound alike, (sections,).
        loud: level in decibels, (sections,).
        bars: length in bars, (sections,).
        sung: how much each sounds sung, a logit, (sections,); unknown if ``None``.
    """
    count = len(groups)
    if count == 1:
        return Reading(["verse"], 0.0, 0.0)
    song = _Form.of(_free_ends(groups), _suitability(groups, loud, bars, sung))
    readings = [song.best_with(chorus) for chorus in range(len(song.fit))]
    readings.sort(key=lambda reading: -reading[0])
    best = readings[0]
    margin = (best[0] - readings[1][0]) / count if len(readings) > 1 else 0.0
    types = [_TYPES[best[1][group]] for group in song.order]
    return Reading(types, best[0] / count, float(np.clip(margin / 0.3, 0, 1)))


def _free_ends(groups: Ints) -> Ints:
    """An intro and an outro that sound alike need not be of one type."""
    freed = groups.copy()
    for end in (0, len(groups) - 1):
        if groups[end] not in groups[1:-1]:
            freed[end] = freed.max() + 1
    return freed


@dataclass(frozen=True, slots=True)
class _Form:
    """A song as sums over its groups, so that a trial costs the same however long the song is.

    Attributes:
        order: each section's group, (sections,).
        fit: how well each group suits each type, (groups, types).
        after: how often a group (row) is followed by another, (groups, groups).
    """

    order: Ints
    fit: Doubles
    after: Doubles

    @classmethod
    def of(cls, groups: Ints, suits: Doubles) -> "_Form":
        numbers, order = np.unique(groups, return_inverse=True)
        fit = np.zeros((len(numbers), suits.shape[1]))
        np.add.at(fit, order, suits)
        after = np.zeros((len(numbers), len(numbers)))
        np.add.at(after, (order[:-1], order[1:]), 1)
        fit[order[0]] += _USUAL[-1, :-1]
        fit[order[-1]] += _USUAL[:-1, -1]
        return cls(order, fit, after)

    def best_with(self, chorus: int) -> tuple[float, Ints]:
        """The score and each group's type when this group is the chorus.

        One group's type is improved at a time, from all others being verses.
        """
        chosen = np.full(len(self.fit), _TYPES.index("verse"))
        chosen[chorus] = _TYPES.index("chorus")
        improved = True
        while improved:
            improved = False
            for group in range(len(chosen)):
                if group != chorus:
                    value = self._values(group, chosen)
                    best = _first_best(value, int(chosen[group]))
                    improved |= best != chosen[group]
                    chosen[group] = best
        return self._score(chosen), chosen

    def _values(self, group: int, chosen: Ints) -> Doubles:
        """What each type for one group would add to the score, (types,)."""
        before, after = self.after[:, group].copy(), self.after[group].copy()
        before[group] = after[group] = 0
        value = self.fit[group] + before @ _USUAL[chosen, :-1] + _USUAL[:-1, chosen] @ after
        value += self.after[group, group] * np.diag(_USUAL)[:-1]
        others = np.bincount(np.delete(chosen, group), minlength=len(_TYPES))
        return np.asarray(value - _AGAIN * (others > 0))

    def _score(self, chosen: Ints) -> float:
        follows = (self.after * _USUAL[np.ix_(chosen, chosen)]).sum()
        each = np.bincount(chosen, minlength=len(_TYPES))
        # Two parts that sound different are seldom both the chorus.
        again = (_AGAIN * np.maximum(each - 1, 0)).sum()
        return float(self.fit[np.arange(len(chosen)), chosen].sum() + follows - again)


def _first_best(value: Doubles, now: int) -> int:
    """The best type; a later one must be clearly better than those before it and than today's."""
    best = now
    for kind, reached in enumerate(value.tolist()):
        if reached > value[best] + 1e-9:
            best = kind
    return best


def _suitability(groups: Ints, loud: Doubles, bars: Ints, sung: Doubles | None) -> Doubles:
    """How well each section suits each type, (sections, types)."""
    count = len(groups)
    level = (loud - np.average(loud, weights=bars)) / max(float(loud.std()), 1.5)
    often = np.array([(groups == g).sum() for g in groups])
    # An outro that sounds like the intro is still an outro.
    inner = np.array([(groups[1:-1] == g).sum() for g in groups]) > 0
    place = (np.cumsum(bars) - bars / 2) / bars.sum()
    usual = float(np.median(bars))
    short = bars <= max(4, usual / 2)
    once, back = often == 1, often >= 2
    first, last = np.arange(count) == 0, np.arange(count) == count - 1
    # What is far quieter than the song is hardly its verse.
    hush = np.clip(-level - 1, 0, 2)
    # A band that stops playing falls further than any bridge.
    usual_loud = float(np.median(np.repeat(loud, bars)))
    fallen = np.clip((usual_loud - FALLEN_DB - loud) / 4, -0.5, 1)
    voice = np.zeros(count) if sung is None else sung - float(np.median(np.repeat(sung, bars)))
    voice = VOICE * np.clip(voice, -1, 1)
    columns = {
        "verse": 0.5 * back - 0.3 * once - 0.25 * np.abs(level + 0.2) - 0.6 * hush - 0.3 * short,
        "chorus": 0.9 * level + 0.7 * back + 0.2 * (often >= 3) - 0.6 * short - 0.6 * hush,
        "prechorus": 0.5 * back - 0.4 * once - 0.8 * (bars > usual) - 0.3 * np.abs(level) - 0.3,
        "bridge": 0.6 * once - 1.2 * back + 0.5 * (place > 0.4) - 0.5 * first - 0.4 * last
        - 0.2 * level - 0.5 * np.maximum(fallen, 0) + 0.5 * voice,
        "breakdown": 0.5 * once - 0.8 * back + 0.4 * hush + 0.8 * fallen + 0.1 * (place > 0.4)
        - 1.5 * (first | last) - 0.3 * np.maximum(level, 0) - 0.2,
        "instrumental": 0.3 * once - 0.8 * back + 0.3 * level - 1.0 * (first | last) - voice
        - 0.5 * np.maximum(fallen, 0) - 0.3,
        "intro": np.where(first, 0.7 - 0.6 * level + 0.3 * short - 0.8 * inner, -6.0),
        "outro": np.where(last, 0.6 - 0.6 * level + 0.3 * short - 0.8 * inner, -6.0),
    }  # fmt: skip
    return np.stack([columns[kind] for kind in _TYPES], axis=1).astype(np.float64)
