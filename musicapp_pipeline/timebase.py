"""Integer frames are the truth; seconds are for people.

A cut at ``t`` seconds is frame ``floor(t * fps + 1/2)`` with ``fps`` an exact fraction, and a
scene's length is the difference of its cuts. Rounding each scene's length on its own drifts.
"""

from fractions import Fraction
from math import floor

from musicapp_pipeline.errors import MusicAppError

Frames = int

NTSC = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "59.94": Fraction(60000, 1001),
}
MIN_FPS, MAX_FPS = Fraction(8), Fraction(120)


class BadFrameRate(MusicAppError):
    """A frame rate that is not a number or outside 8 to 120."""

    code = "bad_frame_rate"


def parse_fps(value: str | int | float | Fraction) -> Fraction:
    """The exact rate meant by ``24``, ``"24"``, ``"23.976"``, ``"30000/1001"`` or ``29.97``."""
    text = str(value).strip()
    try:
        fps = NTSC.get(text) or Fraction(text).limit_denominator(1001)
    except (ValueError, ZeroDivisionError):
        fps = Fraction(0)
    if not MIN_FPS <= fps <= MAX_FPS:
        raise BadFrameRate(
            f"fps {text!r} is not a frame rate between {MIN_FPS} and {MAX_FPS}",
            field="fps",
            value=text,
            allowed="8 to 120, for example 24, 25, 30, 23.976 or 30000/1001",
        )
    return fps


def frame_at(seconds: float | Fraction, fps: Fraction) -> Frames:
    """The frame whose start is nearest to ``seconds``; halves go up."""
    return floor(Fraction(seconds) * fps + Fraction(1, 2))


def seconds_at(frame: Frames, fps: Fraction) -> float:
    """When ``frame`` starts, in seconds."""
    return float(frame / fps)


def whole_frames(seconds: float | Fraction, fps: Fraction) -> Frames:
    """How many whole frames fit into ``seconds`` (8 s at 23.976 is 191)."""
    return floor(Fraction(seconds) * fps)
