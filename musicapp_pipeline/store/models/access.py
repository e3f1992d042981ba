"""Uploads, idempotency keys and token owners."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from musicapp_pipeline.store.models.base import Base, now


class Upload(Base):
    """A file a client sent; its key is server-made."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(default="", index=True)
    media_key: Mapped[str] = mapped_column(unique=True)
    content_type: Mapped[str]
    bytes: Mapped[int]
    duration: Mapped[float | None]
    filename: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class IdempotencyKey(Base):
    """The first answer to a keyed request, replayed to its repetitions."""

    __tablename__ = "idempotency_keys"

    owner: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[str]
    status_code: Mapped[int | None]
    """Unset while the first use is still being answered."""
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
