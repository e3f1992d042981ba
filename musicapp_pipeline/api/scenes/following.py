"""Scenes whose cuts a person moved say what lies under them now."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy.orm import Session

from musicapp_pipeline.api.storyboard.heard import analysis_of
from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline.store.models import Project
from musicapp_pipeline.storyboard.lyric_form import lines_from
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.under import under


def follow_song(
    session: Session, project: Project, options: PlannerOptions, cut: Collection[str] = ()
) -> None:
    """Write section, words, energy and the reason for the cut anew into scenes without takes.

    What a person has set stays, and so do scenes with takes: those were made from what they say.

    Args:
        cut: ids of scenes that a person has just divided or joined: those say it with takes too.
    """
    board = projects.storyboard(session, project.id)
    rows = sorted(scenes.of_project(session, project.id), key=lambda s: s.start_frame)
    lines = lines_from(board.edits.get("lyrics", board.lyrics_data))
    taken = scenes.with_takes(session, project.id)
    kept = {f for s in rows if s.id in taken for f in (s.start_frame, s.end_frame)}
    below = under(rows, analysis_of(board), lines, options, kept)
    for scene, found in zip(rows, below, strict=True):
        if scene.id not in cut and scene.id in taken:
            continue
        said = {name: value for name, value in asdict(found).items() if name not in scene.edited}
        if "section" in scene.edited:
            del said["section_type"]
        changes = {name: value for name, value in said.items() if getattr(scene, name) != value}
        for name, value in changes.items():
            setattr(scene, name, value)
        if changes:
            scene.revision += 1
            scenes.tell(session, scene)
    session.flush()
