"""Projects, characters and storyboards: what people wrote and what was heard."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from musicapp_pipeline.store.models.base import Base, Timestamped


class Project(Timestamped, Base):
    """One song and its video."""

    __tablename__ = "projects"
    __table_args__ = (Index("ix_projects_owner_created", "owner", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    audio_url: Mapped[str]
    audio_key: Mapped[str | None]
    """Where the upload lies in the media store once it was fetched."""
    duration: Mapped[float | None]
    """Seconds: declared at first, measured once the song was decoded."""
    declared_duration: Mapped[float | None]
    lyrics: Mapped[str] = mapped_column(default="")
    format: Mapped[str] = mapped_column(default="landscape")
    clip_seconds: Mapped[int] = mapped_column(default=8)
    sora_model: Mapped[str] = mapped_column(default="sora-2")
    performance_density: Mapped[float] = mapped_column(default=0.4)
    budget_cap_usd: Mapped[Decimal]
    style_preset: Mapped[str | None]
    style_prefix: Mapped[str | None]
    fps: Mapped[str] = mapped_column(default="24")
    seed: Mapped[int] = mapped_column(default=0)
    vocal_stem_url: Mapped[str | None]
    vocal_stem_key: Mapped[str | None]
    owner: Mapped[str] = mapped_column(default="")
    client_key: Mapped[str | None] = mapped_column(unique=True)
    """Identity of a project made by the command line: the same song and options find it again."""
    autopilot: Mapped[dict[str, Any] | None]
    """``{"takes": n}``: carry the project on to its final cut without anybody's further say."""
    archived_at: Mapped[datetime | None]

    storyboard: Mapped["Storyboard | None"] = relationship(back_populates="project")
    characters: Mapped[list["Character"]] = relationship(
        back_populates="project", order_by="Character.created_at"
    )


class Character(Timestamped, Base):
    """A persistent character; ``bible`` has face, signature, wardrobe_lock, dos, donts."""

    __tablename__ = "characters"

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    bible: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reference_image_url: Mapped[str | None]
    reference_image_key: Mapped[str | None]
    is_primary: Mapped[bool] = mapped_column(default=False)

    project: Mapped[Project] = relationship(back_populates="characters")


class Storyboard(Timestamped, Base):
    """What was heard in the song, with a person's edits."""

    __tablename__ = "storyboards"

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), unique=True)
    beat_grid: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sections: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    energy_curve: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    lyrics_data: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    analysis: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The whole analysis as heard, before edits."""
    edits: Mapped[dict[str, Any]] = mapped_column(default=dict)
    heard: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The song that scenes and edits are timed for (``song``, ``master``, ``url``), the former
    masters of scenes that could not follow (``strangers``), of those that have no place until
    another song comes (``away``), of those that were cut short (``short``) and of edits (``edits``,
    and as they were ``written``), what became of them (``lost``, ``warnings``, ``said``), where
    cuts lay on earlier beats (``places``), the edits whose beats they were left on (``cutsOn``),
    what the director's ideas failed at (``director``), and how often a plan was asked for after
    cuts were moved by hand (``asked``)."""
    planned: Mapped[bool] = mapped_column(default=False)
    """Scenes exist for it."""

    project: Mapped[Project] = relationship(back_populates="storyboard")
