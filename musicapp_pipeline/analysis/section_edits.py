"""What a person may do to the sections. Pure; sections always tile the song, edges on bars."""

from musicapp_pipeline.analysis.errors import BadEdit
from musicapp_pipeline.analysis.model import SECTION_TYPES, Section, SongAnalysis

CERTAIN = 1.0
"""The confidence of what a person decided."""
_LEAST = 0.75
"""Of a bar: no edit makes a section shorter; bars that drift still count as whole."""


def rename_section(
    analysis: SongAnalysis, index: int, name: str, kind: str | None = None
) -> SongAnalysis:
    """Give section ``index`` another name and, if given, another type."""
    section = _section(analysis, index)
    if not name.strip() or len(name) > 80:
        raise BadEdit(
            "a section's name must have 1 to 80 characters",
            field="name",
            value=name,
            allowed="1 to 80 characters",
        )
    if kind is not None and kind not in SECTION_TYPES:
        raise BadEdit(
            f"{kind!r} is no type of section",
            field="type",
            value=kind,
            allowed=", ".join(SECTION_TYPES),
        )
    update = {"name": name.strip(), "type": kind or section.type, "confidence": CERTAIN}
    return _with(analysis, index, index + 1, section.model_copy(update=update))


def move_boundary(analysis: SongAnalysis, index: int, time: float) -> SongAnalysis:
    """Move the start of section ``index`` to the bar nearest to ``time``.

    Raises:
        BadEdit: the first section's start cannot move, and no section may become shorter than
            a bar.
    """
    section = _section(analysis, index)
    if index == 0:
        raise BadEdit(
            "the first section starts with the song; move a later one",
            field="index",
            value=index,
            allowed=f"1 to {len(analysis.sections) - 1}",
        )
    before = analysis.sections[index - 1]
    at = _bar_between(analysis, time, before.start_time, section.end_time, "to")
    pair = (
        before.model_copy(update={"end_time": at}),
        section.model_copy(update={"start_time": at, "confidence": CERTAIN}),
    )
    return _with(analysis, index - 1, index + 1, *pair)


def split_section(analysis: SongAnalysis, index: int, time: float) -> SongAnalysis:
    """Cut section ``index`` in two at the bar nearest to ``time``.

    Raises:
        BadEdit: a part would be shorter than a bar.
    """
    section = _section(analysis, index)
    at = _bar_between(analysis, time, section.start_time, section.end_time, "time")
    halves = (
        section.model_copy(update={"end_time": at, "confidence": CERTAIN}),
        section.model_copy(
            update={"start_time": at, "name": f"{section.name} b"[:80], "confidence": CERTAIN}
        ),
    )
    return _with(analysis, index, index + 1, *halves)


def merge_sections(analysis: SongAnalysis, index: int) -> SongAnalysis:
    """Join section ``index`` with the one after it; the first one's name and type stay."""
    section = _section(analysis, index)
    if index + 1 >= len(analysis.sections):
        raise BadEdit(
            "the last section has none after it to merge with",
            field="index",
            value=index,
            allowed=f"0 to {len(analysis.sections) - 2}",
        )
    end = analysis.sections[index + 1].end_time
    joined = section.model_copy(update={"end_time": end, "confidence": CERTAIN})
    return _with(analysis, index, index + 2, joined)


def section_at(analysis: SongAnalysis, time: float) -> int:
    """Which section sounds at ``time``."""
    for index, section in enumerate(analysis.sections):
        if time < section.end_time:
            return index
    return len(analysis.sections) - 1


def bar_seconds(analysis: SongAnalysis) -> float:
    """How long a bar lasts, by the tempo; two seconds where there is none."""
    return 60 / analysis.bpm * analysis.metre if analysis.bpm > 0 else 2.0


def least_seconds(analysis: SongAnalysis) -> float:
    """What no edit makes a section shorter than: about a bar."""
    return _LEAST * min(bar_seconds(analysis), 4.0)


def _section(analysis: SongAnalysis, index: int) -> Section:
    if not 0 <= index < len(analysis.sections):
        raise BadEdit(
            f"there is no section {index}; the song has {len(analysis.sections)}",
            field="index",
            value=index,
            allowed=f"0 to {len(analysis.sections) - 1}",
        )
    return analysis.sections[index]


def _bar_between(
    analysis: SongAnalysis, time: float, start: float, end: float, field: str
) -> float:
    """The bar start (or beat, or moment, where there are none) nearest to ``time`` that leaves a
    bar on both sides."""
    least = least_seconds(analysis)
    for grid in (analysis.downbeats, tuple(b.time for b in analysis.beats), (time,)):
        near = [t for t in grid if abs(t - time) <= least]
        inside = [t for t in near if start + least <= t <= end - least]
        if inside:
            return min(inside, key=lambda t: abs(t - time))
        if near:
            break  # edges stay on bars
    room = start + least <= end - least
    raise BadEdit(
        f"{time:.2f} s leaves less than a bar between {start:.2f} and {end:.2f} s",
        field=field,
        value=time,
        allowed=f"{start + least:.2f} to {end - least:.2f} s"
        if room
        else "nothing: it is too short",
    )


def _with(analysis: SongAnalysis, start: int, end: int, *sections: Section) -> SongAnalysis:
    parts = (*analysis.sections[:start], *sections, *analysis.sections[end:])
    return analysis.model_copy(update={"sections": parts})
