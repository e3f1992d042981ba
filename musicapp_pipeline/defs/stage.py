"""A stage of the pipeline: what it depends on, what decides staleness, and how it is made.

Stages know nothing of Dagster. ``defs.asset`` turns each into an asset, and the command line runs
the same assets; both skip what its fingerprint says is still right.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.progress import OnProgress, silent
from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Artifact

Level = Literal["project", "scene", "take"]


class MissingUpstream(MusicAppError):
    """Something this stage is made from has not been made."""

    code = "missing_upstream"

    def __init__(self, asset: str, partition: str) -> None:
        super().__init__(
            f"{asset} of {partition} has not been made yet; materialise it first",
            field=asset,
            value=partition,
        )


class Cancelled(Exception):
    """Somebody asked for this work to stop."""


@dataclass(frozen=True)
class Task:
    """One partition to be made.

    ``add_keys`` makes partitions of a lower level known; ``cancelled`` is read by every loop.
    """

    bench: Workbench
    key: str
    run_id: str = ""
    root_run_id: str = ""
    report: OnProgress = silent
    cancelled: Callable[[], bool] = lambda: False
    add_keys: Callable[[Level, Sequence[str]], None] = lambda _level, _keys: None
    record: "Callable[[Stage, Outcome], None]" = lambda _stage, _outcome: None

    @property
    def project_id(self) -> str:
        return self.key.split("/")[0]

    @property
    def scene_id(self) -> str:
        return self.key.split("/")[1]

    def ensure(self, stage: "Stage", key: str) -> "Outcome":
        """Bring something this is made from up to date first, recorded like a run of its own."""
        outcome = bring_up_to_date(stage, replace(self, key=key, report=silent))
        if not outcome.reused:
            self.record(stage, outcome)
        return outcome

    def check_cancelled(self) -> None:
        """Raise Cancelled when somebody asked for it."""
        if self.cancelled():
            raise Cancelled(self.key)


@dataclass(frozen=True)
class Stage:
    """One asset. ``version`` changes when the same inputs would now give something else."""

    name: str
    level: Level
    deps: tuple[str, ...]
    group: str
    kinds: frozenset[str]
    description: str
    version: str
    inputs: Callable[[Session, Workbench, str], Any]
    """Plain data that decides what is made; hashed into the fingerprint."""
    make: Callable[[Task], Made]
    prepare: Callable[[Task], None] | None = field(default=None)
    """Called first: brings upstream partitions up to date where a person may not have."""
    again: Callable[[Task], None] | None = field(default=None)
    """Called before making a partition whose fingerprint has not changed, when a person runs it."""

    def fingerprint(self, session: Session, bench: Workbench, key: str) -> str:
        """Of what this partition would be made from now."""
        return artifacts.fingerprint(self.name, self.version, self.inputs(session, bench, key))

    def current(self, session: Session, bench: Workbench, key: str) -> Artifact | None:
        """The artifact, if it still is what its inputs ask for and its media are there."""
        row = artifacts.get(session, self.name, key)
        if row is None or row.fingerprint != self.fingerprint(session, bench, key):
            return None
        if row.media_key is not None and not bench.media.exists(row.media_key):
            return None
        return row


@dataclass(frozen=True)
class Outcome:
    """What a partition is now, and whether it was made or found unchanged."""

    key: str
    data_version: str
    details: dict[str, Any]
    media_key: str | None
    reused: bool


def bring_up_to_date(stage: Stage, task: Task, *, asked_by_person: bool = False) -> Outcome:
    """Make the partition unless it is current already."""
    bench = task.bench
    if stage.prepare is not None:
        stage.prepare(task)
    with bench.database.read() as session:
        row = stage.current(session, bench, task.key)
    if row is not None and stage.again is not None and asked_by_person:
        stage.again(task)
        with bench.database.read() as session:
            row = stage.current(session, bench, task.key)
    if row is not None:
        return Outcome(task.key, row.data_version, row.details, row.media_key, reused=True)
    with bench.database.read() as session:
        print_ = stage.fingerprint(session, bench, task.key)
    task.check_cancelled()
    made = stage.make(task)
    with bench.database.write() as session:
        artifacts.put(session, stage.name, task.key, print_, made, task.run_id or None)
    return Outcome(task.key, made.data_version, made.details or {}, made.media_key, reused=False)


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
