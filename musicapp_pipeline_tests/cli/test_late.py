"""`musicapp make` lives for a minute or two; what was bought twice is in its costs all the same."""

from datetime import timedelta

import pytest

from musicapp_pipeline.cli import producer
from musicapp_pipeline.cli.late import coming, late_notes
from musicapp_pipeline.cli.producer import Producer
from musicapp_pipeline.defs.background import BackgroundDispatcher
from musicapp_pipeline.generation import ledger
from musicapp_pipeline_tests.defs.test_background import bench_of
from musicapp_pipeline_tests.generation.money_world import PATIENCE, money_world

AGES = timedelta(minutes=10)


@pytest.fixture
def world(tmp_path):
    """A take that was sent again, because the list did not show its first job yet."""
    with money_world("sqlite", tmp_path, list_lag=3600.0) as made:
        made.server.script("create", "lose_response")
        made.admit()
        made.drive()
        yield made


def notes(world):
    with world.database.read() as session:
        return late_notes(session, world.project_id)


def test_that_a_request_was_sent_again_is_said(world):
    (note,) = notes(world)
    assert "sent again: 1;" in note and "from four minutes on" in note
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        attempt.declared_absent_at = None
    assert notes(world) == ()


def test_the_next_run_books_a_late_purchase_and_fetches_its_clip(world, tmp_path, monkeypatch):
    monkeypatch.setattr(producer, "FETCHED", PATIENCE)
    world.server.list_lag = 0.0
    for job in world.server.jobs.values():
        job.created -= AGES.total_seconds()
    bench = bench_of(world, tmp_path)
    with BackgroundDispatcher(bench) as dispatcher:
        dispatcher.swept(PATIENCE)
        assert len(world.attempts()) == 2, "booked"
        Producer(bench, None, None, 1)._fetch_late(world.project_id)
    assert world.states() == ["settled", "settled"]
    world.check_settled()


def test_a_clip_that_is_still_coming_is_said(world):
    world.hold()
    first, _ = world.server.jobs
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        ledger.bought_again(session, attempt, first, "late")
        assert coming(session, world.project_id) == 1
    assert notes(world)[0].startswith("purchases that showed up late: 1;")
