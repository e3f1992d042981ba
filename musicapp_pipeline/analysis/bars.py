"""Which beats begin a bar, and how many beats a bar has."""

from dataclasses import dataclass, replace

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles, Ints

METRES = (4, 3, 6, 5, 7)
RARITY = {4: 0.0, 3: 0.2, 6: 0.4, 5: 0.8, 7: 1.0}
"""How much less likely a bar of a metre is than one of 4/4 before it is heard (natural log)."""
SLIP = 7.0
"""Cost of a bar that is a beat or more too short, or a beat too long."""
SWITCH = 9.0
"""Cost of going on in another metre."""


GUESS = 0.2
"""The certainty under which nothing tells where bars begin, and four to a bar are assumed."""


@dataclass(frozen=True, slots=True)
class Bars:
    """``position`` of each beat in its bar (0 is the downbeat), beats a bar, and certainty 0–1."""

    position: Ints
    metre: int
    confidence: float


@dataclass(frozen=True, slots=True)
class _States:
    """All positions of all metres in one row."""

    metre: Ints
    position: Ints
    first: Ints
    last: Ints

    @classmethod
    def of(cls, metres: tuple[int, ...]) -> "_States":
        sizes = np.array(metres)
        ends = np.cumsum(sizes)
        return cls(
            np.repeat(sizes, sizes),
            np.concatenate([np.arange(m) for m in metres]),
            np.asarray(ends - sizes),
            np.asarray(ends - 1),
        )


def find_bars(chance: Doubles, metres: tuple[int, ...] = METRES) -> Bars:
    """Choose metre and phase, allowing now and then for a bar of another length.

    Args:
        chance: probability that each beat is a downbeat, (beats,).
        metres: which numbers of beats a bar may have.

    Returns:
        The most likely explanation; where none stands out, the most likely bars of four; with
        fewer than eight beats, those from the first.
    """
    if len(chance) < 8:
        return Bars(np.arange(len(chance)) % 4, 4, 0.0)
    states = _States.of(metres)
    path = _viterbi(np.clip(chance, 0.02, 0.98), states)
    position, metre = states.position[path], states.metre[path]
    down, others = chance[position == 0], chance[position != 0]
    lead = float(down.mean() - others.mean()) if len(down) and len(others) else 0.0
    main = int(np.bincount(metre).argmax())
    confidence = float(np.clip(lead / 0.7, 0, 1))
    if confidence < GUESS and metres != (4,):
        return replace(find_bars(chance, (4,)), confidence=confidence)
    return Bars(position, main, confidence)


def _evidence(chance: Doubles, states: _States) -> Doubles:
    """Log-likelihood of each beat in each state, (beats, states).

    The chance is divided by what it would be if nothing were heard, one in ``metre``: else long
    bars, which have few downbeats, would win wherever downbeats are hard to hear.
    """
    rare = np.array([RARITY[int(m)] for m in states.metre])
    first = np.log(chance)[:, None] + np.log(states.metre) - rare
    later = np.log(1 - chance)[:, None] - np.log(1 - 1 / states.metre)
    return np.where(states.position == 0, first, later)


def _viterbi(chance: Doubles, states: _States) -> Ints:
    heard = _evidence(chance, states)
    chain = np.maximum(np.arange(len(states.metre)) - 1, 0)
    score = heard[0]
    back = np.zeros((len(chance), len(states.metre)), np.int64)
    for i in range(1, len(chance)):
        step, origin = score[chain], chain.copy()
        ends = score[states.last]
        # A bar begins after the end of its own metre, of another, or too early.
        nearest = int(ends.argmax())
        for k, (first, last) in enumerate(zip(states.first, states.last, strict=True)):
            early = first + int(score[first : last + 1].argmax())
            options = (
                (float(ends[k]), int(last)),
                (float(ends[nearest]) - SWITCH, int(states.last[nearest])),
                (float(score[early]) - SLIP, early),
            )
            step[first], origin[first] = max(options)
        # Or the last beat of a bar is followed by one more.
        stay = score[states.last] - SLIP
        longer = stay > step[states.last]
        step[states.last[longer]] = stay[longer]
        origin[states.last[longer]] = states.last[longer]
        back[i] = origin
        score = step + heard[i]
    path = np.empty(len(chance), np.int64)
    path[-1] = int(score.argmax())
    for i in range(len(chance) - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return path
