"""How long one transaction waits for another, and for what it does not have to wait at all."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from musicapp_pipeline.generation import gates, ledger, submission
from musicapp_pipeline.store import jobs, projects, scenes, takes
from musicapp_pipeline.store.database import LOCK_WAIT, Database
from musicapp_pipeline.store.migrate import ADVISORY_LOCK, migrate
from musicapp_pipeline_tests.databases import KINDS, open_database
from musicapp_pipeline_tests.generation.money_world import money_world
from musicapp_pipeline_tests.store.rows import new_project
from musicapp_pipeline_tests.together import together


@pytest.mark.parametrize(
    ("kind", "question", "answer"),
    [("sqlite", "PRAGMA busy_timeout", 30_000), ("postgres", "SHOW lock_timeout", "30s")],
)
def test_a_lock_is_waited_for_half_a_minute(kind, question, answer, tmp_path):
    assert LOCK_WAIT == 30.0
    with open_database(kind, tmp_path) as database, database.read() as session:
        assert session.scalar(text(question)) == answer


def test_what_is_committed_is_on_the_disk(tmp_path):
    """A power cut after a paid request must not take back that it was sent."""
    database = Database(f"sqlite:///{tmp_path / 'own.db'}")
    for transaction in (database.read, database.write):
        with transaction() as session:
            assert session.scalar(text("PRAGMA journal_mode")) == "wal"
            assert session.scalar(text("PRAGMA synchronous")) == 2, "FULL"
    database.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_who_waits_too_long_is_told_the_same_by_both(kind, tmp_path):
    with open_database(kind, tmp_path) as database:
        with database.write() as session:
            project, _ = new_project(session, 1)
        hasty = Database(database.url, lock_wait=0.1)
        with database.write() as session:
            projects.get(session, project.id, lock=True)
            with pytest.raises(OperationalError), hasty.write() as other:
                projects.get(other, project.id, lock=True)
        with hasty.write() as other:
            assert projects.get(other, project.id, lock=True).id == project.id
        hasty.dispose()


def test_a_migration_is_waited_for_however_long_it_takes(tmp_path):
    """Processes start together, and a large database may take more than half a minute."""
    with open_database("postgres", tmp_path) as database:
        hasty = Database(database.url, lock_wait=0.05)
        with database.engine.connect() as migrating:
            migrating.execute(text("SELECT pg_advisory_lock(:n)"), {"n": ADVISORY_LOCK})

            def second(number: int) -> None:
                if number == 0:
                    return migrate(hasty)
                # Held until the other has waited for longer than it waits for rows.
                with database.engine.connect() as looking:
                    while not looking.scalar(text(WAITING)):
                        looking.rollback()
                    looking.execute(text("SELECT pg_sleep(0.2)"))
                migrating.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": ADVISORY_LOCK})
                return None

            assert together(2, second) == [None, None]
        hasty.dispose()


WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
TABLES = (
    "projects",
    "scenes",
    "scene_versions",
    "generation_attempts",
    "processing_jobs",
    "provider_gates",
)
HOLDERS = {
    "a project": lambda s, w, a: projects.get(s, w.project_id, lock=True),
    "an attempt": lambda s, w, a: ledger.locked(s, a.attempt.id),
    "a take's attempts": lambda s, w, a: ledger.attempts_of(s, a.version.id, lock=True),
    "a gate": lambda s, w, a: gates.locked(s, "key"),
    "a submission": lambda s, w, a: submission.begin(s, a.attempt.id, "key", 8),
    "an end": lambda s, w, a: jobs.finish(s, a.job.id, "cancelled"),
    "a choice": lambda s, w, a: _select(s, a),
}


def _select(session, admitted):
    version = takes.get(session, admitted.version.id)
    version.status, version.clip_key = "completed", "x.mp4"
    session.flush()
    takes.select_version(session, scenes.get(session, version.scene_id), version)


@pytest.mark.parametrize("holds", HOLDERS)
def test_a_held_row_can_be_named_by_new_ones(holds, tmp_path):
    """A foreign key is looked up with a lock of its own; two transactions that each hold one row
    and name the other's would wait for each other."""
    with money_world("postgres", tmp_path) as world:
        (admitted,) = world.admit()
        hasty = Database(world.database.url, lock_wait=1.0)
        with world.database.write() as session:
            HOLDERS[holds](session, world, admitted)
            session.flush()
            with hasty.read() as other:
                for table in TABLES:  # what a look-up for a foreign key does
                    other.execute(text(f"SELECT 1 FROM {table} FOR KEY SHARE"))
        hasty.dispose()
