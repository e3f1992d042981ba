"""A take in doubt that was left to a person is found once its provider's list can be read."""

from datetime import timedelta

import pytest

from musicapp_pipeline.generation import ledger, resolving, submission
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.doubts import hide_from_list, lists, posts, tell
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import client_of
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")


def lose(world, fault: str = "lose_response", **changes) -> str:
    """The answer of a take's request, where no list is relied on."""
    world.server.script("create", fault)
    (made,) = world.admit(accepts_seed=False)
    provider = world.provider(**{"can_list": False, **changes})
    world.drive(lambda: "unknown" in world.statuses() and world.resting(), provider=provider)
    return made.version.id


def message(world) -> str:
    return str(world.takes()[0].error["message"])


def look(world, **options) -> None:
    """Until the list was read once more."""
    before = lists(world)
    world.drive(lambda: lists(world) > before, sweep=3600.0, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_found_when_the_next_dispatcher_starts_with_a_list_to_rely_on(kind, tmp_path):
    with money_world(kind, tmp_path) as world:
        lose(world)
        assert "can_list" in message(world)
        world.drive(lambda: world.states() == ["settled"], sweep=3600.0)
        assert world.statuses() == ["landed"]
        assert (posts(world), world.attempt().claimed_by_reconciliation) == (1, True)
        world.check_settled()


def test_it_is_found_with_a_later_sweep(world):
    world.server.list_refused = 401
    lose(world, can_list=True)
    seen = lists(world)

    def put_right() -> bool:
        if lists(world) > seen + 1:
            world.server.list_refused = 0
        return world.states() == ["settled"]

    world.drive(put_right, sweep=0.02)
    world.check_settled()


def test_one_that_the_list_does_not_show_stays_with_the_person_and_says_so(world):
    lose(world, "500_before")
    look(world)
    world.drive(lambda: "does not show it" in message(world), sweep=0.02)
    assert (world.states(), posts(world)) == (["unknown"], 1), "never sent again by itself"
    assert "can_list" not in message(world)
    assert "answered 500" in message(world) and "sent " in message(world)
    assert world.money()[0] == FOUR_SECONDS
    revision = world.takes()[0].revision
    before = lists(world)
    world.drive(lambda: lists(world) > before + 2, sweep=0.02)
    assert world.takes()[0].revision == revision, "told once"


def test_a_list_that_cannot_be_read_changes_nothing(world):
    lose(world)
    told = message(world)
    world.server.script("list", "500")
    look(world)
    assert (world.states(), message(world)) == (["unknown"], told)


def test_nothing_is_asked_where_no_list_is_relied_on(world):
    lose(world)
    asked = len(world.server.requests)
    looks = iter(range(20))
    world.drive(
        lambda: next(looks, None) is None, provider=world.provider(can_list=False), sweep=0.05
    )
    assert len(world.server.requests) == asked


def test_the_list_of_another_server_is_not_its(world):
    lose(world)
    with FaultServer() as other:
        world.drive(
            lambda: "sent to another server" in message(world),
            provider=client_of(other),
            sweep=0.02,
        )
    assert world.states() == ["unknown"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_equal_job_of_another_time_is_not_its(world, hours):
    lose(world)
    for job in world.server.jobs.values():
        job.created += 3600 * hours
    world.drive(lambda: "does not show it" in message(world), sweep=0.02)
    assert world.states() == ["unknown"]


def test_a_job_that_a_person_saw_charged_without_its_id_is_not_taken_for_it(world):
    first = lose(world)
    with world.database.write() as session:
        resolving.charged(session, first)
    second = lose(world, "500_before")
    world.drive(
        lambda: "charged without its id" in str(world.take(second).error["message"]), sweep=0.02
    )
    assert sorted(world.states()) == ["settled", "unknown"]


@pytest.mark.parametrize("state", ["submitting", "unknown"])
def test_an_equal_request_under_way_may_be_what_is_listed(world, state):
    lose(world)
    (other,) = world.admit(accepts_seed=False)
    with world.database.write() as session:
        assert submission.begin(session, other.attempt.id, world.provider().key, 8).go
        if state == "unknown":
            submission.ambiguous(session, other.attempt.id, "lost", now() + timedelta(hours=1))
        held = ledger.locked(session, other.attempt.id)
        held.lease_owner, held.lease_until = "another", now() + timedelta(hours=1)
    look(world)
    assert world.states() == ["unknown", state]


def test_two_that_are_alike_get_one_job_each(world):
    lose(world)
    lose(world)
    world.drive(lambda: world.states() == ["settled"] * 2, sweep=3600.0)
    assert len({a.provider_job_id for a in world.attempts()}) == 2
    world.check_settled()


def test_one_whose_job_is_hidden_is_found_when_it_shows(world):
    lose(world)
    hidden = hide_from_list(world, *world.server.jobs)
    world.drive(lambda: "does not show it" in message(world), sweep=0.02)
    hidden.clear()
    world.drive(lambda: world.states() == ["settled"], sweep=0.02)
    world.check_settled()


def test_a_job_of_last_week_in_the_list_is_not_in_the_way(world):
    """The list tells no times, and the job that is like it is a take's of long ago."""
    tell(world, created_at=lambda _: None)
    world.admit(accepts_seed=False)
    world.drive()
    with world.database.write() as session:
        old = ledger.locked(session, world.attempt().id)
        for moment in ("created_at", "submitted_at", "accepted_at"):
            setattr(old, moment, getattr(old, moment) - timedelta(days=8))
    lose(world)
    world.drive(lambda: world.states() == ["settled"] * 2, sweep=3600.0)
    world.check_settled()
