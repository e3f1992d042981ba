"""A person's corrections of what was heard: edits that name moments, and whole lists.

A project keeps them as a mapping with up to three keys: ``analysis``, typed edits that survive a
new analysis; ``beatGrid`` and ``sections``, which replace what was heard.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from musicapp_pipeline.analysis.edits import (
    EDITS,
    Edit,
    TapTempo,
    merge_edits,
    readable,
    shift_edits,
)
from musicapp_pipeline.analysis.model import Beat, Section, SongAnalysis
from musicapp_pipeline.analysis.section_names import type_of


def corrected(analysis: SongAnalysis, edits: Mapping[str, Any]) -> SongAnalysis:
    """An analysis with all of a person's corrections; keys of other meaning are passed over.

    Typed edits come after whole lists: who sends a list has seen what was edited until then. What
    no longer fits is named in ``notes``.
    """
    changes: dict[str, Any] = {}
    if edits.get("beatGrid"):
        changes |= _grid(analysis, edits["beatGrid"])
    if edits.get("sections"):
        changes["sections"] = tiled(edits["sections"], analysis.duration)
    typed, notes = readable(edits.get("analysis", ()))
    if notes:
        changes["notes"] = (*analysis.notes, *notes)
    whole = analysis.model_copy(update=changes) if changes else analysis
    return merge_edits(whole, typed)


def shifted(edits: Mapping[str, Any], seconds: float, duration: float) -> dict[str, Any]:
    """The same corrections for a master in which everything happens ``seconds`` later.

    What then lies outside the song is left out. ``lyrics`` and the lines of ``heardLyrics`` are
    shifted too; keys of other meaning stay as they are.
    """
    out = dict(edits)

    def moved(time: float) -> float:
        return round(min(max(time + seconds, 0.0), duration), 6)

    def spans(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        new = [
            {**r, "startTime": moved(r["startTime"]), "endTime": moved(r["endTime"])} for r in rows
        ]
        return [row for row in new if row["endTime"] > row["startTime"]]

    if "analysis" in out:
        typed = [_inside(e, duration) for e in shift_edits(readable(out["analysis"])[0], seconds)]
        out["analysis"] = EDITS.dump_python(tuple(e for e in typed if e is not None), mode="json")
    if out.get("beatGrid"):
        grid = dict(out["beatGrid"])
        if grid.get("beats") is not None:
            grid["beats"] = [
                {**b, "time": moved(b["time"])}
                for b in grid["beats"]
                if 0 <= b["time"] + seconds <= duration
            ]
        if grid.get("downbeats") is not None:
            later = [t + seconds for t in grid["downbeats"]]
            grid["downbeats"] = [round(t, 6) for t in later if 0 <= t <= duration]
        out["beatGrid"] = grid
    if out.get("sections"):
        out["sections"] = spans(out["sections"])
    if out.get("lyrics"):
        out["lyrics"] = spans(out["lyrics"])
    if out.get("heardLyrics"):
        out["heardLyrics"] = {**out["heardLyrics"], "lines": spans(out["heardLyrics"]["lines"])}
    return out


def left_out(edits: Mapping[str, Any], seconds: float, duration: float) -> list[str]:
    """What ``shifted`` leaves out of typed edits, sections and lines, as people know it."""
    moved = shift_edits(readable(edits.get("analysis", ()))[0], seconds)
    out = [
        f"your edit ({edit.kind.replace('_', ' ')}{_name(edit)})"
        for edit in moved
        if _inside(edit, duration) is None
    ]
    for key, said in (("sections", "name"), ("lyrics", "text")):
        out += [
            f"“{row[said]}”"
            for row in edits.get(key) or ()
            if row["endTime"] + seconds <= 0 or row["startTime"] + seconds >= duration
        ]
    return out


def _name(edit: Edit) -> str:
    name = getattr(edit, "name", None)
    return f" “{name}”" if name else ""


def _inside(edit: Edit, duration: float) -> Edit | None:
    """The edit, if its moments are in the song; of taps those that are, if they still tell."""
    if isinstance(edit, TapTempo):
        taps = tuple(t for t in edit.taps if 0 <= t <= duration)
        return edit.model_copy(update={"taps": taps}) if len(taps) >= 4 else None
    times = [getattr(edit, name) for name in ("time", "to") if hasattr(edit, name)]
    return edit if all(0 <= t <= duration for t in times) else None


def tiled(sections: Sequence[Mapping[str, Any]], duration: float) -> tuple[Section, ...]:
    """Sections that follow each other without gaps from the song's start to its end."""
    starts = [0.0, *(float(s["startTime"]) for s in sections[1:]), duration]
    return tuple(
        Section(
            name=s["name"],
            start_time=start,
            end_time=end,
            type=s.get("type") or type_of(s["name"]),
            confidence=1.0,
        )
        for s, (start, end) in zip(sections, pairwise(starts), strict=True)
        if end > start
    )


def _grid(analysis: SongAnalysis, grid: Mapping[str, Any]) -> dict[str, Any]:
    metre = int(grid.get("metre") or analysis.metre)
    out: dict[str, Any] = {"metre": metre, "grid_by_person": True}
    times = [b.time for b in analysis.beats]
    if grid.get("beats") is not None:
        out["beats"] = tuple(Beat(**b) for b in grid["beats"])
        times = [b["time"] for b in grid["beats"]]
        steps = [b - a for a, b in pairwise(times)]
        out["bpm"] = round(60 / median(steps), 3) if steps else analysis.bpm
        out["downbeats"] = tuple(times[::metre])
    elif metre != analysis.metre and analysis.downbeats:
        out["downbeats"] = bars(times, analysis.downbeats[0], metre)
    if grid.get("bpm") is not None:
        out["bpm"] = grid["bpm"]
    if grid.get("downbeats") is not None:
        near = {_nearest(times, t) for t in grid["downbeats"]} if times else set()
        out["downbeats"] = tuple(sorted(near))
    return out


def bars(times: Sequence[float], first: float, metre: int) -> tuple[float, ...]:
    """Downbeats of bars of ``metre`` beats, counted from the one at ``first`` both ways."""
    if not times:
        return ()
    return tuple(times[times.index(_nearest(times, first)) % metre :: metre])


def _nearest(times: Sequence[float], time: float) -> float:
    k = bisect_left(times, time)
    return min(times[max(0, k - 1) : k + 1], key=lambda t: abs(t - time))
