"""Jobs, exports, events and the heartbeats of running bodies."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from musicapp_pipeline.store.models.base import Base, now


class ProcessingJob(Base):
    """What the API hands out for polling."""

    __tablename__ = "processing_jobs"
    __table_args__ = (
        Index("ix_processing_jobs_status_type", "status", "type"),
        Index("ix_processing_jobs_project_created", "project_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    scene_id: Mapped[str | None]
    version_id: Mapped[str | None] = mapped_column(index=True)
    type: Mapped[str]
    status: Mapped[str] = mapped_column(default="queued")
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(default="")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    run_id: Mapped[str | None]
    launched_at: Mapped[datetime | None]
    launches: Mapped[int] = mapped_column(default=0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Export(Base):
    """One request for final files."""

    __tablename__ = "exports"

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    job_id: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fingerprint: Mapped[str | None]
    renditions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    poster_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class ProjectEvent(Base):
    """A change a listener may want to hear of; streamed in order of ``id``."""

    __tablename__ = "project_events"
    __table_args__ = (Index("ix_project_events_project_id", "project_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    project_id: Mapped[str]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=now)


class RunBeat(Base):
    """A running body says it lives every ten seconds; a silent one is reported failed."""

    __tablename__ = "run_beats"

    run_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
