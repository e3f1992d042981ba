"""The kind of section a name says, as musicians call them."""

import re
from typing import Final

from musicapp_pipeline.analysis.model import SECTION_TYPES

_CALLED: Final = {
    **{name: name for name in SECTION_TYPES},
    **dict.fromkeys(("refrain", "hook", "drop", "postchorus"), "chorus"),
    **dict.fromkeys(("build", "buildup", "lift"), "prechorus"),
    **dict.fromkeys(("break", "interlude"), "breakdown"),
    **dict.fromkeys(("solo", "riff"), "instrumental"),
    **dict.fromkeys(("ending", "coda"), "outro"),
    **dict.fromkeys(("opening", "introduction"), "intro"),
    **dict.fromkeys(("middle8", "middleeight"), "bridge"),
}
_PARTED: Final = re.compile(r"\b(pre|post|build|middle)[\s_-]+(?=chorus|up\b|8|eight)")
_WORD: Final = re.compile(r"middle8|[^\W\d_]+")


def kind_said(name: str) -> str | None:
    """What the first word that says a kind says: "Chorus 2" and "Drop A" are choruses.

    Returns:
        One of the section types, None where no word is known.
    """
    words = _WORD.findall(_PARTED.sub(r"\1", name.lower()))
    return next((_CALLED[word] for word in words if word in _CALLED), None)


def type_of(name: str) -> str:
    """A section's type where a person gave only its name; a verse if that says nothing."""
    return kind_said(name) or "verse"
