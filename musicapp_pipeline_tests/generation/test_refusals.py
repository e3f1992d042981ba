"""Requests that a provider turns down: nothing was bought."""

from decimal import Decimal

import pytest

from musicapp_pipeline.generation import ledger, submission
from musicapp_pipeline.store.models import ProviderGate, now
from musicapp_pipeline_tests.generation.money_world import money_world

pytestmark = pytest.mark.usefixtures("quick_check")


@pytest.mark.parametrize("fault", ["moderated", "401", "quota"])
def test_a_final_refusal_gives_the_money_back_and_says_why(world, fault):
    world.server.script("create", fault)
    world.admit()
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["failed"])
    (job,) = world.jobs()
    assert job.status == "failed"
    assert job.error["message"]
    assert world.money() == (Decimal(0), Decimal(0))
    assert len(world.server.requests) == 1
    world.check_settled()


@pytest.mark.parametrize("fault", ["401", "quota"])
def test_what_any_request_would_meet_with_stops_those_that_wait(tmp_path, fault):
    """Twenty takes and a wrong key are a few requests, not twenty."""
    with money_world("sqlite", tmp_path, scenes=20) as world:
        world.server.script("create", *[fault] * 20)
        world.admit()
        world.drive(max_in_flight=2)
        assert (set(world.states()), set(world.statuses())) == ({"released"}, {"failed"})
        assert len(world.server.requests) <= 2
        assert all(job.error["message"] for job in world.jobs())
        assert world.money() == (Decimal(0), Decimal(0))
        world.check_settled()


def test_a_refused_prompt_stops_no_other(tmp_path):
    with money_world("sqlite", tmp_path, scenes=3) as world:
        world.server.script("create", "moderated")
        world.admit()
        world.drive(max_in_flight=1)
        assert sorted(world.statuses()) == ["failed", "landed", "landed"]
        world.check_settled()


def test_a_429_closes_the_gate_for_all_workers_until_it_says(tmp_path):
    with money_world("sqlite", tmp_path, scenes=3) as world:
        world.server.script("create", "429")
        world.admit()
        closed: list[bool] = []

        def look() -> bool:
            with world.database.read() as session:
                gate = session.get(ProviderGate, world.provider().key)
                if gate is not None and gate.closed_until and gate.closed_until > now():
                    closed.append(True)
            return world.resting()

        world.drive(look, max_in_flight=1, dispatchers=2)
        assert world.statuses() == ["landed"] * 3
        with world.database.read() as session:
            assert "Rate limit" in session.get(ProviderGate, world.provider().key).reason
        world.check_settled()


def test_nothing_is_sent_while_the_gate_is_closed(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        world.admit()
        first, second = (attempt.id for attempt in world.attempts())
        key = world.provider().key
        with world.database.write() as session:
            assert submission.begin(session, first, key, 8).go
        with world.database.write() as session:
            from musicapp_pipeline.generation.errors import RateLimited

            slow = RateLimited("too fast", retry_after=60.0)
            submission.turned_down(session, first, slow, key, 5.0)
            submission.turned_down(session, second, RateLimited("x", retry_after=1.0), key, 5.0)
        with world.database.write() as session:
            turn = submission.begin(session, second, key, 8)
        assert not turn.go
        assert 50 < turn.wait <= 60, "the longer of two waits stands"


def test_a_provider_that_cannot_be_reached_is_tried_again_without_closing_the_gate(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        world.admit()
        down = world.provider()
        down._base = down._base.copy_with(port=9)  # nobody listens there

        def waiting() -> bool:
            return any("no connection" in job.message for job in world.jobs())

        world.drive(waiting, provider=down)
        assert world.states() == ["reserved"]
        world.time_passes()
        world.drive()
        assert world.statuses() == ["landed"]
        world.check_settled()


def test_a_request_that_cannot_be_made_ends_the_take_instead_of_being_tried_for_ever(world):
    """Its reference picture is gone: nothing was sent, so nothing is held."""
    world.admit()
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        attempt.request = {**attempt.request, "reference_key": "uploads/gone.png"}
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["failed"])
    assert "uploads/gone.png" in world.jobs()[0].error["message"]
    assert world.server.requests == []
