"""The sweeper: purchases that show up after they were declared absent."""

from datetime import timedelta
from decimal import Decimal

import pytest

from musicapp_pipeline.generation import ledger, resolving, sweeping, whose
from musicapp_pipeline_tests.generation.doubts import hide_from_list, lists, lose_answer, say, sweep
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")


def test_a_purchase_that_shows_up_late_is_booked_and_its_clip_fetched(tmp_path):
    """The list lagged longer than was said, so the take was bought twice: the books say so."""
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        world.admit()
        world.drive()
        assert len(world.server.ledger.charges) == 2
        world.server.list_lag = 0.0
        world.drive(lambda: world.states() == ["settled"] * 2, sweep=0.1, send_limit=0.0)
        assert world.statuses() == ["landed"]
        assert all(attempt.media_key for attempt in world.attempts())
        world.check_settled()


@pytest.mark.parametrize("dearer_from", [1, 2])
def test_it_is_booked_at_the_price_it_was_bought_at(dearer_from, tmp_path):
    """The price went up before the take was sent, or before it was sent again."""
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:

        def provider(sending: int):
            price = Decimal("0.12" if sending >= dearer_from else "0.06")
            world.server.models = {"sora-2": price}
            return world.provider(usd_per_second=price, price_version=str(price))

        world.server.script("create", "lose_response")
        world.admit()
        world.drive(lambda: world.states() == ["unknown"], provider=provider(1), list_lag=3600.0)
        world.time_passes()
        world.drive(provider=provider(2))
        world.server.list_lag = 0.0
        assert sweep(world) == 1
        world.drive(provider=provider(2))
        costs = [attempt.settled_usd for attempt in world.attempts()]
        assert costs == [Decimal("0.48"), Decimal("0.24" if dearer_from == 2 else "0.48")]
        world.check_settled()


def test_a_first_purchase_is_not_forgotten_over_a_second_doubt(world):
    """The first job shows up late; the second answer is lost too, but its job found at once."""
    hidden = hide_from_list(world, "video_00000001")
    world.server.script("create", "lose_response", "lose_response")
    world.admit()
    world.drive()
    assert world.attempt().provider_job_id == "video_00000002"
    hidden.clear()
    world.drive(lambda: world.states() == ["settled"] * 2, sweep=0.1, send_limit=0.0)
    world.check_settled()


def test_a_take_that_waited_long_before_it_was_sent_is_swept_like_others(tmp_path):
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        world.admit()
        with world.database.write() as session:
            attempt = ledger.locked(session, world.attempt().id)
            attempt.created_at -= sweeping.REACH + timedelta(hours=1)
        world.drive()
        world.server.list_lag = 0.0
        world.drive(lambda: world.states() == ["settled"] * 2, sweep=0.1, send_limit=0.0)
        world.check_settled()


def test_what_a_person_took_for_not_bought_is_booked_when_it_shows_up(world):
    world.server.list_refused = 403
    version_id = lose_answer(world)
    with world.database.write() as session:
        resolving.not_charged(session, version_id)
    world.server.list_refused = 0
    world.drive(lambda: "settled" in world.states(), sweep=0.1, send_limit=0.0)
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_a_slow_job_called_not_charged_is_booked_once_it_is_finished(world):
    world.hold()
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["stuck"], job_timeout=0.0)
    with world.database.write() as session:
        resolving.not_charged(session, made.version.id)
    assert world.states() == ["released"]
    asked = len(world.server.requests)
    world.drive(lambda: len(world.server.requests) > asked + 2, sweep=0.02)
    assert world.states() == ["released"], "it is not finished yet"
    world.let_go()
    world.drive(lambda: "settled" in world.states(), sweep=0.02)
    assert (world.states(), world.statuses()) == (["released", "settled"], ["landed"])
    asked = len(world.server.requests)
    looks = iter(range(20))
    world.drive(lambda: next(looks, None) is None, sweep=0.02)
    assert len(world.server.requests) == asked
    world.check_settled()


def test_one_that_fails_is_booked_where_failures_are_charged(tmp_path):
    with money_world("sqlite", tmp_path, refunds=False) as world:
        charges = {"refunds_failed": False}
        world.hold()
        world.server.fates.append("fail")
        (made,) = world.admit(**charges)
        world.drive(
            lambda: world.states() == ["stuck"], job_timeout=0.0, provider=world.provider(**charges)
        )
        say(world, resolving.not_charged, made.version.id)
        sweep(world, **charges)
        assert world.money() == (0, 0), "it has not failed yet"
        world.let_go()
        sweep(world, **charges)
        assert world.money() == (0, world.server.ledger.total()) == (0, FOUR_SECONDS)
        assert world.take(made.version.id).error["paidUsd"] == "0.24"
        say(world, resolving.not_charged, made.version.id)
        sweep(world, **charges)
        assert world.money() == (0, 0), "whoever says so knows that it failed"


def called_not_charged(world, ago: timedelta) -> None:
    """A slow job that a person gave up, and that its provider finished."""
    world.hold()
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["stuck"], job_timeout=0.0)
    with world.database.write() as session:
        resolving.not_charged(session, made.version.id)
        ledger.locked(session, made.attempt.id).ended_at -= ago
    world.let_go()


def test_a_job_called_not_charged_is_asked_for_when_somebody_runs_days_later(world):
    called_not_charged(world, whose.REMEMBERED - timedelta(hours=1))
    world.drive(lambda: "settled" in world.states(), sweep=3600.0)
    world.check_settled()


def test_a_job_called_not_charged_is_not_asked_for_for_ever(world):
    called_not_charged(world, whose.REMEMBERED + timedelta(hours=1))
    asked = len(world.server.requests)
    looks = iter(range(20))
    world.drive(lambda: next(looks, None) is None, sweep=0.02)
    assert (world.states(), len(world.server.requests)) == (["released"], asked)


def bought_twice(folder):
    """The first purchase of the only take shows up in the list once its lag is taken away."""
    return money_world("sqlite", folder, list_lag=3600.0)


def buy_twice(world, ago: timedelta) -> None:
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    with world.database.write() as session:
        attempt = ledger.locked(session, world.attempt().id)
        attempt.created_at -= ago
        attempt.declared_absent_at -= ago
    world.server.list_lag = 0.0


@pytest.mark.parametrize("ago", [timedelta(0), sweeping.REACH + timedelta(days=1)])
def test_a_dispatcher_looks_for_late_purchases_when_it_starts(tmp_path, ago):
    """`musicapp make` runs for a minute or two, and perhaps not again before tomorrow."""
    with bought_twice(tmp_path) as world:
        buy_twice(world, ago)
        for job in world.server.jobs.values():
            job.created -= ago.total_seconds()
        world.drive(lambda: world.states() == ["settled"] * 2, sweep=3600.0, send_limit=0.0)
        world.check_settled()


def test_after_six_hours_they_are_looked_for_once_more_and_then_forgotten(tmp_path):
    with bought_twice(tmp_path) as world:
        buy_twice(world, sweeping.REACH)
        hide_from_list(world, *world.server.jobs)
        before = lists(world)
        world.server.script("list", "500")
        world.drive(lambda: lists(world) == before + 1, sweep=3600.0)
        world.drive(lambda: world.attempt().declared_absent_at is None, sweep=3600.0)
        assert lists(world) == before + 2


def test_an_equal_job_of_days_later_is_not_taken_for_a_late_purchase(tmp_path):
    with bought_twice(tmp_path) as world:
        buy_twice(world, timedelta(days=1))
        (mine,) = (a.provider_job_id for a in world.attempts())
        world.server.jobs[mine].created -= 86_400
        world.drive(
            lambda: world.attempt().declared_absent_at is None, sweep=3600.0, send_limit=0.0
        )
        assert world.states() == ["settled"]


def test_the_sweeper_asks_nothing_while_nothing_was_declared_absent(world):
    world.admit()
    world.drive()
    asked = len(world.server.requests)
    looks = iter(range(20))
    world.drive(lambda: next(looks, None) is None, sweep=0.05)
    assert len(world.server.requests) == asked


def test_a_job_of_a_take_that_was_admitted_long_ago_is_its_own(world):
    """It waited for days before it was sent, so its job is as young as the others."""
    world.admit()
    world.drive()
    first = world.attempt().id
    hidden = hide_from_list(world, "video_00000002")
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    assert len(world.server.ledger.charges) == 3
    with world.database.write() as session:
        ledger.locked(session, first).created_at -= whose.REMEMBERED + timedelta(days=1)
    hidden.clear()
    world.drive(lambda: world.states() == ["settled"] * 3, sweep=0.1, send_limit=0.0)
    world.check_settled()


def twins_of_which_one_is_in_doubt(world) -> str:
    """The first take's request was lost and sent again; the second's answer was lost."""
    world.server.script("create", "lose_request")
    world.admit()
    world.drive()
    world.server.list_refused = 403
    world.server.script("create", "lose_response")
    (made,) = world.admit()
    world.drive()
    assert world.states() == ["settled", "unknown"]
    world.server.list_refused = 0
    return made.version.id


def test_the_job_of_a_take_in_doubt_is_not_taken_for_its_twins_second_purchase(world):
    twins_of_which_one_is_in_doubt(world)
    world.drive(
        lambda: "unknown" not in world.states() and world.resting(), sweep=0.1, send_limit=0.0
    )
    assert (world.states(), world.statuses()) == (["settled"] * 2, ["landed"] * 2)
    world.check_settled()


def test_where_no_list_is_relied_on_it_is_left_to_the_person_too(world):
    version_id = twins_of_which_one_is_in_doubt(world)
    provider = world.provider(can_list=False)
    before = lists(world)
    world.drive(lambda: lists(world) > before + 2, provider=provider, sweep=0.02, send_limit=0.0)
    assert world.states() == ["settled", "unknown"]
    with world.database.write() as session:
        resolving.attach(session, version_id, "video_00000002")
    world.drive(provider=provider)
    world.check_settled()
