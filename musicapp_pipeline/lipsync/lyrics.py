"""Lyrics as people paste them: lines, section headings, LRC time stamps."""

import re
from dataclasses import dataclass

_LRC_STAMP = re.compile(r"\[(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)\]")
_LRC_WORD_STAMP = re.compile(r"<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_LRC_TAG = re.compile(r"^\[(ar|ti|al|au|by|re|ve|la|length|offset|#)\s*:(.*)\]$", re.IGNORECASE)
_BRACKETED = re.compile(r"\[[^\[\]]*\]|\{[^{}]*\}")
_HEADING = re.compile(
    r"^\W*(?:(?:pre|post)[\s-]?)?(?:intro|outro|verse|chorus|bridge|hook|refrain|interlude|"
    r"instrumental|breakdown|solo|strophe|couplet|coda)\W*(?:\d+|[ivx]+|[a-d])?"
    r"\W*(?:[x×]\s*\d+|\d+\s*[x×])?\W*$",
    re.IGNORECASE,
)
_REPEAT = re.compile(r"\(?(?<!\w)(?:[x×]\s?\d{1,2}|\d{1,2}\s?[x×])\)?\s*$", re.IGNORECASE)
_SUNG_SIGNS = frozenset("&+")


@dataclass(frozen=True)
class LyricLine:
    """One sung line; ``time`` is its LRC stamp in seconds, if it carries one."""

    text: str
    words: tuple[str, ...]
    time: float | None = None


def parse_lyrics(lyrics: str) -> tuple[LyricLine, ...]:
    """Split lyrics into sung lines.

    A word is what stands between spaces, as written, if it holds a letter or a digit or is a sign
    that is read aloud (``rock & roll``). Headings (``[Chorus]``, a line ``Verse 2:``), LRC tags,
    repeat marks (``x2``) at a line's end and blank lines are not sung. A line with several LRC
    stamps is sung at each of them.
    """
    lines: list[LyricLine] = []
    offset = 0.0
    for raw in lyrics.replace("\ufeff", "").splitlines():
        tag = _LRC_TAG.match(raw.strip())
        if tag:
            offset = _offset_seconds(tag) if tag[1].lower() == "offset" else offset
            continue
        times = [_stamp_seconds(m) for m in _LRC_STAMP.finditer(raw)]
        text = _LRC_WORD_STAMP.sub(" ", _LRC_STAMP.sub(" ", raw))
        text = _BRACKETED.sub(" ", text)
        if _HEADING.match(text):
            continue
        text = " ".join(_REPEAT.sub("", text).split())
        words = tuple(token for token in text.split() if _is_sung(token))
        if words:
            lines += [LyricLine(text, words, max(0.0, t - offset)) for t in times] or [
                LyricLine(text, words)
            ]
    if lines and all(line.time is not None for line in lines):
        lines.sort(key=lambda line: line.time or 0.0)
    return tuple(lines)


def _is_sung(token: str) -> bool:
    return token in _SUNG_SIGNS or any(map(str.isalnum, token))


def _stamp_seconds(match: re.Match[str]) -> float:
    return int(match[1]) * 60 + float(match[2].replace(":", "."))


def _offset_seconds(tag: re.Match[str]) -> float:
    """LRC's offset is milliseconds; a positive one shows the lines earlier."""
    try:
        return float(tag[2]) / 1000
    except ValueError:
        return 0.0
