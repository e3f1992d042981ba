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
log = logs.get(__name__)


@contextmanager
def beating(database: Database, run_id: str) -> Iterator[None]:
    """Beat in the background while the body runs."""
    stop = threading.Event()
    _beat(database, run_id)

    def keep() -> None:
        while not stop.wait(EVERY):
            try:
                _beat(database, run_id)
            except Exception:  # the next beat may get through; the work itself must go on
                log.exception("heartbeat failed", run=run_id)

    thread = threading.Thread(target=keep, name=f"beat-{run_id[:8]}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        forget(database, run_id)


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
