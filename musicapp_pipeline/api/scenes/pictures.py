"""Pictures for scenes that a person divided or made of another kind."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy.orm import Session

from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline.store.models import Project, Scene
from musicapp_pipeline.storyboard.model import Shot
from musicapp_pipeline.storyboard.shots import Slot, picture_between, picture_for

ASIDE: Final = "aside"
"""Where a storyboard keeps what scenes showed while they were of another kind."""


def show_something_else(session: Session, project: Project, scene: Scene, second: Scene) -> None:
    """Nothing was bought for the scene that was split, so its halves need not look alike."""
    present = scenes.of_project(session, project.id)
    after = next((s for s in present if s.start_frame == second.end_frame), None)
    found = picture_between(_slot(scene), _slot(after) if after else None, project.seed)
    second.idea, second.shot = found.idea, found.shot.model_dump()
    # What nobody set follows the next plan.
    second.edited = [name for name in second.edited if name not in ("idea", "shot")]


def follow_kind(session: Session, scene: Scene, was: str, sent: Collection[str]) -> None:
    """A scene that changed its kind shows what its new kind can: what a performer does is no
    picture without one. What a person has set stays, now or before, and a kind that comes back
    brings its picture back, so that takes of it are not outdated.

    Args:
        was: its kind until now.
        sent: what else a person changes with it.
    """
    mine = {*scene.edited, *sent}
    if "lip_sync_enabled" not in mine:
        scene.lip_sync_enabled = scene.scene_type == "performance"
    project = projects.get(session, scene.project_id)
    former = _put_aside(session, scene, was, sent)
    if former is not None:
        for name in former.keys() - mine:
            setattr(scene, name, former[name])
        return
    present = scenes.of_project(session, project.id)
    at = present.index(scene)
    near = (
        [_slot(s) for s in present[max(0, at - 1) : at]],
        [_slot(s) for s in present[at + 1 :][:1]],
    )
    own = _slot(scene)
    new = Slot(
        kind=own.kind,
        section_type=own.section_type,
        occurrence=0,
        energy=own.energy,
        shot=own.shot if "shot" in mine else None,
        idea=own.idea if "idea" in mine else None,
    )
    found = picture_for(near[0], new, near[1], project.seed, like=scene.idea)
    scene.idea, scene.shot = found.idea, found.shot.model_dump()


def _put_aside(
    session: Session, scene: Scene, was: str, sent: Collection[str]
) -> dict[str, Any] | None:
    """Note the picture of a scene's former kind; answers with that of its new one, if it was of
    that kind before."""
    board = projects.storyboard(session, scene.project_id)
    noted = board.heard.get(ASIDE, {})
    pictures = noted.get(scene.id, {})
    shown = {name: getattr(scene, name) for name in ("idea", "shot") if name not in sent}
    board.heard = {**board.heard, ASIDE: {**noted, scene.id: {**pictures, was: shown}}}
    former: dict[str, Any] | None = pictures.get(scene.scene_type)
    return former


def _slot(scene: Scene) -> Slot:
    return Slot(
        kind="performance" if scene.scene_type == "performance" else "broll",
        section_type=scene.section_type or "",
        occurrence=0,
        energy=scene.energy,
        shot=Shot.model_validate(scene.shot) if scene.shot else None,
        idea=scene.idea or None,
    )
