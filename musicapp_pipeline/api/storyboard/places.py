"""Where the cuts lay on a grid of beats, so that taking an edit of the beats back takes them back.

Put onto the beats anew they would stay on whatever beat they are nearest to now.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from musicapp_pipeline.store.models import Scene, Storyboard

GRIDS: Final = 8
"""How many grids are remembered, the oldest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Place:
    """One scene's interval."""

    start_frame: int
    end_frame: int
    start_time: float
    end_time: float


def note(board: Storyboard, beats: Sequence[float], rows: Sequence[Scene]) -> None:
    """Remember where the scenes lie on these beats."""
    grid = _print(beats)
    known = [entry for entry in _known(board) if entry["grid"] != grid]
    places = [[s.id, s.start_frame, s.end_frame, s.start_time, s.end_time] for s in rows]
    known.append({"grid": grid, "places": places})
    board.heard = {**board.heard, "places": known[-GRIDS:]}


def former(board: Storyboard, beats: Sequence[float], rows: Sequence[Scene]) -> list[Place] | None:
    """Where the scenes lay when these were the beats; None where it was never seen, or the scenes
    have been cut, joined or put into another order since."""
    grid = _print(beats)
    for entry in _known(board):
        if entry["grid"] == grid and [p[0] for p in entry["places"]] == [s.id for s in rows]:
            return [Place(*place[1:]) for place in entry["places"]]
    return None


def _known(board: Storyboard) -> list[dict[str, Any]]:
    return list(board.heard.get("places", ()))


def _print(beats: Sequence[float]) -> str:
    return hashlib.sha256(json.dumps([round(b, 4) for b in beats]).encode()).hexdigest()[:16]
