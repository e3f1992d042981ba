"""A person's edits as data: stored with the song, applied again after every re-analysis.

An edit names moments, never indices, so that it still means the same when the analysis finds
other beats or sections than last time.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from musicapp_pipeline.analysis import beat_edits, section_edits
from musicapp_pipeline.analysis.edit_fields import (
    MAX_TAPS,
    Bpm,
    Metre,
    Milliseconds,
    Seconds,
    SectionName,
)
from musicapp_pipeline.analysis.errors import BadEdit
from musicapp_pipeline.analysis.model import Frozen, SongAnalysis


class ShiftBeats(Frozen):
    """The grid was early or late by so many milliseconds."""

    kind: Literal["shift_beats"] = "shift_beats"
    milliseconds: Milliseconds


class ScaleTempo(Frozen):
    """The tempo is half or double; ``bpm`` is what it should be, if the person's view is known."""

    kind: Literal["scale_tempo"] = "scale_tempo"
    direction: Literal["halve", "double"]
    bpm: Bpm | None = None


class TapTempo(Frozen):
    """The grid is where the person tapped."""

    kind: Literal["tap_tempo"] = "tap_tempo"
    taps: tuple[Seconds, ...] = Field(max_length=MAX_TAPS)


class FirstDownbeat(Frozen):
    """A bar begins at ``time``."""

    kind: Literal["first_downbeat"] = "first_downbeat"
    time: Seconds
    metre: Metre | None = None


class RenameSection(Frozen):
    """The section sounding at ``time`` is called ``name`` and is of ``type``."""

    kind: Literal["rename_section"] = "rename_section"
    time: Seconds
    name: SectionName
    type: str | None = Field(None, max_length=40)


class MoveBoundary(Frozen):
    """The boundary near ``time`` belongs on the bar near ``to``."""

    kind: Literal["move_boundary"] = "move_boundary"
    time: Seconds
    to: Seconds


class SplitSection(Frozen):
    """A section begins at the bar near ``time``."""

    kind: Literal["split_section"] = "split_section"
    time: Seconds


class MergeSections(Frozen):
    """There is no boundary near ``time``."""

    kind: Literal["merge_sections"] = "merge_sections"
    time: Seconds


Edit = Annotated[
    ShiftBeats
    | ScaleTempo
    | TapTempo
    | FirstDownbeat
    | RenameSection
    | MoveBoundary
    | SplitSection
    | MergeSections,
    Field(discriminator="kind"),
]
EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Edit, ...])
"""Reads and writes a list of edits as JSON."""
_ONE: TypeAdapter[Edit] = TypeAdapter(Edit)
BEATS = ("shift_beats", "scale_tempo", "tap_tempo", "first_downbeat")
"""Kinds that change beats; the others change sections."""

_EDGE = 0.05
"""Seconds by which a moment that people round may lie outside the song."""
_SAME_BARS = 2.0
"""A boundary may have moved by so many bars between two analyses and still be the same one."""


def readable(stored: Iterable[Any]) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """Stored edits, and what to say of those that today's rules would not take."""
    kept: list[Edit] = []
    notes: list[str] = []
    for entry in stored:
        try:
            kept.append(_ONE.validate_python(entry))
        except ValidationError as error:
            first = error.errors()[0]
            field = str(first["loc"][-1]) if first["loc"] else "kind"
            notes.append(f"one of your edits cannot be used and is left out: its {field} is wrong")
    return tuple(kept), tuple(notes)


def apply_edit(analysis: SongAnalysis, edit: Edit) -> SongAnalysis:
    """The song after one edit.

    Raises:
        BadEdit: the edit does not fit the song.
    """
    _check_moments(analysis, edit)
    match edit:
        case ShiftBeats():
            return beat_edits.shift_beats(analysis, edit.milliseconds)
        case ScaleTempo():
            return _scale(analysis, edit)
        case TapTempo():
            return beat_edits.tap_tempo(analysis, edit.taps)
        case FirstDownbeat():
            return beat_edits.set_first_downbeat(analysis, edit.time, edit.metre)
        case RenameSection():
            index = section_edits.section_at(analysis, edit.time)
            return section_edits.rename_section(analysis, index, edit.name, edit.type)
        case MoveBoundary():
            return section_edits.move_boundary(analysis, _boundary(analysis, edit.time), edit.to)
        case SplitSection():
            index = section_edits.section_at(analysis, edit.time)
            return section_edits.split_section(analysis, index, edit.time)
        case MergeSections():
            return section_edits.merge_sections(analysis, _boundary(analysis, edit.time) - 1)


def merge_edits(new_analysis: SongAnalysis, edits: Iterable[Edit]) -> SongAnalysis:
    """A fresh analysis with a person's edits in force again.

    Edits that the fresh analysis already agrees with change nothing; those that no longer fit
    are left out and named in ``notes``.
    """
    merged = new_analysis
    for edit in _joined(edits):
        try:
            merged = merged if _agreed(merged, edit) else apply_edit(merged, edit)
        except BadEdit as error:
            name = edit.kind.replace("_", " ")
            note = f"your edit ({name}) no longer fits: {error.message}"
            merged = merged.model_copy(update={"notes": (*merged.notes, note)})
            continue
        if edit.kind in BEATS:
            merged = merged.model_copy(update={"grid_by_person": True})
    return merged


def _joined(edits: Iterable[Edit]) -> list[Edit]:
    """Shifts in a row as one, as far as one may go: many small ones cost no more, and there and
    back loses no beats at the song's ends."""
    out: list[Edit] = []
    for edit in edits:
        last = out[-1] if out else None
        if isinstance(edit, ShiftBeats) and isinstance(last, ShiftBeats):
            both = edit.milliseconds + last.milliseconds
            if abs(both) <= beat_edits.FARTHEST:
                out[-1] = ShiftBeats(milliseconds=both)
                continue
        out.append(edit)
    return out


def shift_edits(edits: Iterable[Edit], seconds: float) -> tuple[Edit, ...]:
    """The same edits for a master in which everything happens ``seconds`` later."""
    return tuple(_shifted(edit, seconds) for edit in edits)


def _shifted(edit: Edit, seconds: float) -> Edit:
    match edit:
        case TapTempo():
            return edit.model_copy(update={"taps": tuple(t + seconds for t in edit.taps)})
        case MoveBoundary():
            return edit.model_copy(update={"time": edit.time + seconds, "to": edit.to + seconds})
        case FirstDownbeat() | RenameSection() | SplitSection() | MergeSections():
            return edit.model_copy(update={"time": edit.time + seconds})
        case _:
            return edit


def _check_moments(analysis: SongAnalysis, edit: Edit) -> None:
    for field in ("time", "to", "taps"):
        given = getattr(edit, field, ())
        for moment in given if isinstance(given, tuple) else (given,):
            if not -_EDGE <= moment <= analysis.duration + _EDGE:
                raise BadEdit(
                    f"{moment:g} s is not in the song, which lasts {analysis.duration:g} s",
                    field=field,
                    value=moment,
                    allowed=f"0 to {analysis.duration:g} s",
                )


def _scale(analysis: SongAnalysis, edit: ScaleTempo) -> SongAnalysis:
    return (
        beat_edits.halve_tempo(analysis)
        if edit.direction == "halve"
        else beat_edits.double_tempo(analysis)
    )


def _agreed(analysis: SongAnalysis, edit: Edit) -> bool:
    """Whether the analysis already says what the person wanted."""
    match edit:
        case ScaleTempo(bpm=wanted) if wanted is not None:
            factor = 0.5 if edit.direction == "halve" else 2.0
            return abs(analysis.bpm - wanted) < abs(analysis.bpm * factor - wanted)
        case SplitSection():
            return _near(analysis, edit.time, 0.5)
        case MoveBoundary():
            return _near(analysis, edit.to, 0.5) and not _near(analysis, edit.time, 0.5)
        case MergeSections():
            return not _near(analysis, edit.time, _SAME_BARS)
        case _:
            return False


def _near(analysis: SongAnalysis, time: float, bars: float) -> bool:
    reach = bars * section_edits.bar_seconds(analysis)
    return any(abs(s.start_time - time) < reach for s in analysis.sections[1:])


def _boundary(analysis: SongAnalysis, time: float) -> int:
    """The section whose start is nearest to ``time``, the first one excepted."""
    starts = [s.start_time for s in analysis.sections]
    if len(starts) < 2:
        raise BadEdit(
            "the song is one section; split it first", field="time", value=time, allowed="a split"
        )
    index = min(range(1, len(starts)), key=lambda i: abs(starts[i] - time))
    if abs(starts[index] - time) > _SAME_BARS * section_edits.bar_seconds(analysis):
        raise BadEdit(
            f"no section begins near {time:.2f} s",
            field="time",
            value=time,
            allowed=", ".join(f"{s:.2f}" for s in starts[1:]),
        )
    return index
