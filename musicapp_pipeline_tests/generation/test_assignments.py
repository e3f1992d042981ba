"""Which job of a list is given to which of several equal requests, and at what price."""

from datetime import timedelta
from decimal import Decimal

import pytest

from musicapp_pipeline.generation import ledger, resolving
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.generation.doubts import (
    lose_unlisted,
    posts,
    say,
    sweep,
    was_earlier,
)
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")


def test_a_job_of_long_ago_is_its_takes_however_the_list_spells_it(tmp_path):
    """Nobody ran anything for longer than ids are remembered, and the list reaches back as far."""
    with money_world("sqlite", tmp_path, dialect="litellm", list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        world.admit()
        world.drive()
        assert world.statuses() == ["landed"]
        world.server.list_lag = 0.0
        was_earlier(world, timedelta(days=9))
        assert sweep(world) == 1
        world.drive()
        assert world.money() == (0, world.server.ledger.total())


@pytest.mark.parametrize("refunds", [True, False])
def test_what_was_charged_has_the_failed_job_where_failures_are_charged(refunds, tmp_path):
    """The finished one is fetched for the take that is looked for: a paid clip is not lost. Where
    failures are given back, what was charged cannot be the failed one."""
    with money_world("sqlite", tmp_path, refunds=refunds) as world:
        world.server.fates.extend(["fail", "complete"])
        say(world, resolving.charged, lose_unlisted(world))
        was_earlier(world, timedelta(minutes=5))
        world.server.script("create", "lose_response")
        (made,) = world.admit()
        world.drive(provider=world.provider(refunds_failed=refunds))
        assert world.take(made.version.id).status == "landed"
        assert posts(world) == (3 if refunds else 2)
        assert world.money() == (0, world.server.ledger.total())


def test_a_job_that_was_attached_to_another_take_leaves_a_doubt(tmp_path):
    """The list tells its words, and nobody could ask about it: nothing is sent again."""
    with money_world("sqlite", tmp_path, scenes=2) as world:
        world.server.script("create", "lose_request")
        (wrong,) = world.admit(0)
        world.drive(provider=world.provider(can_list=False))
        world.server.script("create", "lose_response")
        (made,) = world.admit(1)
        world.drive(lambda: len(world.server.jobs) == 1, list_lag=3600.0)
        world.drive(lambda: world.states() == ["unknown"] * 2, list_lag=3600.0)
        world.server.script("status", *["500"] * 9999)
        say(world, resolving.attach, wrong.version.id, next(iter(world.server.jobs)))
        world.time_passes()
        world.drive(
            lambda: world.take(made.version.id).status == "unknown" or posts(world) > 2,
            vanished_after=0.0,
        )
        assert posts(world) == 2
        told = world.take(made.version.id).error["message"]
        assert "video_00000001, which was attached to another take" in told
        world.server._faults["status"].clear()
        world.time_passes()
        world.drive(lambda: world.take(made.version.id).status == "landed", sweep=0.05)
        assert sorted(world.states()) == ["settled", "unknown"]


@pytest.mark.parametrize("repeat", ["lost", "waiting"])
def test_an_earlier_purchase_that_the_list_shows_costs_what_it_cost_then(repeat, world):
    """It was declared absent, and the price went up before its repeat, which was not bought."""
    lose_unlisted(world)
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        attempt.declared_absent_at = now()
        if repeat == "waiting":
            ledger.move(session, attempt, "reserved")
        ledger.reprice(session, attempt, 2 * FOUR_SECONDS, "dearer")
    dearer = world.provider(usd_per_second=Decimal("0.12"), price_version="dearer")
    assert sweep(world) == 1
    assert world.money() == (FOUR_SECONDS, 0)
    world.drive(provider=dearer)
    world.check_settled()


def test_a_repeat_that_was_bought_too_costs_what_it_cost_when_it_was_sent(world):
    """The first one's price is held again before the repeat's job is booked beside it."""
    version_id = lose_unlisted(world)
    was_earlier(world, timedelta(minutes=2))
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        attempt.declared_absent_at = now() - timedelta(minutes=1)
        ledger.move(session, attempt, "reserved", next_action_at=now())
    world.server.models = {"sora-2": Decimal("0.12")}
    dearer = {"usd_per_second": Decimal("0.12"), "price_version": "dearer"}
    world.server.script("create", "lose_response")
    world.drive(provider=world.provider(can_list=False, **dearer))
    assert world.take(version_id).status == "unknown"
    assert world.money() == (2 * FOUR_SECONDS, 0)
    assert sweep(world) == 2
    assert world.money() == (3 * FOUR_SECONDS, 0)
    world.drive(provider=world.provider(**dearer))
    world.check_settled()
