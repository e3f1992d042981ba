"""Workers whose clocks differ agree on leases and on what can no longer be on its way."""

import asyncio
from datetime import timedelta

import pytest

from musicapp_pipeline.generation import clock, drive, gates, leases, ledger, reconcile, submission
from musicapp_pipeline.generation.errors import StatusUnavailable
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.money_world import money_world

AHEAD = timedelta(minutes=5)


@pytest.fixture
def ahead(monkeypatch):
    """This process's clock is five minutes fast from now on."""

    def start() -> None:
        for module in (leases, submission, reconcile, drive, ledger, gates):
            monkeypatch.setattr(module, "now", lambda: now() + AHEAD, raising=False)

    return start


@pytest.fixture(params=KINDS)
def world(request, tmp_path):
    with money_world(request.param, tmp_path) as made:
        yield made


def test_the_databases_clock_is_read_as_an_aware_moment(world):
    with world.database.read() as session:
        first, second = clock.moment(session), clock.moment(session)
    assert abs(first - now()) < timedelta(seconds=10)
    assert first <= second


def test_a_fast_clock_takes_no_living_lease_over(world, ahead):
    world.admit()
    with world.database.write() as session:
        assert len(leases.lease_due(session, "first", "videos_api", set(), 8)) == 1
    ahead()
    with world.database.write() as session:
        assert leases.lease_due(session, "second", "videos_api", set(), 8) == []
        leases.renew(session, "first", {world.attempt().id})
        left = ledger.locked(session, world.attempt().id).lease_until - now()
    assert left <= leases.LEASE, "nor does it hold one for longer than others think"


def test_a_fast_clock_does_not_conclude_early_that_nothing_was_bought(world, ahead):
    """The request of a lost sender may still arrive for four minutes."""
    (made,) = world.admit()
    with world.database.write() as session:
        assert submission.begin(session, made.attempt.id, world.provider().key, 8).go
    ahead()
    dispatcher = world.dispatcher(send_limit=240.0)
    with world.database.write() as session:
        attempt = ledger.locked(session, made.attempt.id)
        dispatcher._drive.doubt(session, attempt, "lost", sender_lost=True)
        for _ in range(reconcile.LOOKS + 1):
            reconcile._looked(session, attempt.id, 0.0, None)
    assert (world.states(), world.attempt().reconcile_looks) == (["unknown"], 0)


def test_what_a_fast_clock_admits_is_due_at_once(world, ahead):
    ahead()
    world.admit()
    with world.database.write() as session:
        assert len(leases.lease_due(session, "other", "videos_api", set(), 8)) == 1


def test_a_fast_clock_closes_a_gate_for_no_longer_than_it_was_told(world, ahead):
    ahead()
    provider = world.provider()
    slow = StatusUnavailable("too fast", retry_after=10.0, rate_limited=True)
    dispatcher = world.dispatcher(provider)
    asyncio.run(dispatcher._drive.slow_down(slow))
    with world.database.read() as session:
        for gate in (provider.key, gates.polls_key(provider.key)):
            assert 0 < gates.seconds_closed(session, gate) <= 10
    assert 0 < dispatcher._drive.polls.left <= 10


def test_a_gate_that_others_closed_is_waited_for_by_no_local_clock(world, ahead):
    with world.database.write() as session:
        gates.close_all(session, "key", 10.0, "too fast")
    ahead()
    with world.database.read() as session:
        assert 0 < gates.seconds_closed(session, "key") <= 10


def test_whoever_stood_still_before_it_sent_sends_nothing(world, monkeypatch):
    """Its machine was suspended, and with it every clock but the database's."""
    (made,) = world.admit()
    with world.database.write() as session:
        turn = submission.begin(session, made.attempt.id, "key", 8)
    with world.database.read() as session:
        assert submission.still_ours(session, made.attempt.id, turn) is not None
        real = clock.moment
        monkeypatch.setattr(clock, "moment", lambda s: real(s) + leases.LEASE)
        assert submission.still_ours(session, made.attempt.id, turn) is None


def test_whoever_was_followed_by_another_sends_nothing(world):
    (made,) = world.admit()
    with world.database.write() as session:
        turn = submission.begin(session, made.attempt.id, "key", 8)
        submission.ambiguous(session, made.attempt.id, "the process ended", now())
    with world.database.read() as session:
        assert submission.still_ours(session, made.attempt.id, turn) is None
    with world.database.write() as session:
        ledger.move(session, ledger.locked(session, made.attempt.id), "reserved")
        assert submission.begin(session, made.attempt.id, "key", 8).go
    with world.database.read() as session:
        assert submission.still_ours(session, made.attempt.id, turn) is None
