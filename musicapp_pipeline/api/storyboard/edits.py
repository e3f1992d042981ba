"""A person's corrections of what was heard, as ``Storyboard.edits`` keeps them."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Any

from musicapp_pipeline.analysis.corrections import bars
from musicapp_pipeline.analysis.edit_fields import FASTEST, SLOWEST
from musicapp_pipeline.analysis.edits import (
    BEATS,
    EDITS,
    Edit,
    ScaleTempo,
    apply_edit,
    merge_edits,
    readable,
)
from musicapp_pipeline.analysis.errors import BadEdit
from musicapp_pipeline.analysis.section_edits import least_seconds
from musicapp_pipeline.api.errors import Invalid
from musicapp_pipeline.api.storyboard import earlier, section_list
from musicapp_pipeline.api.storyboard.heard import analysis_of, edited, sources, uncorrected
from musicapp_pipeline.api.storyboard.schemas import ROUNDING, StoryboardUpdate
from musicapp_pipeline.store import projects
from musicapp_pipeline.store.models import Project, Storyboard

RESETTABLE = {
    "edits": "analysis",
    "beat_grid": "beatGrid",
    "sections": "sections",
    "lyrics_data": "lyrics",
}
"""Null in these goes back to what was heard."""
TEMPO_ROUNDING = 0.02
"""Share of a tempo that beats may go faster or slower than it says."""
MOST = ((BEATS, 100, "of the beats"), (("tap_tempo",), 5, "by tapping"))
"""How many edits of these kinds there may be: each of the beats moves the whole grid, and each by
tapping lays one anew, which takes a second for a long song."""
HEARD = "heardLyrics"
"""The lines that were heard, kept beside those that stand in their place."""


def write(project: Project, board: Storyboard, body: StoryboardUpdate) -> list[str]:
    """Write corrections into the storyboard's row.

    Returns:
        What the person should know.

    Raises:
        Invalid, BadEdit
    """
    kept = dict(board.edits)
    warnings = []
    nulls = [f for f in RESETTABLE if f in body.model_fields_set and getattr(body, f) is None]
    gone = [name for f in nulls if kept.pop(name := RESETTABLE[f], None) is not None]
    if "lyrics" in gone:
        warnings = _as_heard(project, board, kept.pop(HEARD, None))
    alone = body.edits is None and "edits" not in nulls
    if body.beat_grid is not None:
        if alone:
            warnings += earlier.beats(board, kept)
        sent = body.beat_grid.model_dump(mode="json", include=body.beat_grid.model_fields_set)
        _inside("beatGrid.beats", [b["time"] for b in sent.get("beats") or ()], project)
        _inside("beatGrid.downbeats", sent.get("downbeats") or (), project)
        warnings += _check_tempo(board, sent)
        kept["beatGrid"] = {**_base(kept.get("beatGrid", {}), sent), **sent}
    if body.sections is not None:
        if alone:
            warnings += earlier.sections(kept)
        _inside("sections", [s.end_time for s in body.sections], project)
        kept["sections"] = [
            s.model_dump(mode="json", by_alias=True, exclude_none=True) for s in body.sections
        ]
    if body.lyrics_data is not None:
        _inside("lyricsData", [x.end_time for x in body.lyrics_data], project)
        if "lyrics" not in kept:
            kept[HEARD] = {"lines": board.lyrics_data, "of": projects.words_of(project)}
        kept["lyrics"] = [x.model_dump(mode="json", by_alias=True) for x in body.lyrics_data]
    if body.edits is not None:
        typed = _checked(board, kept, body.edits)
        kept["analysis"] = EDITS.dump_python(tuple(typed), mode="json")
    board.edits = kept
    if body.sections is not None:
        least = least_seconds(analysis_of(board))
        warnings += section_list.told(body.sections, project.duration, least)
    return [*warnings, *_not_fitting(board)]


def _base(grid: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """What stays of a corrected grid: other beats have another tempo and other bars, and another
    metre counts other bars from the first downbeat on."""
    if "beats" in sent:
        return {k: v for k, v in grid.items() if k == "metre"}
    if sent.get("metre") is None or "downbeats" in sent or not grid.get("downbeats"):
        return grid
    kept = {k: v for k, v in grid.items() if k != "downbeats"}
    if grid.get("beats"):
        times = [b["time"] for b in grid["beats"]]
        kept["downbeats"] = list(bars(times, grid["downbeats"][0], sent["metre"]))
    return kept


def _check_tempo(board: Storyboard, sent: dict[str, Any]) -> list[str]:
    beats = sent.get("beats") or board.beat_grid.get("beats") or ()
    steps = [right["time"] - left["time"] for left, right in pairwise(beats)]
    if not steps:
        return []
    tempo = 60 / median(steps)
    if "beats" in sent and not SLOWEST <= tempo <= FASTEST:
        raise Invalid(
            f"these beats go at {tempo:.6g} BPM",
            field="beatGrid.beats",
            value=round(tempo, 3),
            allowed=f"{SLOWEST:g} to {FASTEST:g} BPM",
        )
    bpm = sent.get("bpm")
    if bpm is None or abs(bpm - tempo) <= TEMPO_ROUNDING * tempo:
        return []
    return [
        f"bpm says {bpm:g}, but the beats go at {tempo:.1f}: bpm moves no beats; send beats, or"
        " one of the edits scale_tempo and tap_tempo"
    ]


def _checked(board: Storyboard, kept: Mapping[str, Any], typed: Sequence[Edit]) -> list[Edit]:
    """Apply edits one by one; the first that does not fit says so, and which it is.

    Those that were stored before are taken as they are: another hearing may agree with them by
    itself, or leave no room for them, and who sends them again with one more must not find out.

    Returns:
        The edits to store: a new half or double tempo says which it is, so that it changes nothing
        once that is heard.
    """
    lists = {name: value for name, value in kept.items() if name != "analysis"}
    stored, _ = readable(kept.get("analysis", ()))
    for kinds, most, what in MOST:
        count = sum(edit.kind in kinds for edit in typed)
        if count > max(most, sum(edit.kind in kinds for edit in stored)):
            raise Invalid(
                f"{count} edits {what} are too many; send what they come to",
                field="edits",
                value=count,
                allowed=f"up to {most} {what}",
            )
    return list(_applied(*sources(board, board.edits), json.dumps(lists), stored, tuple(typed)))


@lru_cache(8)
def _applied(
    heard: str, lines: str, lists: str, before: tuple[Edit, ...], typed: tuple[Edit, ...]
) -> tuple[Edit, ...]:
    """The edits to store; kept for the transaction, so that nothing is worked out inside it."""
    analysis = edited(heard, lines, lists)
    stored = list(before)
    out: list[Edit] = []
    for n, edit in enumerate(typed):
        known = next((old for old in stored if _same(old, edit)), None)
        if known is not None:
            stored.remove(known)
            analysis = merge_edits(analysis, [known])
            out.append(known)
            continue
        try:
            analysis = apply_edit(analysis, edit)
        except BadEdit as error:
            raise BadEdit(
                error.message,
                field=f"edits.{n}.{error.field}",
                value=error.value,
                allowed=error.allowed,
            ) from error
        if isinstance(edit, ScaleTempo) and edit.bpm is None:
            edit = edit.model_copy(update={"bpm": analysis.bpm})
        out.append(edit)
    return tuple(out)


def _same(stored: Edit, sent: Edit) -> bool:
    """Is this the stored edit, with its tempo or, as it was sent first, without?"""
    if isinstance(stored, ScaleTempo) and isinstance(sent, ScaleTempo) and sent.bpm is None:
        return stored.direction == sent.direction
    return stored == sent


def _not_fitting(board: Storyboard) -> list[str]:
    """Edits of before that change nothing any more."""
    plain = uncorrected(board)
    return [note for note in analysis_of(board).notes if note not in plain.notes]


def _as_heard(project: Project, board: Storyboard, kept: dict[str, Any] | None) -> list[str]:
    """Show the lines that were heard again, if the song and its words are still the same."""
    if kept is None or kept["of"] != projects.words_of(project):
        return ["the lines are heard again when the storyboard is generated the next time"]
    board.lyrics_data = kept["lines"]
    return []


def _inside(field: str, times: Sequence[float], project: Project) -> None:
    last = max(times, default=0.0)
    if project.duration is not None and last > project.duration + ROUNDING:
        raise Invalid(
            f"{field} reaches to {last:g} s, but the song lasts {project.duration:g} s",
            field=field,
            value=last,
            allowed=f"up to {project.duration:g}",
        )
