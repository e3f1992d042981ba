"""Who sings when: coverage of an interval by lyric lines, and the lines of a scene."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import isfinite
from statistics import median
from typing import Final, Literal

from musicapp_pipeline.storyboard.model import TimedLine

NEAR_A_START: Final = 0.35
WORD: Final = 0.3
"""About one sung word, in seconds: less of a line than this is not heard as the line."""


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
        # Lines may overlap, so those that can reach a time start at most this much before it.
        self._reach = max((line.end_time - line.start_time for line in self.lines), default=0.0)

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

    def between(self, start: float, end: float) -> tuple[TimedLine, ...]:
        """Lines of which at least a word is heard in an interval, in the order they begin."""
        first = bisect_left(self._starts, start - self._reach)
        last = bisect_left(self._starts, end)
        return tuple(line for line in self.lines[first:last] if _heard(line, start, end))

    def text_between(self, start: float, end: float) -> str:
        """The words of :meth:`between`, a line each."""
        return "\n".join(line.text.strip() for line in self.between(start, end))


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
