"""What each asset's partition currently is, and whether it is still what its inputs ask for."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.store.models import Artifact, now


@dataclass(frozen=True)
class Made:
    """A stage's result for one partition."""

    data_version: str
    media_key: str | None = None
    details: dict[str, Any] | None = None


def fingerprint(*parts: Any) -> str:
    """A short hash of everything a result depends on; equal parts, equal fingerprint."""
    plain = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:24]


def get(session: Session, asset: str, partition: str) -> Artifact | None:
    """The artifact of a partition, if it was ever made."""
    return session.get(Artifact, (asset, partition))


def put(
    session: Session, asset: str, partition: str, print_: str, made: Made, run_id: str | None
) -> Artifact:
    """Record what a partition is now."""
    row = session.get(Artifact, (asset, partition)) or Artifact(asset=asset, partition=partition)
    row.fingerprint, row.data_version = print_, made.data_version
    row.media_key, row.details = made.media_key, made.details or {}
    row.run_id, row.made_at = run_id, now()
    session.add(row)
    return row


def drop(session: Session, partition: str) -> None:
    """Forget a partition and all below it."""
    session.execute(
        delete(Artifact).where(
            (Artifact.partition == partition) | Artifact.partition.startswith(f"{partition}/")
        )
    )


def of_project(session: Session, asset: str, project_id: str) -> list[Artifact]:
    """What an asset has made for a project, in the order of its partitions."""
    key = Artifact.partition
    query = select(Artifact).where(
        Artifact.asset == asset, (key == project_id) | key.startswith(f"{project_id}/")
    )
    return list(session.scalars(query.order_by(key)))


def count(session: Session, project_id: str) -> int:
    """How many partitions of a project have been made."""
    query = select(func.count()).where(
        (Artifact.partition == project_id) | Artifact.partition.startswith(f"{project_id}/")
    )
    return session.scalar(query) or 0
