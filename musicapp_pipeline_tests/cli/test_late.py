"""`musicapp make` lives for a minute or two; what was bought twice is in its costs all the same."""

from datetime import timedelta

import pytest

from musicapp_pipeline.cli import producer
from musicapp_pipeline.cli.late import coming, late_notes
from musicapp_pipeline.cli.make import _cost
from musicapp_pipeline.cli.producer import Producer
from musicapp_pipeline.cli.view import View
from musicapp_pipeline.defs.background import BackgroundDispatcher
from musicapp_pipeline.generation import ledger
from musicapp_pipeline_tests.defs.test_background import bench_of
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, PATIENCE, money_world

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


def test_a_take_in_doubt_is_said_with_what_is_held(world):
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        attempt.state, attempt.settled_usd, attempt.next_action_at = "unknown", None, None
    assert notes(world)[0].startswith("takes in doubt: 1, $0.24 held;")


def test_a_take_in_doubt_is_looked_for_before_anything_is_decided(tmp_path, monkeypatch):
    """The same command again, once the model's entry vouches for the list, finds it."""
    monkeypatch.setattr(producer, "SWEPT", PATIENCE)
    decided = []
    with money_world("sqlite", tmp_path) as world:
        world.server.script("create", "lose_response")
        world.admit()
        world.drive(provider=world.provider(can_list=False))
        assert world.statuses() == ["unknown"]
        look = lambda *_: decided.append(world.statuses()) or True  # noqa: E731
        monkeypatch.setattr(Producer, "_advance", look)
        Producer(bench_of(world, tmp_path), None, View(), 1).run(world.project_id)
    assert decided[0] in (["generating"], ["landed"])


def test_the_mocks_charges_are_not_what_a_film_cost(world):
    with world.database.read() as session:
        assert _cost(session, world.project_id, True) == (FOUR_SECONDS, False, ())
    world.admit()
    world.drive()
    with world.database.write() as session:
        first = ledger.locked(session, world.attempts()[0].id)
        first.simulated = True
        cost, simulated, (note,) = _cost(session, world.project_id, False)
    assert (cost, simulated) == (FOUR_SECONDS, False) and "$0.24" in note
    with world.database.write() as session:
        ledger.locked(session, world.attempts()[1].id).simulated = True
        assert _cost(session, world.project_id, True) == (2 * FOUR_SECONDS, True, ())
        assert _cost(session, world.project_id, False)[:2] == (0, False)


def test_a_clip_that_is_still_coming_is_said(world):
    world.hold()
    first, _ = world.server.jobs
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        ledger.bought_again(session, attempt, first, "late")
        assert coming(session, world.project_id) == 1
    assert notes(world)[0].startswith("purchases that showed up late: 1;")
