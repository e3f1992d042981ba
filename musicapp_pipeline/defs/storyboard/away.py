"""Scenes that a new master has no room for: out of the video until a song comes that has.

Of each with takes or with words of a person a storyboard notes the master it is timed for (``of``)
and the frame at which that one ended (``last``).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.storyboard import heirs
from musicapp_pipeline.store.models import Scene

Home = tuple[str, int]
"""A former master, and the frame at which it ended."""


def waiting(session: Session, heard: Mapping[str, Any]) -> dict[Home, list[Scene]]:
    """The scenes that are out, in the order of the song that they are timed for."""
    homes: dict[Home, list[Scene]] = {}
    for scene_id, entry in heard.get("away", {}).items():
        scene = session.get(Scene, scene_id)
        if scene is not None and scene.archived_at is not None:
            homes.setdefault((entry["of"], entry["last"]), []).append(scene)
    for rows in homes.values():
        rows.sort(key=lambda s: s.start_frame)
    return homes


def note(out: Iterable[tuple[Scene, Home]], taken: set[str]) -> dict[str, Any]:
    """Those that are out from now on, and what a person should know of them."""
    away, told = {}, []
    for scene, (master, last) in out:
        mine = heirs.settings_of(scene)
        kept = ["its takes"] if scene.id in taken else []
        kept += ["what you had set in it"] if mine else []
        if kept:
            away[scene.id] = {"of": master, "last": last}
            told.append(
                f"scene {scene.order} ({scene.id}) has no place in the new song and is taken out,"
                f" with {' and '.join(kept)}, until a song has room for it"
                f"{heirs.quotes(scene, mine)}"
            )
    return {"away": away, "lost": told} if away else {}
