"""A stage of the pipeline: what it depends on, what decides staleness, and how it is made.

Stages know nothing of Dagster. ``defs.asset`` turns each into an asset, and the command line runs
the same assets; both skip what its fingerprint says is still right.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from musicapp_pipeline.progress import OnProgress, silent
from musicapp_pipeline.store.errors import MediaMissing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from musicapp_pipeline.defs.bench import Workbench
    from musicapp_pipeline.store.media import MediaStore
    from musicapp_pipeline.store.models import Artifact

Level = Literal["project", "scene", "take"]


class Cancelled(Exception):
    """Somebody asked for this work to stop."""


@dataclass(frozen=True)
class Outcome:
    """What a partition is now, and whether it was made or found unchanged."""

    key: str
    data_version: str
    details: dict[str, Any]
    media_key: str | None
    reused: bool


@dataclass(frozen=True)
class Task:
    """One partition to be made.

    ``add_keys`` makes partitions of a lower level known; ``cancelled`` is read by every loop.
    """

    bench: "Workbench"
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

    def ensure(self, stage: "Stage", key: str) -> Outcome:
        """Bring something this is made from up to date first, recorded like a run of its own."""
        from musicapp_pipeline.defs.making import bring_up_to_date

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
    body: str
    """The module that makes it: ``inputs(session, bench, key)`` is plain data that decides what is
    made; ``make(task)`` makes it. It may have ``prepare(task)``, called first, to bring upstream
    partitions up to date, and ``again(task)``, called when a person runs an unchanged partition."""

    @cached_property
    def code(self) -> Any:
        """The body's module, loaded when it is first needed: its libraries are heavy."""
        return import_module(self.body)

    def prepare(self, task: Task) -> None:
        """Bring upstream partitions up to date where a person may not have."""
        if hasattr(self.code, "prepare"):
            self.code.prepare(task)

    def fingerprint(self, session: "Session", bench: "Workbench", key: str) -> str:
        """Of what this partition would be made from now."""
        from musicapp_pipeline.store import artifacts

        return artifacts.fingerprint(self.name, self.version, self.code.inputs(session, bench, key))

    def current(self, session: "Session", bench: "Workbench", key: str) -> "Artifact | None":
        """The artifact, if it still is what its inputs ask for and its media are there."""
        from musicapp_pipeline.store import artifacts

        row = artifacts.get(session, self.name, key)
        if row is None or row.fingerprint != self.fingerprint(session, bench, key):
            return None
        if any(not _whole(bench.media, name, size) for name, size in _stored(row).items()):
            return None
        return row


def _stored(row: "Artifact") -> Mapping[str, int | None]:
    """The files a partition needs, with their bytes where those were noted."""
    noted: dict[str, int | None] = {**row.details.get("stored", {})}
    if row.media_key is not None:
        noted.setdefault(row.media_key, None)
    return noted


def _whole(media: "MediaStore", key: str, size: int | None) -> bool:
    if size is None:
        return media.exists(key)
    try:
        return media.size(key) == size
    except MediaMissing:
        return False
