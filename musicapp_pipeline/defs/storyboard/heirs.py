"""What a person set in a scene whose cuts the plan gives up goes to the scene in its place."""

from collections.abc import Sequence

from musicapp_pipeline.store import scenes
from musicapp_pipeline.store.models import Scene
from musicapp_pipeline.storyboard.text import clean, quoted, shortened

OF_THE_INTERVAL = frozenset({"section", "lyrics"})
"""Said of a stretch of the song, not of what is shown there."""
SAME = 0.8
"""Share of both scenes that lies in the other one, from which they are one stretch of the song."""
UNPLANNED = ("prompt_override", "character_ids", "lip_sync_method")
"""Empty unless a person has set them."""


def hand_down(leaving: Sequence[Scene], new: Sequence[Scene]) -> list[str]:
    """Write a person's settings into the new scenes that cover most of the former ones.

    Where several would go to one, those of the scene that lies most in it do.

    Args:
        leaving: scenes that the plan has no place for; unchanged.
        new: those that were added for it.

    Returns:
        What the person should know of it.
    """
    heirs: dict[str, Scene] = {}
    chosen: dict[str, Scene] = {}
    touched = [scene for scene in leaving if settings_of(scene)]
    for scene in touched:
        heir = max(new, key=lambda s: _shared(scene, s), default=None)
        if heir is None or _shared(scene, heir) == 0:
            continue
        heirs[scene.id] = heir
        rival = chosen.get(heir.id)
        if rival is None or _shared(scene, heir) > _shared(rival, heir):
            chosen[heir.id] = scene
    moved, lost = [], []
    for scene in touched:
        heir = heirs.get(scene.id)
        if heir is None:
            lost.append(_gone(scene, settings_of(scene), "no new scene lies there"))
        elif (first := chosen[heir.id]) is not scene:
            told = (
                f"scene {heir.order} ({heir.id}) lies there now, with what scene {first.order} had"
            )
            lost.append(_gone(scene, settings_of(scene), told))
        else:
            left = [] if _same(scene, heir) else sorted(OF_THE_INTERVAL.intersection(scene.edited))
            if left:
                told = f"scene {heir.order} ({heir.id}) is another stretch of the song"
                lost.append(_gone(scene, left, told))
            if _write(scene, heir, left):
                moved.append(f"{scene.order} is now scene {heir.order} ({heir.id})")
    kept = f"cut anew, with what you had set there: scene {', scene '.join(moved)}"
    return [*([kept] if moved else []), *lost]


def settings_of(scene: Scene) -> list[str]:
    """Names of what a person has set in a scene."""
    return [*scene.edited, *(name for name in UNPLANNED if getattr(scene, name))]


def _write(scene: Scene, heir: Scene, without: Sequence[str]) -> bool:
    names = [name for name in settings_of(scene) if name not in without]
    whole: list[str] = []
    if scenes.PICTURE.intersection(names) and heir.scene_type != scene.scene_type:
        whole = [*scenes.PICTURE]  # what was planned for the other kind fits none of it
    for name in [*names, *whole]:
        setattr(heir, name, getattr(scene, name))
    if whole or "scene_type" in names:  # whether lips move was settled with it
        heir.lip_sync_enabled = scene.lip_sync_enabled
    scenes.mark_edited(heir, names)
    return bool(names)


def quotes(scene: Scene, names: Sequence[str]) -> str:
    """The words among these settings, to end a sentence with."""
    words = [getattr(scene, name) for name in names]
    said = [quoted(shortened(clean(w), 200)) for w in words if isinstance(w, str) and clean(w)]
    return f": {', '.join(said)}" if said else ""


def _gone(scene: Scene, names: Sequence[str], because: str) -> str:
    told = quotes(scene, names)
    return f"what you had set in scene {scene.order} ({scene.id}) is gone, as {because}{told}"


def _shared(one: Scene, other: Scene) -> int:
    """Frames that both have."""
    start = max(one.start_frame, other.start_frame)
    return max(0, min(one.end_frame, other.end_frame) - start)


def _same(one: Scene, other: Scene) -> bool:
    return _shared(one, other) >= SAME * max(one.frames, other.frames)
