"""What a person has set in two scenes that become one."""

from typing import Any

from musicapp_pipeline.store.models import Scene
from musicapp_pipeline.storyboard.lyrics import joined as joined_lyrics

UNPLANNED = ("prompt_override", "character_ids", "lip_sync_method")
"""Empty unless a person has set them."""
WORDS = frozenset({"section", "mood", "idea", "shot", "prompt_override"})
"""What a person would miss if one scene's stood for both."""
PICTURE = frozenset({"idea", "shot", "scene_type", "lip_sync_enabled"})
"""What goes with the kind of a scene."""


def _said(scene: Scene) -> dict[str, Any]:
    """What a person has set in a scene."""
    names = [*scene.edited, *(name for name in UNPLANNED if getattr(scene, name))]
    return {name: getattr(scene, name) for name in names}


def clash_of(first: Scene, second: Scene) -> list[str]:
    """Words and pictures that a person has set otherwise in both scenes; lyrics are joined."""
    mine, theirs = _said(first), _said(second)
    both = {name for name in WORDS & mine.keys() & theirs.keys() if mine[name] != theirs[name]}
    if first.scene_type != second.scene_type:
        both |= PICTURE & theirs.keys()
    return sorted("prompt" if name == "prompt_override" else name for name in both)


def said_of_both(first: Scene, second: Scene) -> dict[str, Any]:
    """What of the second scene comes to the first one, which has nothing of its own there."""
    mine, theirs = _said(first), _said(second)
    alike = first.scene_type == second.scene_type
    new = {n: v for n, v in theirs.items() if n not in mine and (alike or n not in PICTURE)}
    if "lyrics" in {*mine, *theirs}:
        texts = dict.fromkeys((first.lyrics, second.lyrics))
        new["lyrics"] = joined_lyrics(*texts) if len(texts) == 2 else first.lyrics
    return new
