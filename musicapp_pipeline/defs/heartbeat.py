"""A running body says that it lives; one that fell silent is found and its run reported failed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, select

from musicapp_pipeline import logs
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import RunBeat, now

EVERY = 10.0
SILENT_AFTER = timedelta(seconds=25)
_beating_here: set[str] = set()
log = logs.get(__name__)


class Heartbeat:
    """Beats for a run from :meth:`start` to :meth:`stop`, on a thread of its own."""

    def __init__(self, database: Database, run_id: str) -> None:
        self._database = database
        self._run_id = run_id
        self._stop = threading.Event()
        name = f"beat-{run_id[:8]}"
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)

    def start(self) -> None:
        """The first beat is written before this returns."""
        _beat(self._database, self._run_id)
        _beating_here.add(self._run_id)
        self._thread.start()

    def stop(self) -> None:
        """The run has ended; silence means nothing from now on."""
        self._stop.set()
        self._thread.join()
        _beating_here.discard(self._run_id)
        forget(self._database, self._run_id)

    def _keep(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                _beat(self._database, self._run_id)
            except Exception:  # the next beat may get through; the work itself must go on
                log.exception("heartbeat failed", run=self._run_id)


@contextmanager
def beating(database: Database, run_id: str) -> Iterator[None]:
    """Beat in the background while the body runs.

    A warm worker beats for its run from the message to the end already; then this does nothing.
    """
    if run_id in _beating_here:
        yield
        return
    heartbeat = Heartbeat(database, run_id)
    heartbeat.start()
    try:
        yield
    finally:
        heartbeat.stop()


def _beat(database: Database, run_id: str) -> None:
    with database.write() as session:
        session.merge(RunBeat(run_id=run_id, at=now()))


def forget(database: Database, run_id: str) -> bool:
    """Remove a run's beat; True for exactly one caller."""
    with database.write() as session:
        found = session.execute(
            delete(RunBeat).where(RunBeat.run_id == run_id).returning(RunBeat.run_id)
        )
        return found.first() is not None


def silent(database: Database) -> list[str]:
    """Runs whose body has not said anything for too long."""
    with database.read() as session:
        query = select(RunBeat.run_id).where(RunBeat.at < now() - SILENT_AFTER)
        return list(session.scalars(query))


def living(database: Database) -> set[str]:
    """Runs that a worker has in its hands now."""
    with database.read() as session:
        query = select(RunBeat.run_id).where(RunBeat.at >= now() - SILENT_AFTER)
        return set(session.scalars(query))
