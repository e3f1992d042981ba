"""Which part of the song, and which lines, belong to a scene's lips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from musicapp_pipeline.store.models import Scene

REACH = 0.6
"""Seconds beside the cut: handles are lip-synced too."""
PAD = 0.35
"""Silence or music around the words, for the aligner."""


@dataclass(frozen=True)
class Window:
    """Seconds in the song, and the lines that are sung (partly) within."""

    start: float
    end: float
    lyrics: str


def window_of(scene: Scene, lines: Sequence[dict[str, Any]], duration: float) -> Window:
    """Whole lines only: half a line cannot be aligned to the words of all of it."""
    first, last = scene.start_time - REACH, scene.end_time + REACH
    heard = [x for x in lines if x["endTime"] > first and x["startTime"] < last]
    start = min([first, *(x["startTime"] - PAD for x in heard)])
    end = max([last, *(x["endTime"] + PAD for x in heard)])
    words = "\n".join(x["text"] for x in heard)
    return Window(max(start, 0.0), min(end, duration), words or scene.lyrics)
