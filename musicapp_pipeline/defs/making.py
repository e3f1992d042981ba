"""Bringing partitions up to date: what is current stays, what is not is made and recorded."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.stage import Outcome, Stage, Task
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.media import MediaStore
from musicapp_pipeline.store.models import Artifact


class MissingUpstream(MusicAppError):
    """Something this stage is made from has not been made."""

    code = "missing_upstream"

    def __init__(self, asset: str, partition: str) -> None:
        super().__init__(
            f"{asset} of {partition} has not been made yet; materialise it first",
            field=asset,
            value=partition,
        )


def bring_up_to_date(stage: Stage, task: Task, *, asked_by_person: bool = False) -> Outcome:
    """Make the partition unless it is current already."""
    bench = task.bench
    stage.prepare(task)
    with bench.database.read() as session:
        row = stage.current(session, bench, task.key)
    if row is not None and asked_by_person and hasattr(stage.code, "again"):
        stage.code.again(task)
        with bench.database.read() as session:
            row = stage.current(session, bench, task.key)
    if row is not None:
        return Outcome(task.key, row.data_version, row.details, row.media_key, reused=True)
    with bench.database.read() as session:
        print_ = stage.fingerprint(session, bench, task.key)
    task.check_cancelled()
    made: Made = _with_sizes(stage.code.make(task), bench.media)
    with bench.database.write() as session:
        artifacts.put(session, stage.name, task.key, print_, made, task.run_id or None)
    return Outcome(task.key, made.data_version, made.details or {}, made.media_key, reused=False)


def _with_sizes(made: Made, media: MediaStore) -> Made:
    """Note how large the files are, so that one which was cut short later is found out."""
    details = made.details or {}
    keys = {made.media_key, *details.get("pictures", {}).values()}
    sizes = {key: media.size(key) for key in sorted(filter(None, keys)) if media.exists(key)}
    return replace(made, details={**details, "stored": sizes})


def digest(value: Any) -> str:
    """A data version of plain data."""
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:24]


def version_of(session: Session, asset: str, partition: str) -> str | None:
    """The data version of another asset's partition, None while there is none."""
    row = artifacts.get(session, asset, partition)
    return row.data_version if row else None


def need(session: Session, asset: str, partition: str) -> Artifact:
    """Another asset's partition that must be there.

    Raises:
        MissingUpstream
    """
    row = artifacts.get(session, asset, partition)
    if row is None:
        raise MissingUpstream(asset, partition)
    return row
