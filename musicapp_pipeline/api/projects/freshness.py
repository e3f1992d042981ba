"""Whether what was made still is what would be made now, for any number of projects at once.

The stages note a fingerprint of what they were made from. The same fingerprints of the present rows
are made here, from a few grouped queries; a test holds them to those of the stages.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.models import Artifact, Export, Project, Scene, SceneVersion

SONG = ("song", "1")
FINAL_CUT = ("final_cut", "1")
"""Name and version of the stages."""


@dataclass(frozen=True)
class Standing:
    """How what was made of a project stands to its present state."""

    heard: bool = True
    """The song that was heard is the one that the project names; true where none was heard."""
    shown: bool = True
    """The final cut shows the takes that are selected now; true where there is none."""
    video: str | None = None
    """Data version of the final cut there is."""


def standing_of(session: Session, project_ids: Sequence[str]) -> dict[str, Standing]:
    """How each project stands; those of which nothing was made are left out."""
    query = select(
        Artifact.asset, Artifact.partition, Artifact.fingerprint, Artifact.data_version
    ).where(Artifact.asset.in_((SONG[0], FINAL_CUT[0])), Artifact.partition.in_(project_ids))
    made: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for asset, project_id, print_, version in session.execute(query):
        made[project_id][asset] = (print_, version)
    if not made:
        return {}
    cuts = _cuts(session, [id_ for id_, there in made.items() if FINAL_CUT[0] in there])
    named = select(Project.id, Project.title, Project.audio_key, Project.audio_url)
    out: dict[str, Standing] = {}
    for id_, title, key, url in session.execute(named.where(Project.id.in_(made))):
        song, final = made[id_].get(SONG[0]), made[id_].get(FINAL_CUT[0])
        now = {"song": song and song[1], "cut": cuts.get(id_, []), "title": title}
        # A song from elsewhere was asked for by its address, and has a key since it was fetched.
        songs = [artifacts.fingerprint(*SONG, {"audio": audio}) for audio in (key, url)]
        out[id_] = Standing(
            heard=song is None or song[0] in songs,
            shown=final is None or final[0] == artifacts.fingerprint(*FINAL_CUT, now),
            video=final and final[1],
        )
    return out


def is_stale(export: Export, standing: Standing, lyrics: object) -> bool:
    """Would this export, made again, be another video?

    Args:
        lyrics: the storyboard's timed lines, which subtitles are made of.
    """
    if not standing.shown:
        return True
    if export.fingerprint is None or standing.video is None:
        return False
    subtitles = export.options.get("includeSubtitles")
    now = {
        "final_cut": standing.video,
        "options": export.options,
        "lyrics": lyrics if subtitles else None,
    }
    return export.fingerprint != artifacts.fingerprint(now)


def _cuts(session: Session, project_ids: Sequence[str]) -> dict[str, list[Any]]:
    """What a final cut of each project would be stitched from now; the scenes that have nothing
    to show where there are such."""
    if not project_ids:
        return {}
    mezzanine, lips = SceneVersion.mezzanine, SceneVersion.lip_sync
    query = (
        select(
            Scene.project_id,
            Scene.id,
            Scene.order,
            Scene.end_frame - Scene.start_frame,
            Scene.scene_type,
            mezzanine["key"].as_string(),
            mezzanine["head"].as_integer(),
            lips["key"].as_string(),
        )
        .outerjoin(SceneVersion, and_(SceneVersion.id == Scene.selected_version_id))
        .where(Scene.project_id.in_(project_ids), Scene.archived_at.is_(None))
        .order_by(Scene.project_id, Scene.order, Scene.start_frame)
    )
    rows: dict[str, list[Any]] = defaultdict(list)
    missing: dict[str, list[Any]] = defaultdict(list)
    for project_id, id_, order, frames, kind, plain, head, synced in session.execute(query):
        if plain is None:
            missing[project_id].append(f"{order} ({id_})")
            continue
        rows[project_id].append(
            {
                "scene": id_,
                "media": synced or plain,
                "first": head,
                "frames": frames,
                "performance": kind == "performance",
            }
        )
    return {id_: missing.get(id_) or rows[id_] for id_ in project_ids}
