"""Who sings when: coverage of an interval by lyric lines, and the lines of a scene."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import isfinite
from statistics import median
from typing import Final, Literal

from musicapp_pipeline.storyboard.model import TimedLine

NEAR_A_START: Final = 0.35
WORD: Final = 0.3
"""About one sung word, in seconds: less of a line than this is not heard as the line."""


ELLIPSIS: Final = "…"
RAP_WORDS_A_SECOND: Final = 2.8
"""Sung lines mostly carry 1 to 2.5 words a second, rapped ones 3 to 6."""


def vocal_style_of(lines: Sequence[TimedLine]) -> Literal["raps", "sings"]:
    """Whether timed lines are rapped or sung, by the median of their words a second.

    Scripts that do not write spaces between words count as sung; so does an empty list.
    """
    rates = [
        len(line.text.split()) / (line.end_time - line.start_time)
        for line in lines
        if line.end_time > line.start_time
    ]
    return "raps" if rates and median(rates) >= RAP_WORDS_A_SECOND else "sings"


class LineTrack:
    """Timed lyric lines, in any order, overlapping or not.

    Lines without usable times or text are left out; an end before its start counts as the start.
    """

    def __init__(self, lines: Sequence[TimedLine], duration: float) -> None:
        usable = [
            TimedLine(
                text=line.text,
                start_time=max(0.0, line.start_time),
                end_time=min(duration, max(line.start_time, line.end_time)),
            )
            for line in lines
            if line.text.strip()
            and isfinite(line.start_time)
            and isfinite(line.end_time)
            and line.start_time < duration
        ]
        self.lines = tuple(sorted(usable, key=lambda line: (line.start_time, line.end_time)))
        self._starts = [line.start_time for line in self.lines]
        self._spans = _union(self.lines)
        self._span_starts = [start for start, _ in self._spans]

    def starts_near(self, time: float) -> bool:
        """Whether a line begins at or just after ``time``."""
        k = bisect_left(self._starts, time - 0.1)
        return k < len(self._starts) and self._starts[k] <= time + NEAR_A_START

    def inside(self, time: float) -> bool:
        """Whether ``time`` falls into the middle of singing."""
        k = bisect_right(self._span_starts, time) - 1
        if k < 0:
            return False
        start, end = self._spans[k]
        return start + WORD < time < end - WORD

    def coverage(self, start: float, end: float) -> float:
        """The share of an interval during which somebody sings, 0 to 1."""
        k = max(0, bisect_right(self._span_starts, start) - 1)
        sung = 0.0
        while k < len(self._spans) and self._spans[k][0] < end:
            sung += max(0.0, min(end, self._spans[k][1]) - max(start, self._spans[k][0]))
            k += 1
        return min(1.0, sung / (end - start)) if end > start else 0.0

    def texts_of(self, spans: Sequence[tuple[float, float]]) -> list[str]:
        """The words that are sung in each of the intervals a song is cut into, a line each.

        Of a line that a cut divides, each side gets its own words and an ellipsis for the rest; a
        single word, or what is sung in no time, goes with those beside it. What has no spaces is
        not divided: it stands wherever it is heard.

        Args:
            spans: ascending and without overlap, in seconds.
        """
        texts: list[list[str]] = [[] for _ in spans]
        ends = [end for _, end in spans]
        for line in self.lines:
            first = bisect_right(ends, line.start_time)
            for n, text in _divided(line, spans, first):
                texts[n].append(text)
        return ["\n".join(lines) for lines in texts]


def joined(first: str, second: str) -> str:
    """The lyrics of two scenes that become one; a line that the cut divided is whole again."""
    if first.endswith(ELLIPSIS) and second.startswith(ELLIPSIS):
        return f"{first[:-1]} {second[1:]}"
    return "\n".join(text for text in (first, second) if text)


def parted(text: str, start: float, cut: float, end: float) -> tuple[str, str]:
    """The lyrics of a scene from ``start`` to ``end`` that is cut, for both sides of the cut.

    When each word is sung nobody has said, so all of them are taken to last by their letters; a
    single word stands on both sides.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    letters = sum(map(len, lines))
    if sum(len(line.split()) for line in lines) < 2:
        return text, text
    edges = [start + (end - start) * n / letters for n in accumulate(map(len, lines), initial=0)]
    timed = [
        TimedLine(text=line, start_time=left, end_time=right)
        for line, left, right in zip(lines, edges[:-1], edges[1:], strict=True)
    ]
    first, second = LineTrack(timed, end).texts_of([(start, cut), (cut, end)])
    return first, second


def _divided(
    line: TimedLine, spans: Sequence[tuple[float, float]], first: int
) -> list[tuple[int, str]]:
    """What each span from ``first`` on has of a line, by its number."""
    words = line.text.split()
    reached = [n for n in range(first, len(spans)) if spans[n][0] <= line.end_time]
    if len(words) == 1:
        return [(n, words[0]) for n in reached if _heard(line, *spans[n])]
    middles = _middles(line, words)
    groups: list[tuple[int, list[str]]] = []
    for n in reached:
        start, end = spans[n]
        group = words[bisect_left(middles, start) : bisect_left(middles, end)]
        if not group:
            continue
        before, earlier = groups[-1] if groups else (n, [])
        if earlier and (_few(line, group, spans[n]) or _few(line, earlier, spans[before])):
            groups[-1] = (before if len(earlier) >= len(group) else n, earlier + group)
        else:
            groups.append((n, group))
    last = len(groups) - 1
    return [
        (n, f"{ELLIPSIS if k else ''}{' '.join(group)}{ELLIPSIS if k < last else ''}")
        for k, (n, group) in enumerate(groups)
    ]


def _few(line: TimedLine, group: Sequence[str], span: tuple[float, float]) -> bool:
    """Whether these words of a line, sung within ``span``, are too little to be quoted alone."""
    seconds = min(span[1], line.end_time) - max(span[0], line.start_time)
    return len(group) == 1 or seconds < 2 * WORD


def _middles(line: TimedLine, words: Sequence[str]) -> list[float]:
    """When the middle of each word is sung, each taken to last by its letters."""
    letters = sum(map(len, words))
    length = line.end_time - line.start_time
    ends = list(accumulate(map(len, words)))
    return [
        line.start_time + length * (end - len(word) / 2) / letters
        for word, end in zip(words, ends, strict=True)
    ]


def _heard(line: TimedLine, start: float, end: float) -> bool:
    length = line.end_time - line.start_time
    shared = min(end, line.end_time) - max(start, line.start_time)
    if length <= 0:
        return start <= line.start_time < end
    return shared >= min(WORD, length / 2) - 1e-9


def _union(lines: Sequence[TimedLine]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for line in lines:
        if line.end_time <= line.start_time:
            continue
        if spans and line.start_time <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], line.end_time))
        else:
            spans.append((line.start_time, line.end_time))
    return spans
