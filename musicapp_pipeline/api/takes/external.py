"""Clips made elsewhere as takes: noted in the request, fetched and checked in the background."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import InTheWay, Invalid
from musicapp_pipeline.api.takes.schemas import External
from musicapp_pipeline.api.uploads.sources import source_of
from musicapp_pipeline.store import projects, takes
from musicapp_pipeline.store.models import ExternalClip, Project, Scene, SceneVersion
from musicapp_pipeline.timebase import whole_frames


def add(
    session: Session,
    context: AppContext,
    who: Caller,
    scene: Scene,
    body: External,
    own_hosts: Collection[str],
) -> SceneVersion:
    """A take whose clip is still to be fetched.

    Raises:
        Invalid, BadUrl, PrivateAddress: the address is not one that is fetched.
    """
    source = source_of(
        session, context, who, body.url, ("video",), field="url", own_hosts=own_hosts
    )
    project = projects.get(session, scene.project_id)
    if source.duration is not None:
        _check_length(project, scene, body.in_point, source.duration)
    version = takes.add(session, scene, prompt="", kind="external")
    version.in_point, version.notes = body.in_point, body.notes
    version.seconds = int(source.duration or 0)
    session.add(ExternalClip(version_id=version.id, url=source.url))
    takes.refresh_status(session, scene)
    return version


def check_covers(project: Project, scene: Scene, in_point: int, duration: float) -> str | None:
    """Why a clip of ``duration`` seconds does not cover the scene; None when it does."""
    frames = whole_frames(round(duration, 6), projects.fps_of(project))
    needed = in_point + scene.frames
    # One missing frame is made up for by holding the last one.
    if frames >= needed - 1:
        return None
    fps = float(projects.fps_of(project))
    return (
        f"the clip lasts {duration:.2f} s, but from frame {in_point} on the scene needs"
        f" {scene.frames / fps:.2f} s ({needed} frames); choose a longer clip, an earlier in-point"
        " or split the scene"
    )


def move_in_point(
    session: Session, project: Project, scene: Scene, version: SceneVersion, in_point: int | None
) -> bool:
    """Let the cut begin elsewhere in the clip.

    Returns:
        Whether the take has to be conformed again.
    """
    if in_point is None or in_point == version.in_point:
        return False
    if version.status != "completed":
        raise InTheWay(
            f"take {version.take} is {version.status}; its in-point can move once it is completed",
            field="inPoint",
            value=in_point,
        )
    _check_length(project, scene, in_point, float(version.seconds))
    version.in_point = in_point
    version.mezzanine = version.lip_sync = None
    return True


def _check_length(project: Project, scene: Scene, in_point: int, duration: float) -> None:
    problem = check_covers(project, scene, in_point, duration)
    if problem is not None:
        raise Invalid(problem, field="inPoint" if in_point else "url", value=in_point or duration)


async def wake(context: AppContext) -> None:
    """Something is to be fetched."""
    context.external_clips.set()
