"""Scenes and their takes."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from musicapp_pipeline.store.models.base import Base, Timestamped, now


class Scene(Timestamped, Base):
    """An interval of the song, cut on beats. The id is stable, ``order`` may change."""

    __tablename__ = "scenes"
    __table_args__ = (Index("ix_scenes_project_order", "project_id", "order"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    order: Mapped[int]
    start_time: Mapped[float]
    end_time: Mapped[float]
    start_frame: Mapped[int]
    end_frame: Mapped[int]
    scene_type: Mapped[str]
    section: Mapped[str | None]
    section_type: Mapped[str | None]
    mood: Mapped[str] = mapped_column(default="")
    lyrics: Mapped[str] = mapped_column(default="")
    energy: Mapped[float] = mapped_column(default=0.5)
    shot: Mapped[dict[str, Any]] = mapped_column(default=dict)
    idea: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")
    edited: Mapped[list[str]] = mapped_column(default=list)
    """Planned fields that a person has set since; no plan writes over them."""
    prompt_override: Mapped[str | None]
    """A prompt a person wrote; kept whole."""
    sora_size: Mapped[str]
    clip_seconds: Mapped[int]
    character_ids: Mapped[list[str]] = mapped_column(default=list)
    status: Mapped[str] = mapped_column(default="pending")
    selected_version_id: Mapped[str | None]
    vocal_segment_asset_id: Mapped[str | None]
    lip_sync_enabled: Mapped[bool] = mapped_column(default=False)
    lip_sync_method: Mapped[str | None]
    estimated_cost_usd: Mapped[Decimal] = mapped_column(default=Decimal(0))
    mouth_visibility_score: Mapped[float | None]
    next_take: Mapped[int] = mapped_column(default=1)
    """Take numbers never repeat, whatever is deleted."""
    plan_revision: Mapped[int] = mapped_column(default=0)
    """How often a person asked for this scene anew; part of the plan's fingerprint."""
    plan_run: Mapped[str | None]
    archived_at: Mapped[datetime | None]

    versions: Mapped[list["SceneVersion"]] = relationship(
        back_populates="scene", order_by="SceneVersion.take"
    )

    @property
    def key(self) -> str:
        """The scene's partition key."""
        return f"{self.project_id}/{self.id}"

    @property
    def frames(self) -> int:
        return self.end_frame - self.start_frame


class SceneVersion(Timestamped, Base):
    """A take: one rendering of a scene, immutable once completed."""

    __tablename__ = "scene_versions"
    __table_args__ = (
        UniqueConstraint("scene_id", "take"),
        Index(
            "uq_scene_versions_selected",
            "scene_id",
            unique=True,
            sqlite_where=text("is_selected"),
            postgresql_where=text("is_selected"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    scene_id: Mapped[str] = mapped_column(ForeignKey("scenes.id"))
    take: Mapped[int]
    key: Mapped[str] = mapped_column(unique=True)
    """The take's partition key, ``<project>/<scene>/<take>``."""
    kind: Mapped[str] = mapped_column(default="generated")
    """``generated``, ``remix`` or ``external``."""
    source_version_id: Mapped[str | None]
    prompt: Mapped[str]
    plan_fingerprint: Mapped[str] = mapped_column(default="")
    """Of the scene's plan when the take was asked for; another one now means it is outdated."""
    model: Mapped[str] = mapped_column(default="")
    seconds: Mapped[int] = mapped_column(default=0)
    size: Mapped[str] = mapped_column(default="")
    seed: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(default="queued", index=True)
    """``queued``, ``generating``, ``landed``, ``completed``, ``failed``, ``cancelled``,
    ``unknown`` or ``stuck``."""
    error: Mapped[dict[str, Any] | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    sora_clip_id: Mapped[str | None]
    """The provider's id verbatim, on failed takes too."""
    clip_key: Mapped[str | None]
    """The provider's media, untouched, in the media store."""
    clip_sha256: Mapped[str | None]
    in_point: Mapped[int] = mapped_column(default=0)
    """First frame of the cut within the clip, at the project's frame rate."""
    mezzanine: Mapped[dict[str, Any] | None]
    """Key and frame facts of the conformed clip."""
    lip_sync: Mapped[dict[str, Any] | None]
    """``{applied, reason, method, key, …}`` once lip-sync ran."""
    thumbnail_key: Mapped[str | None]
    character_consistency_score: Mapped[float | None]
    mouth_visibility_score: Mapped[float | None]
    quality_score: Mapped[float | None]
    auto_scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What was measured, kept beside a person's overrides."""
    user_score: Mapped[float | None]
    notes: Mapped[str] = mapped_column(default="")
    is_selected: Mapped[bool] = mapped_column(default=False)
    selected_at: Mapped[datetime | None] = mapped_column(index=True)
    completed_at: Mapped[datetime | None]

    scene: Mapped[Scene] = relationship(back_populates="versions")


class Artifact(Base):
    """The current value of an asset's partition: where it is and what it was made from."""

    __tablename__ = "artifacts"

    asset: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    """Content hashes of the inputs and the code's version."""
    data_version: Mapped[str]
    """Hash of what was made."""
    media_key: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    run_id: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(default=now)
