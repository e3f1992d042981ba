"""What becomes of a list of sections that does not tile the song, or names no kinds."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from musicapp_pipeline.analysis.section_names import kind_said
from musicapp_pipeline.api.storyboard.schemas import ROUNDING, SectionEdit


def told(sections: Sequence[SectionEdit], duration: float | None, least: float) -> list[str]:
    """What the person should know.

    Args:
        sections: as they were sent, ascending.
        duration: the song's.
        least: seconds, about a bar.
    """
    return [
        *_holes(sections, duration),
        *(
            f"section “{s.name}”: its name says no kind, so it is planned as a verse; send its type"
            for s in sections
            if s.type is None and kind_said(s.name) is None
        ),
        *(
            f"section “{s.name}” lasts {s.end_time - s.start_time:.2f} s, less than a bar: it may"
            " get no scene of its own"
            for s in sections
            if s.end_time - s.start_time < least
        ),
    ]


def _holes(sections: Sequence[SectionEdit], duration: float | None) -> Iterator[str]:
    first, last = sections[0], sections[-1]
    if first.start_time > ROUNDING:
        yield f"no section starts the song: “{first.name}” begins at 0 s"
    for left, right in pairwise(sections):
        if right.start_time > left.end_time + ROUNDING:
            yield (
                f"no section from {left.end_time:g} to {right.start_time:g} s:"
                f" “{left.name}” goes on until then"
            )
    if duration is not None and last.end_time < duration - ROUNDING:
        yield f"no section after {last.end_time:g} s: “{last.name}” goes on to the song's end"
