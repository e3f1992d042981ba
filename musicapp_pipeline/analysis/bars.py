"""Which beats begin a bar, and how many beats a bar has."""

from dataclasses import dataclass

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles, Ints

METRES = (4, 3, 5, 6, 7)
RARITY = {4: 0.0, 3: 0.25, 6: 0.5, 5: 0.6, 7: 0.6}
"""What a metre must gain over 4/4, in deviations per square root of beats."""
SLIP = 6.0
"""Cost of a bar that is not whole."""


@dataclass(frozen=True, slots=True)
class Bars:
    """``position`` of each beat in its bar (0 is the downbeat), beats a bar, and certainty 0–1."""

    position: Ints
    metre: int
    confidence: float


def find_bars(accent: Doubles, metres: tuple[int, ...] = METRES) -> Bars:
    """Choose metre and phase.

    Args:
        accent: how much each beat sounds like a downbeat, mean 0 and deviation 1, (beats,).
        metres: which numbers of beats a bar may have.

    Returns:
        The best explanation; with fewer than two bars' beats, the first beat starts a bar of four.
    """
    if len(accent) < 8:
        return Bars(np.arange(len(accent)) % 4, 4, 0.0)
    found = []
    for metre in metres:
        if len(accent) >= 2 * metre:
            position, score = _bar_path(accent, metre)
            found.append((score / np.sqrt(len(accent)) - RARITY[metre], metre, position))
    found.sort(key=lambda option: -option[0])
    best = found[0]
    margin = best[0] - found[1][0] if len(found) > 1 else best[0]
    certain = float(np.clip(best[0] / 6, 0, 1) * np.clip(0.4 + margin, 0, 1))
    return Bars(best[2], best[1], certain)


def _bar_path(accent: Doubles, metre: int) -> tuple[Ints, float]:
    """Viterbi over the position in the bar."""
    here = np.where(
        np.arange(metre) == 0, accent[:, None] * (1 - 1 / metre), -accent[:, None] / metre
    )
    score = here[0].copy()
    back = np.zeros((len(accent), metre), np.int64)
    for i in range(1, len(accent)):
        jump = score.max() - SLIP
        step = np.roll(score, 1)
        stays = step >= jump
        back[i] = np.where(stays, (np.arange(metre) - 1) % metre, int(score.argmax()))
        score = np.where(stays, step, jump) + here[i]
    position = np.empty(len(accent), np.int64)
    position[-1] = int(score.argmax())
    for i in range(len(accent) - 1, 0, -1):
        position[i - 1] = back[i, position[i]]
    return position, float(score.max())
