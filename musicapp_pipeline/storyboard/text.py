"""Words that people wrote, made safe to stand inside a prompt."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_SPACE: Final = re.compile(r"\s+")
_STOP: Final = re.compile(r"(?<=\w)\.$")
_QUOTES: Final = str.maketrans({"“": "'", "”": "'", "„": "'", "«": "'", "»": "'", '"': "'"})
# Joiners shape Arabic and Indic words; overrides only reorder what follows.
_JOINERS: Final = "\u200c\u200d"


def clean(text: str) -> str:
    """One line in normal form: no control characters, no direction overrides, single spaces."""
    spaced = _SPACE.sub(" ", unicodedata.normalize("NFC", text))
    kept = (c for c in spaced if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return "".join(kept).strip()


def clean_lyrics(text: str) -> str:
    """Lyric lines joined by `` / ``, whatever line ends they came with; the sentence around them
    has its own comma or full stop."""
    lines = (clean(line).rstrip(" ,;") for line in text.splitlines())
    return _STOP.sub("", " / ".join(line for line in lines if line))


def quoted(text: str) -> str:
    """``text`` between typographic quotes, its own quotes made single."""
    return f"“{text.translate(_QUOTES)}”"


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut between words, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: max(1, limit - 1)]
    words, space, _ = cut.rpartition(" ")
    # A long word, or a script without spaces, is cut where the room ends.
    kept = words if space and len(words) >= limit // 2 else cut
    return kept.rstrip(" ,;:/.—-") + "…"


def listed(names: Sequence[str], limit: int) -> str:
    """``A, B and C``; as many of them as fit into ``limit`` characters, and none if none does."""
    for count in range(len(names), 0, -1):
        *first, last = names[:count]
        text = f"{', '.join(first)} and {last}" if first else last
        if len(text) <= limit:
            return text
    return ""


def sentence(text: str) -> str:
    """Without an ending full stop, so that a template can set its own."""
    return text.rstrip(" .;,")


def capitalised(text: str) -> str:
    """The first letter as a capital, the rest as it is."""
    return text[:1].upper() + text[1:]
