"""What the REST facade keeps for itself: webhooks, external clips, lip-sync by hand."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from musicapp_pipeline.store.models.base import Base, Timestamped, now
from musicapp_pipeline.store.models.project import Project

Index("ix_projects_created_at_id", Project.created_at, Project.id)
"""Lists of everybody's projects go from newest to oldest without sorting them all."""


class WebhookEndpoint(Base):
    """Where somebody wants to hear that jobs end."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(default="", index=True)
    url: Mapped[str]
    secret: Mapped[str]
    """Needed as it is to sign; shown once, at registration."""
    events: Mapped[list[str]] = mapped_column(default=list)
    """Which events; all when empty."""
    active: Mapped[bool] = mapped_column(default=True)
    problem: Mapped[str] = mapped_column(default="")
    """Why it is not active any more."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class WebhookDelivery(Base):
    """One event on its way to one endpoint."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_deliveries_due", "state", "next_try_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id"))
    event_id: Mapped[str]
    """Sent as ``webhook-id``: equal for every try, so that the receiver can drop repetitions."""
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="waiting")
    """``waiting``, ``delivered`` or ``given_up``."""
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    answer_status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    delivered_at: Mapped[datetime | None]


class EventCursor(Base):
    """How far a reader of the events has come."""

    __tablename__ = "event_cursors"

    reader: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class ExternalClip(Base):
    """Where an external take's clip comes from, and whether it has been fetched."""

    __tablename__ = "external_clips"

    version_id: Mapped[str] = mapped_column(ForeignKey("scene_versions.id"), primary_key=True)
    url: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting", index=True)
    """``waiting``, ``fetched`` or ``failed``."""
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class LipSyncEdit(Timestamped, Base):
    """A person's nudges of one take's lip-sync; unset fields are left to the machine."""

    __tablename__ = "lip_sync_edits"

    version_id: Mapped[str] = mapped_column(ForeignKey("scene_versions.id"), primary_key=True)
    mouth_box: Mapped[dict[str, Any] | None]
    """``{x, y, width, height}`` as shares of the picture, 0 to 1."""
    offset_ms: Mapped[int] = mapped_column(default=0)
    """Mouth later than the voice is positive."""
    phonemes: Mapped[list[dict[str, Any]] | None]
    """``[{phoneme, start, end}]`` in seconds of the song, in place of the aligned ones."""
