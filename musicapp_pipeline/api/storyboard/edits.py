"""A person's corrections of what was heard, as ``Storyboard.edits`` keeps them."""

from collections.abc import Sequence
from typing import Any

from musicapp_pipeline.analysis.edits import EDITS, apply_edit
from musicapp_pipeline.api.errors import Invalid
from musicapp_pipeline.api.storyboard.heard import uncorrected
from musicapp_pipeline.api.storyboard.schemas import ROUNDING, StoryboardUpdate
from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.models import Project, Storyboard

RESETTABLE = {"beat_grid": "beatGrid", "sections": "sections", "lyrics_data": "lyrics"}
"""Null in these goes back to what was heard."""
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
    if body.edits is not None:
        analysis = uncorrected(board)
        for edit in body.edits:
            analysis = apply_edit(analysis, edit)  # says what does not fit
        kept["analysis"] = EDITS.dump_python(tuple(body.edits), mode="json")
    if body.beat_grid is not None:
        sent = body.beat_grid.model_dump(mode="json", include=body.beat_grid.model_fields_set)
        _inside("beatGrid.beats", [b["time"] for b in sent.get("beats") or ()], project)
        _inside("beatGrid.downbeats", sent.get("downbeats") or (), project)
        kept["beatGrid"] = {**kept.get("beatGrid", {}), **sent}
    if body.sections is not None:
        _inside("sections", [s.end_time for s in body.sections], project)
        kept["sections"] = [
            s.model_dump(mode="json", by_alias=True, exclude_none=True) for s in body.sections
        ]
    if body.lyrics_data is not None:
        _inside("lyricsData", [x.end_time for x in body.lyrics_data], project)
        if "lyrics" not in kept:
            kept[HEARD] = {"lines": board.lyrics_data, "of": _words_of(project)}
        kept["lyrics"] = [x.model_dump(mode="json", by_alias=True) for x in body.lyrics_data]
    board.edits = kept
    return warnings


def _as_heard(project: Project, board: Storyboard, kept: dict[str, Any] | None) -> list[str]:
    """Show the lines that were heard again, if the song and its words are still the same."""
    if kept is None or kept["of"] != _words_of(project):
        return ["the lines are heard again when the storyboard is generated the next time"]
    board.lyrics_data = kept["lines"]
    return []


def _words_of(project: Project) -> str:
    return artifacts.fingerprint(project.audio_url, project.vocal_stem_url, project.lyrics)


def _inside(field: str, times: Sequence[float], project: Project) -> None:
    last = max(times, default=0.0)
    if project.duration is not None and last > project.duration + ROUNDING:
        raise Invalid(
            f"{field} reaches to {last:g} s, but the song lasts {project.duration:g} s",
            field=field,
            value=last,
            allowed=f"up to {project.duration:g}",
        )
