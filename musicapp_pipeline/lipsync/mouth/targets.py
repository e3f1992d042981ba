"""Where the lips, chin and jaw should be for a mouth shape."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.mouth import landmarks as lm
from musicapp_pipeline.lipsync.mouth.landmarks import Axes, Points
from musicapp_pipeline.lipsync.visemes import OPEN, PRESS, ROUND, TUCK, WIDTH

Xy = NDArray[np.float64]

WIDEST_GAP = 0.36
"""Inner-lip distance of a fully open mouth, in eye distances."""
_CLOSED_GAP = 0.006
_USUAL_WIDTH = 0.80
"""Mouth width of a relaxed face, in eye distances."""
_COLUMNS = 11
_RIM = 0.022
"""Thickness of the dark edge of an open mouth's lips, in eye distances."""
_ARCH = np.sin(np.linspace(0, np.pi, _COLUMNS)) ** 0.75
"""How far the lips part from corner to corner."""


@dataclass(frozen=True)
class Controls:
    """Points of the source picture and where they go, for the part above and below the lips.

    ``upper_lip`` and ``lower_lip`` are the target inner edges, corner to corner; ``corners`` the
    target corners of the outer lips.
    """

    upper_from: Xy
    upper_to: Xy
    lower_from: Xy
    lower_to: Xy
    upper_lip: Xy
    lower_lip: Xy
    corners: Xy


def controls(points: Points, frame: Axes, shape: NDArray[np.float64], weight: float) -> Controls:
    """Control points for ``shape`` (open, width, round, press, tuck).

    Openings are absolute, so what the source's own mouth does is cancelled. ``weight`` 0 leaves
    the face as it is.
    """
    xy = points[:, :2]
    upper_in, upper_out = xy[list(lm.UPPER_INNER)], xy[list(lm.UPPER_OUTER)]
    lower_in, lower_out = xy[list(lm.LOWER_INNER)], xy[list(lm.LOWER_OUTER)]
    scale, right, down = frame.scale, frame.right, frame.down
    gap = (lower_in - upper_in) @ down
    # The dark rim between the lips belongs to neither: take the edges from just inside them.
    rim = _RIM * scale * float(np.clip(gap.max() / (0.05 * scale), 0, 1))
    upper_in, lower_in = upper_in - rim * down, lower_in + rim * down
    gap = gap + 2 * rim
    wanted = _wanted_gap(shape, scale)
    change = (wanted - gap) * weight
    raised, lowered = _shares(change)
    pout = _ARCH * scale * (0.02 * shape[ROUND] - 0.012 * shape[PRESS]) * weight
    tuck = _ARCH * scale * 0.035 * shape[TUCK] * weight
    stretch = (_width_factor(xy, frame, shape) - 1) * weight
    centre = (xy[lm.LEFT_CORNER] + xy[lm.RIGHT_CORNER]) / 2

    def moved(lip: Xy, dy: NDArray[np.float64]) -> Xy:
        sideways = ((lip - centre) @ right * stretch)[:, None] * right
        return np.asarray(lip + sideways + dy[:, None] * down)

    new_upper_in, new_upper_out = moved(upper_in, raised), moved(upper_out, raised - pout)
    new_lower_in = moved(lower_in, lowered - tuck)
    new_lower_out = moved(lower_out, lowered + pout - 0.6 * tuck)
    still = xy[list(lm.STILL)]
    chin_from, chin_to = _chin(xy, frame, lowered[_COLUMNS // 2])
    ring = _ring(xy, frame)
    upper = [upper_in, upper_out, still, ring]
    lower = [lower_in, lower_out[1:-1], still, chin_from, ring]
    return Controls(
        upper_from=np.vstack(upper),
        upper_to=np.vstack([new_upper_in, new_upper_out, still, ring]),
        lower_from=np.vstack(lower),
        lower_to=np.vstack([new_lower_in, new_lower_out[1:-1], still, chin_to, ring]),
        upper_lip=new_upper_in,
        lower_lip=new_lower_in,
        corners=new_upper_out[[0, -1]],
    )


def _wanted_gap(shape: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    opening = max(float(shape[OPEN]) * WIDEST_GAP, _CLOSED_GAP * (1 - 0.5 * float(shape[PRESS])))
    return np.asarray(opening * scale * _ARCH)


def _shares(change: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mostly the jaw opens a mouth; both lips close it."""
    upper = np.where(change > 0, 0.16, 0.5)
    return -upper * change, (1 - upper) * change


def _width_factor(xy: Xy, frame: Axes, shape: NDArray[np.float64]) -> float:
    width = float((xy[lm.RIGHT_CORNER] - xy[lm.LEFT_CORNER]) @ frame.right)
    factor = 1 + 0.16 * float(shape[WIDTH]) - 0.15 * float(shape[ROUND])
    wanted = (0.5 * _USUAL_WIDTH * frame.scale + 0.5 * width) * factor
    return wanted / max(width, 1e-3)


def _chin(xy: Xy, frame: Axes, lip_drop: float) -> tuple[Xy, Xy]:
    """What is below the lower lip follows it, less and less towards the chin and the ears.

    The skin between lip and chin is never squeezed to less than half, or it would fold.
    """
    lip, chin, nose = xy[lm.LOWER_OUTER[_COLUMNS // 2]], xy[lm.CHIN], xy[lm.NOSE_BASE]
    skin = max(float((chin - lip) @ frame.down), 1.0)
    drop = lip_drop * (0.72 if lip_drop > 0 else 0.35)
    drop = max(drop, lip_drop - 0.5 * skin)
    source = xy[[*lm.JAW, *lm.CHIN_PATCH]]
    height = (source - lip) @ frame.down
    aside = (source - chin) @ frame.right / frame.scale
    below = lip_drop + (drop - lip_drop) * np.clip(height / skin, 0, 1)
    beside = np.clip((source - nose) @ frame.down / max(float((chin - nose) @ frame.down), 1), 0, 1)
    amount = below * np.exp(-((aside / 0.75) ** 2)) * np.where(height > 0, 1.0, beside)
    return source, source + amount[:, None] * frame.down


def _ring(xy: Xy, frame: Axes) -> Xy:
    """Points around the lower face that never move."""
    jaw = xy[list(lm.JAW[1:-1])]
    centre = xy[lm.NOSE_BASE]
    neck = centre + (jaw - centre) * 1.28 + frame.down * frame.scale * 0.10
    sides = [
        centre + frame.scale * (side * frame.right * 1.5 + below * frame.down)
        for side in (-1, 1)
        for below in (-0.6, 0.3, 1.2, 2.0)
    ]
    return np.vstack([neck, sides])
