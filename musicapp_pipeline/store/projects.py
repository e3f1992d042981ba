"""Projects: creating, finding, archiving."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline import timebase
from musicapp_pipeline.store import events, ids
from musicapp_pipeline.store.artifacts import fingerprint
from musicapp_pipeline.store.database import HELD
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import Artifact, Character, Project, Storyboard, now

Format = Literal["landscape", "portrait"]


class NewProject(BaseModel):
    """What a project is made of; the one place that says what its fields may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: str = Field(min_length=1, max_length=200)
    audio_url: str = Field(min_length=1, max_length=4000)
    duration: float | None = Field(None, gt=0, le=24 * 3600)
    format: Format = "landscape"
    clip_seconds: int = Field(8, ge=1, le=60)
    sora_model: str = Field("sora-2", min_length=1, max_length=200)
    performance_density: float = Field(0.4, ge=0, le=1)
    budget_cap_usd: Decimal = Field(Decimal(25), ge=0, le=1_000_000, decimal_places=6)
    lyrics: str = Field("", max_length=50_000)
    style_preset: str | None = Field(None, max_length=100)
    style_prefix: str | None = Field(None, max_length=2000)
    fps: str = "24"
    seed: int | None = Field(None, ge=0, lt=2**31)
    """Told by the title when absent, so that two songs of one mood do not look alike."""
    vocal_stem_url: str | None = Field(None, max_length=4000)

    @field_validator("fps", mode="before")
    @classmethod
    def _rate(cls, value: object) -> str:
        try:
            return str(timebase.parse_fps(str(value)))
        except timebase.BadFrameRate as error:
            raise ValueError(error.message) from error


def create(
    session: Session,
    new: NewProject,
    *,
    owner: str = "",
    audio_key: str | None = None,
    vocal_stem_key: str | None = None,
    client_key: str | None = None,
) -> Project:
    """A project and its empty storyboard."""
    fields = new.model_dump()
    if new.seed is None:
        fields["seed"] = crc32(new.title.encode()) % 2**31
    project = Project(
        id=ids.project_id(new.title),
        owner=owner,
        audio_key=audio_key,
        vocal_stem_key=vocal_stem_key,
        client_key=client_key,
        declared_duration=new.duration,
        **fields,
    )
    session.add(project)
    session.flush()
    session.add(Storyboard(id=ids.new_id("sb"), project_id=project.id))
    events.tell(session, project.id, "project", id=project.id)
    session.flush()
    return project


def get(session: Session, project_id: str, *, lock: bool = False) -> Project:
    """A project that is not archived.

    Args:
        lock: hold the row until the transaction ends (money decisions on PostgreSQL); it is read
            anew, because what was read before the lock may have changed since.

    Raises:
        NotFound
    """
    project = session.get(
        Project, project_id, with_for_update=HELD if lock else None, populate_existing=lock
    )
    if project is None or project.archived_at is not None:
        raise NotFound("project", project_id)
    return project


def by_client_key(session: Session, client_key: str) -> Project | None:
    """The project that the command line made for the same song and options."""
    query = select(Project).where(Project.client_key == client_key, Project.archived_at.is_(None))
    return session.scalar(query)


def storyboard(session: Session, project_id: str) -> Storyboard:
    """The project's storyboard row, planned or not."""
    row = session.scalar(select(Storyboard).where(Storyboard.project_id == project_id))
    if row is None:
        raise NotFound("storyboard", project_id)
    return row


def words_of(project: Project, audio_url: str | None = None) -> str:
    """Which song and words timed lines were heard in; of another song when one is given."""
    url = project.audio_url if audio_url is None else audio_url
    return fingerprint(url, project.vocal_stem_url, project.lyrics)


def characters(session: Session, project_id: str) -> list[Character]:
    """The project's characters, the primary one first."""
    query = (
        select(Character)
        .where(Character.project_id == project_id)
        .order_by(Character.is_primary.desc(), Character.created_at, Character.id)
    )
    return list(session.scalars(query))


def archive(session: Session, project: Project) -> None:
    """Hide a project; its media and history stay."""
    project.archived_at = now()
    project.client_key = None
    events.tell(session, project.id, "project", id=project.id, archived=True)


def fps_of(project: Project) -> Fraction:
    """The project's exact frame rate."""
    return timebase.parse_fps(project.fps)


def planned(session: Session) -> list[Project]:
    """Projects whose scenes exist."""
    query = (
        select(Project)
        .join(Storyboard, Storyboard.project_id == Project.id)
        .where(Project.archived_at.is_(None), Storyboard.planned)
        .order_by(Project.created_at)
    )
    return list(session.scalars(query))


def on_autopilot(session: Session) -> list[Project]:
    """Projects that go on by themselves."""
    query = select(Project).where(Project.archived_at.is_(None), Project.autopilot.is_not(None))
    return [p for p in session.scalars(query) if p.autopilot]


def older_namesake(session: Session, project: Project) -> str | None:
    """The first project with a finished video whose title makes the same file name."""
    finished = (Artifact.asset == "final_cut") & (Artifact.partition == Project.id)
    query = (
        select(Project.id, Project.title)
        .join(Artifact, finished)
        .where(Project.id != project.id, Project.created_at < project.created_at)
        .order_by(Project.created_at)
    )
    mine = ids.slug(project.title)
    return next((id_ for id_, title in session.execute(query) if ids.slug(title) == mine), None)
