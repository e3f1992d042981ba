"""Section starts that people put where no scene begins."""

from sqlalchemy.orm import Session

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.store import scenes
from musicapp_pipeline.store.models import Project
from musicapp_pipeline.storyboard.cuts import map_cuts
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.text import listed


def uncut(
    session: Session,
    project: Project,
    before: SongAnalysis,
    after: SongAnalysis,
    options: PlannerOptions,
) -> list[str]:
    """A sentence that names the section starts which an edit has made and no cut is at; those
    inside scenes with takes, whose cuts stay, are left out."""
    rows = scenes.of_project(session, project.id)
    made = map_cuts(after, options).forced - map_cuts(before, options).forced
    made -= {scene.start_frame for scene in rows}
    taken = scenes.with_takes(session, project.id)
    free = [scene for scene in rows if scene.id not in taken]
    open_ = [f for f in sorted(made) if any(s.start_frame < f < s.end_frame for s in free)]
    if not open_:
        return []
    places = listed([f"{float(frame / options.fps):.2f} s" for frame in open_], 200)
    return [f"no scene begins where a section does now, at {places}: generate the storyboard again"]
