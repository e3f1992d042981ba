"""Scenes with takes that the end of a song, or a neighbour, cut short: of each is noted where it
lay whole, so that it does again once a song has room for that."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.storyboard import carrying
from musicapp_pipeline.defs.storyboard.away import Home
from musicapp_pipeline.store.models import Scene
from musicapp_pipeline.storyboard.moving import Carried

ROUNDING: Final = 2
"""Frames by which a scene may get shorter because its cuts go to other beats."""


def note(scene: Scene, home: Home, place: Carried, seconds: float) -> dict[str, Any] | None:
    """What to remember of a scene, before it is put there; None if it stays whole."""
    if place.end_frame - place.start_frame >= scene.frames - ROUNDING:
        return None
    return {
        "of": home[0],
        "last": home[1],
        "whole": [scene.start_frame, scene.end_frame, scene.start_time, scene.end_time],
        "now": [place.start_frame, place.end_frame],
        "head": place.head,
        "seconds": seconds,
    }


def make_whole(
    session: Session, bench: Workbench, scene: Scene, entry: Mapping[str, Any] | None
) -> Home | None:
    """Put a scene back to where it lay whole, and say in which song that was; None if it was not
    cut short, or a person has cut it otherwise since."""
    if entry is None or entry["now"] != [scene.start_frame, scene.end_frame]:
        return None
    start_frame, end_frame, start, end = entry["whole"]
    whole = Carried(start_frame, end_frame, start, end, head=-entry["head"])
    carrying.place(session, bench, scene, whole, -entry["seconds"])
    return entry["of"], entry["last"]
