"""What may stand in the fields of an edit, whoever sends it."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

SLOWEST, FASTEST = 20.0, 400.0
"""Beats a minute that a grid may have."""
LONGEST_SONG = 24 * 3600
MAX_TAPS = 10_000
_BREAKS = ("Cc", "Zl", "Zp")


def one_line(text: str) -> str:
    """A name as it is shown: control characters and line ends are spaces, and these are single."""
    plain = "".join(" " if unicodedata.category(c) in _BREAKS else c for c in text)
    return " ".join(plain.split())


def named(text: str) -> str:
    """One line that is not blank."""
    line = one_line(text)
    if not line:
        raise ValueError("has nothing but spaces and control characters")
    return line


_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Seconds = Annotated[_Number, Field(ge=-LONGEST_SONG, le=LONGEST_SONG)]
"""A moment. Below zero only behind a shift to another master; the song says where it ends."""
Milliseconds = Annotated[_Number, Field(ge=-5000, le=5000)]
Bpm = Annotated[_Number, Field(ge=SLOWEST, le=FASTEST)]
Metre = Annotated[int, Field(strict=True, ge=1, le=12)]
SectionName = Annotated[str, Field(max_length=80), AfterValidator(one_line)]
"""The limit also refuses half characters, which no text holds."""
