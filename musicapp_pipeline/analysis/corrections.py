"""A person's corrections of what was heard: edits that name moments, and whole lists.

A project keeps them as a mapping with up to three keys: ``analysis``, typed edits that survive a
new analysis; ``beatGrid`` and ``sections``, which replace what was heard.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from musicapp_pipeline.analysis.edits import EDITS, merge_edits
from musicapp_pipeline.analysis.model import SECTION_TYPES, Beat, Section, SongAnalysis


def corrected(analysis: SongAnalysis, edits: Mapping[str, Any]) -> SongAnalysis:
    """An analysis with all of a person's corrections; keys of other meaning are passed over."""
    merged = merge_edits(analysis, EDITS.validate_python(edits.get("analysis", ())))
    changes: dict[str, Any] = {}
    if edits.get("beatGrid"):
        changes |= _grid(merged, edits["beatGrid"])
    if edits.get("sections"):
        changes["sections"] = tiled(edits["sections"], merged.duration)
    return merged.model_copy(update=changes) if changes else merged


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


def type_of(name: str) -> str:
    """The kind of section a name says: "Chorus 2" is a chorus."""
    plain = name.lower().rstrip(" 0123456789").replace("-", "").replace(" ", "")
    return plain if plain in SECTION_TYPES else "verse"


def _grid(analysis: SongAnalysis, grid: Mapping[str, Any]) -> dict[str, Any]:
    metre = int(grid.get("metre") or analysis.metre)
    out: dict[str, Any] = {"metre": metre}
    times = [b.time for b in analysis.beats]
    if grid.get("beats") is not None:
        out["beats"] = tuple(Beat(**b) for b in grid["beats"])
        times = [b["time"] for b in grid["beats"]]
        steps = [b - a for a, b in pairwise(times)]
        out["bpm"] = round(60 / median(steps), 3) if steps else analysis.bpm
        out["downbeats"] = tuple(times[::metre])
    if grid.get("bpm") is not None:
        out["bpm"] = grid["bpm"]
    if grid.get("downbeats") is not None:
        near = {_nearest(times, t) for t in grid["downbeats"]} if times else set()
        out["downbeats"] = tuple(sorted(near))
    return out


def _nearest(times: Sequence[float], time: float) -> float:
    k = bisect_left(times, time)
    return min(times[max(0, k - 1) : k + 1], key=lambda t: abs(t - time))
