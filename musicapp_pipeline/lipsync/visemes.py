"""From phones to the movement of a mouth.

Each phone asks for a mouth shape; neighbours flow into each other (co-articulation), the lips move
a little before the sound, and p, b and m close the mouth whatever surrounds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.errors import BadPhonemes
from musicapp_pipeline.lipsync.model import Phoneme

Curve = NDArray[np.float64]

RATE = 240
"""Steps a second at which shapes are laid out before they are sampled at the frame rate."""
LEAD_SECONDS = 0.03
"""Lips shape a sound before it is heard."""
ATTACK_SECONDS = 0.08
"""Longest time from a phone's beginning to its full shape, however long it is held."""
GLIDE_SECONDS = 0.25
"""A held diphthong's second half begins this long before its end."""
BLEND_SECONDS = 0.028
PRESS_SECONDS = 0.012
REST_AFTER_SECONDS = 0.12
"""Longer silences let the mouth come to rest."""


@dataclass(frozen=True)
class Shape:
    """A mouth: ``open`` 0 to 1, ``width`` -1 to 1, ``round`` 0 to 1 (lips forward),
    ``press`` 0 to 1 (lips shut), ``tuck`` 0 to 1 (lower lip under the upper teeth)."""

    open: float
    width: float = 0.0
    round: float = 0.0
    press: float = 0.0
    tuck: float = 0.0

    def row(self) -> tuple[float, float, float, float, float]:
        return (self.open, self.width, self.round, self.press, self.tuck)


OPEN, WIDTH, ROUND, PRESS, TUCK = range(5)

REST = Shape(0.0)
_LIPS = Shape(0.0, -0.05, 0.1, press=1.0)
_TEETH = Shape(0.15, tuck=1.0)
_TONGUE = Shape(0.22, 0.08)
_BACK = Shape(0.28)
_HUSH = Shape(0.22, -0.35, 0.6)
_HISS = Shape(0.15, 0.25)
_GLIDE = Shape(0.25, -0.3, 0.45)
_AA, _AE, _EH = Shape(1.0, 0.1), Shape(0.8, 0.35), Shape(0.6, 0.3)
_IH, _IY, _AH = Shape(0.42, 0.35), Shape(0.3, 0.55), Shape(0.6, 0.05)
_AO, _OW, _UW = Shape(0.75, -0.4, 0.6), Shape(0.6, -0.55, 0.85), Shape(0.32, -0.7, 1.0)
_ER = Shape(0.4, -0.25, 0.4)

SHAPES: dict[str, tuple[Shape, ...]] = {
    "P": (_LIPS,), "B": (_LIPS,), "M": (_LIPS,), "F": (_TEETH,), "V": (_TEETH,),
    "TH": (_TONGUE,), "DH": (_TONGUE,), "T": (_TONGUE,), "D": (_TONGUE,), "N": (_TONGUE,),
    "L": (_TONGUE,), "DX": (_TONGUE,), "K": (_BACK,), "G": (_BACK,), "NG": (_BACK,),
    "CH": (_HUSH,), "JH": (_HUSH,), "SH": (_HUSH,), "ZH": (_HUSH,), "S": (_HISS,), "Z": (_HISS,),
    "R": (_GLIDE,), "W": (_UW,), "Y": (_IY,), "HH": (Shape(0.35, 0.05),),
    "AA": (_AA,), "AE": (_AE,), "EH": (_EH,), "IH": (_IH,), "IX": (_IH,), "IY": (_IY,),
    "AH": (_AH,), "AX": (_AH,), "AO": (_AO,), "UH": (Shape(0.4, -0.5, 0.7),), "UW": (_UW,),
    "ER": (_ER,), "AXR": (_ER,), "AW": (_AA, _UW), "AY": (_AA, _IY), "EY": (_EH, _IY),
    "OW": (_OW, _UW), "OY": (_AO, _IY),
}  # fmt: skip
"""ARPAbet to shapes; diphthongs go from the first to the second."""

_QUIET = frozenset({"SIL", "PAU", "SP", "SPN", "NSN", "+NSN+", "+SPN+", "H#", ""})


def mouth_curve(
    phonemes: Sequence[Phoneme], frames: int, fps: Fraction, *, offset: float = 0.0
) -> Curve:
    """The mouth's shape in every frame, shape ``(frames, 5)``: open, width, round, press, tuck.

    Args:
        phonemes: in order; seconds from the clip's first frame.
        offset: seconds to shift the mouth by; negative moves it earlier.

    Raises:
        BadPhonemes: if a phone is not ARPAbet or its times are not in order.
    """
    sung = [p for p in checked(phonemes) if _plain(p.phoneme) not in _QUIET]
    n = int(frames * RATE / fps) + 1
    times = np.arange(n) / RATE
    keys, shapes = _keys(sung, offset - LEAD_SECONDS, times[-1])
    curve = np.stack([np.interp(times, keys, shapes[:, j]) for j in range(5)], axis=1)
    curve = _smoothed(curve, BLEND_SECONDS)
    press = _presses(sung, offset - LEAD_SECONDS, times, float(1 / fps))
    curve[:, OPEN] *= 1 - np.minimum(press * 1.15, 1)
    curve[:, PRESS] = press
    at = np.minimum((np.arange(frames) * RATE / float(fps)).round().astype(int), n - 1)
    return np.asarray(curve[at])


def checked(phonemes: Sequence[Phoneme]) -> Sequence[Phoneme]:
    """The phonemes, if every one is ARPAbet with times in order.

    Raises:
        BadPhonemes: naming the first that is not.
    """
    for k, p in enumerate(phonemes):
        plain = _plain(p.phoneme)
        if plain not in SHAPES and plain not in _QUIET:
            raise BadPhonemes(
                f"phonemes[{k}] is {p.phoneme!r}, which is not ARPAbet; "
                "use what `musicapp align` prints, for example AA, IY1 or SH",
                field=f"phonemes[{k}].phoneme",
                value=p.phoneme,
                allowed=" ".join(sorted(SHAPES)),
            )
        if not (np.isfinite([p.start, p.end]).all() and p.start <= p.end):
            raise BadPhonemes(
                f"phonemes[{k}] runs from {p.start} to {p.end} s; a phone must end after it starts",
                field=f"phonemes[{k}].start",
                value=p.start,
            )
    return sorted(phonemes, key=lambda p: p.start)


def _plain(phone: str) -> str:
    """Upper case, without the stress digit."""
    return phone.upper().rstrip("012")


def _keys(
    phones: Sequence[Phoneme], shift: float, until: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and shapes the mouth passes through: a plateau a phone, rest in silences."""
    keys: list[tuple[float, Shape]] = [(-1.0, REST)]
    last = -1.0
    for phone in phones:
        start, end = phone.start + shift, phone.end + shift
        if start - last > REST_AFTER_SECONDS:
            keys += [(last + 0.06, REST), (start - 0.05, REST)]
        shapes = SHAPES[_plain(phone.phoneme)]
        plateau = (shapes[0], *shapes) if len(shapes) == 2 else (shapes[0], shapes[0])
        marks = _marks(end - start, glides=len(shapes) == 2)
        keys += [(start + mark, shape) for mark, shape in zip(marks, plateau, strict=True)]
        last = end
    keys += [(last + 0.1, REST), (max(until, last) + 1.0, REST)]
    times = np.maximum.accumulate([t for t, _ in keys])
    return np.asarray(times, np.float64), np.array([s.row() for _, s in keys])


def _marks(seconds: float, *, glides: bool) -> tuple[float, ...]:
    """When a phone of this length reaches its shape and leaves it, from its start.

    Lips take about the same time however long a note is held; singers stay on the first half of
    a diphthong and glide at the end.
    """
    if not glides:
        reach = min(0.3 * seconds, ATTACK_SECONDS)
        return reach, seconds - reach
    reach, settle = min(0.25 * seconds, ATTACK_SECONDS), min(0.1 * seconds, ATTACK_SECONDS / 2)
    return reach, max(0.5 * seconds, seconds - GLIDE_SECONDS), seconds - settle


def _presses(
    phones: Sequence[Phoneme], shift: float, times: NDArray[np.float64], frame: float
) -> NDArray[np.float64]:
    """Where lips are shut, 0 to 1; each closure lasts long enough to be seen in a frame."""
    shut = np.zeros_like(times)
    for phone in phones:
        shape = SHAPES[_plain(phone.phoneme)][0]
        if shape.press:
            start, end = phone.start + shift, phone.end + shift
            middle, half = (
                (start + end) / 2,
                max(0.35 * (end - start), 0.55 * frame + PRESS_SECONDS),
            )
            shut[(times >= middle - half) & (times <= middle + half)] = 1.0
    return np.minimum(_smoothed(shut[:, None], PRESS_SECONDS)[:, 0] * 1.05, 1.0)


def _smoothed(curve: Curve, seconds: float) -> Curve:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(curve, seconds * RATE, axis=0, mode="nearest"))
