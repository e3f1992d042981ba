"""Where the cuts lay on a grid of beats, so that taking an edit of the beats back takes them back.

Put onto the beats anew they would stay on whatever beat they are nearest to now.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from musicapp_pipeline.store.models import Scene, Storyboard

GRIDS: Final = 8
"""How many grids are remembered, the oldest is forgotten first."""

BEHIND: Final = "cutsOn"
"""Where a storyboard keeps the edits whose beats its cuts were left on."""


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


def leave(board: Storyboard, edits: Mapping[str, Any]) -> None:
    """The beats moved on and the cuts did not: they lie on those that these edits made, or on
    earlier ones that they were left on before."""
    if BEHIND not in board.heard:
        board.heard = {**board.heard, BEHIND: dict(edits)}


def left_on(board: Storyboard) -> dict[str, Any] | None:
    """The edits that made the beats that the cuts lie on; None where those are the present ones."""
    found: dict[str, Any] | None = board.heard.get(BEHIND)
    return found


def catch_up(board: Storyboard) -> None:
    """The cuts lie on the present beats."""
    board.heard = {name: value for name, value in board.heard.items() if name != BEHIND}


def _known(board: Storyboard) -> list[dict[str, Any]]:
    return list(board.heard.get("places", ()))


def _print(beats: Sequence[float]) -> str:
    return hashlib.sha256(json.dumps([round(b, 4) for b in beats]).encode()).hexdigest()[:16]
