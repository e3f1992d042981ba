"""What money did: one row an attempt, and an append-only ledger of spend."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, func, or_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from musicapp_pipeline.store.models.base import Base, now


class GenerationAttempt(Base):
    """One submission of one take, written and committed before the request leaves.

    Its states are those of ``musicapp_pipeline.generation.states``.
    """

    __tablename__ = "generation_attempts"
    __table_args__ = (
        Index("uq_generation_attempts_job", "provider", "provider_job_id", unique=True),
        Index("ix_generation_attempts_state", "state", "next_action_at"),
        Index("ix_generation_attempts_project", "project_id", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("scene_versions.id"), index=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    scene_id: Mapped[str] = mapped_column(ForeignKey("scenes.id"))
    number: Mapped[int] = mapped_column(default=1)
    provider: Mapped[str]
    model: Mapped[str]
    seconds: Mapped[int]
    size: Mapped[str]
    fingerprint: Mapped[str]
    """Of the request: equal ones are submitted one after the other while one is unknown."""
    request: Mapped[dict[str, Any]] = mapped_column(default=dict)
    usd_per_second: Mapped[Decimal]
    price_version: Mapped[str]
    reserved_usd: Mapped[Decimal]
    settled_usd: Mapped[Decimal | None]
    simulated: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="reserved")
    sent_to: Mapped[str] = mapped_column(default="")
    """The key (server and account) of the provider it was last sent to; empty before that."""
    provider_job_id: Mapped[str | None]
    claimed_by_reconciliation: Mapped[bool] = mapped_column(default=False)
    named_by_person: Mapped[bool] = mapped_column(default=False)
    """A person said which job it is, and may have mistyped it."""
    reconcile_looks: Mapped[int] = mapped_column(default=0)
    """Looks that did not find it; kept when it is then sent again."""
    absent_after: Mapped[datetime | None]
    """Until then the submission in question may still be on its way."""
    declared_absent_at: Mapped[datetime | None] = mapped_column(index=True)
    """When a purchase was last given up as not made; it may still turn up."""
    looks_failed: Mapped[int] = mapped_column(default=0)
    """Looks in a row at which the provider did not show its list."""
    remix_mode: Mapped[str | None]
    progress: Mapped[float] = mapped_column(default=0.0)
    error: Mapped[dict[str, Any] | None]
    media_key: Mapped[str | None]
    download_tries: Mapped[int] = mapped_column(default=0)
    """Rounds that failed at the provider's end; only these may use a clip up."""
    storing_tries: Mapped[int] = mapped_column(default=0)
    """Rounds that failed at ours, such as on a full disk."""
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    next_action_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @hybrid_property
    def sent_at(self) -> datetime:
        """When it was last sent; when it was ordered, as long as it was not sent."""
        return self.submitted_at or self.created_at

    @sent_at.inplace.expression
    @classmethod
    def _sent_at(cls) -> ColumnElement[datetime]:
        return func.coalesce(cls.submitted_at, cls.created_at)

    @hybrid_property
    def unseen(self) -> bool:
        """Whether its job is not known: it has no id, or one of which there is only a person's word
        and that has brought no clip."""
        only_said = self.named_by_person and self.media_key is None
        return self.provider_job_id is None or only_said

    @unseen.inplace.expression
    @classmethod
    def _unseen(cls) -> ColumnElement[bool]:
        only_said = and_(cls.named_by_person.is_(True), cls.media_key.is_(None))
        return or_(cls.provider_job_id.is_(None), only_said)


class SpendEntry(Base):
    """An append-only ledger line: ``reserve`` (+), ``release`` (-), ``settle`` (final)."""

    __tablename__ = "spend_entries"
    __table_args__ = (Index("ix_spend_entries_project_at", "project_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    attempt_id: Mapped[str] = mapped_column(ForeignKey("generation_attempts.id"), index=True)
    project_id: Mapped[str]
    scene_id: Mapped[str]
    kind: Mapped[str]
    amount_usd: Mapped[Decimal]
    usd_per_second: Mapped[Decimal]
    """The price that this line was written with; the attempt's may change until it is sent."""
    price_version: Mapped[str]
    simulated: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=now)


class ProviderGate(Base):
    """Shared by all workers of one provider key: a 429 closes it for all of them."""

    __tablename__ = "provider_gates"

    key: Mapped[str] = mapped_column(primary_key=True)
    closed_until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


class ProviderEvent(Base):
    """A webhook of the provider that was acted on; the same one comes again and again."""

    __tablename__ = "provider_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(default=now)
