"""A take with more than one purchase, or one that may not be bought any more."""

from decimal import Decimal

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from musicapp_pipeline.generation import (
    acceptance,
    landing,
    ledger,
    resolving,
    submission,
)
from musicapp_pipeline.generation.errors import NotAccepted, RateLimited
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.resolving import JobOfAnotherTake, NothingToResolve
from musicapp_pipeline.store import projects, takes
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.helpers import record
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, MoneyWorld, money_world

pytestmark = pytest.mark.usefixtures("quick_check")
KEY = "key"
NONE = Decimal(0)


@pytest.fixture(params=KINDS)
def world(request, tmp_path):
    with money_world(request.param, tmp_path) as made:
        yield made


def job(number: int, status: str = "queued") -> ProviderJob:
    return ProviderJob(id=f"video_{number}", status=status)


def send(world: MoneyWorld, attempt_id: str) -> submission.Turn:
    with world.database.write() as session:
        return submission.begin(session, attempt_id, KEY, 8)


def accept(world: MoneyWorld, attempt_id: str, number: int) -> None:
    with world.database.write() as session:
        acceptance.accepted(session, attempt_id, job(number))


def fail(world: MoneyWorld, attempt_id: str, number: int) -> None:
    with world.database.write() as session:
        landing.failed(session, attempt_id, job(number, "failed"), record(), 3)


def land(world: MoneyWorld, attempt_id: str) -> None:
    with world.database.write() as session:
        landing.delivered(session, attempt_id)
        landing.landed(session, attempt_id, f"clips/{attempt_id}.mp4", "hash", {})


def repeat_and_late_one(world: MoneyWorld) -> tuple[str, str]:
    """The first purchase was believed absent, the second failed, a third is held; then the first
    shows up. Answers the third and the first."""
    (made,) = world.admit()
    assert send(world, made.attempt.id).go
    accept(world, made.attempt.id, 2)
    fail(world, made.attempt.id, 2)
    accept(world, made.attempt.id, 1)
    by_state = {a.state: a.id for a in world.attempts()}
    return by_state["reserved"], by_state["submitted"]


# Late purchases


def test_a_repeat_waits_for_a_late_purchase_and_is_not_sent_once_its_clip_is_here(world):
    repeat, late = repeat_and_late_one(world)
    turn = send(world, repeat)
    assert not turn.go and turn.wait > 0
    with world.database.write() as session:
        landing.delivered(session, late)
    assert not send(world, repeat).go, "its clip is on its way"
    land(world, late)
    assert not send(world, repeat).go
    assert {a.id: a.state for a in world.attempts()}[repeat] == "released"
    assert world.statuses() == ["landed"]
    assert world.jobs()[0].status == "running", "until the take is recorded"
    assert world.money() == (NONE, FOUR_SECONDS)


def test_a_repeat_is_sent_when_the_late_purchase_fails(world):
    repeat, late = repeat_and_late_one(world)
    fail(world, late, 1)
    assert send(world, repeat).go


OUTCOMES = {
    "bought": lambda s, id_: acceptance.accepted(s, id_, job(3)),
    "in doubt": lambda s, id_: submission.ambiguous(s, id_, "lost", now()),
    "left to a person": lambda s, id_: submission.park_unknown(s, id_, "lost"),
    "too fast": lambda s, id_: submission.turned_down(s, id_, RateLimited("slow"), KEY, 1.0),
    "refused": lambda s, id_: submission.turned_down(
        s, id_, NotAccepted("no", permanent=True), KEY, 1.0
    ),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_take_with_its_clip_stays_so_whatever_becomes_of_its_repeat(outcome, tmp_path):
    """The late purchase's clip arrives while the repeat is being sent."""
    with money_world("sqlite", tmp_path) as world:
        repeat, late = repeat_and_late_one(world)
        with world.database.write() as session:
            ledger.move(session, ledger.locked(session, repeat), "submitting", submitted_at=now())
        land(world, late)
        with world.database.write() as session:
            OUTCOMES[outcome](session, repeat)
        (take,) = world.takes()
        assert (take.status, take.sora_clip_id, take.error) == ("landed", "video_1", None)
        assert world.jobs()[0].status == "running"


def test_a_second_clip_of_a_take_is_kept_and_paid_and_changes_nothing(world):
    repeat, late = repeat_and_late_one(world)
    with world.database.write() as session:
        ledger.move(session, ledger.locked(session, repeat), "submitting", submitted_at=now())
    land(world, late)
    accept(world, repeat, 3)
    land(world, repeat)
    (take,) = world.takes()
    assert (take.status, take.clip_key) == ("landed", f"clips/{late}.mp4")
    assert all(a.media_key for a in world.attempts() if a.state == "settled")
    assert world.money() == (NONE, 2 * FOUR_SECONDS)


def bought_twice(world: MoneyWorld):
    """A take with two jobs at the provider, and the attempt of the second."""
    (made,) = world.admit()
    assert send(world, made.attempt.id).go
    accept(world, made.attempt.id, 1)
    accept(world, made.attempt.id, 2)
    other = next(a.id for a in world.attempts() if a.provider_job_id == "video_2")
    return made, other


def test_a_take_ends_when_its_other_purchase_is_stuck_and_buys_no_third(world):
    """Its job would be polled for ever otherwise."""
    made, other = bought_twice(world)
    with world.database.write() as session:
        landing.stuck(session, other, "Nothing came.", 60.0)
    assert world.statuses() == ["generating"]
    fail(world, made.attempt.id, 1)
    assert sorted(world.states()) == ["released", "stuck"]
    assert (world.statuses(), world.jobs()[0].status) == (["failed"], "failed")


def test_what_a_person_says_of_one_purchase_does_not_end_a_take_whose_other_is_on_its_way(world):
    made, other = bought_twice(world)
    with world.database.write() as session:
        landing.stuck(session, other, "Nothing came.", 60.0)
        resolving.charged(session, made.version.id)
    assert (world.statuses(), world.jobs()[0].status) == (["generating"], "running")
    land(world, made.attempt.id)
    assert world.statuses() == ["landed"]


# A cap that was lowered


def lower(world: MoneyWorld, cap: str) -> None:
    with world.database.write() as session:
        projects.get(session, world.project_id, lock=True).budget_cap_usd = Decimal(cap)


def test_what_does_not_fit_under_a_lowered_cap_any_more_is_not_sent(tmp_path):
    with money_world("sqlite", tmp_path, scenes=3) as world:
        world.admit()
        lower(world, "0.50")
        world.drive(max_in_flight=1)
        assert sorted(world.statuses()) == ["failed", "landed", "landed"]
        refused = next(job for job in world.jobs() if job.error)
        assert refused.status == "failed"
        assert refused.error["code"] == "over_budget"
        assert "this needs $0.24" in refused.error["message"]
        assert world.cap() >= sum(world.money())
        world.check_settled()


def test_a_doubt_that_ends_under_a_lowered_cap_is_not_sent_again(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        world.server.script("create", "lose_request")
        world.admit()
        world.drive(lambda: world.states() == ["unknown"], list_lag=3600.0)
        lower(world, "0.10")
        world.time_passes()
        world.drive()
        assert (world.states(), world.statuses()) == (["released"], ["failed"])
        assert world.takes()[0].error["code"] == "over_budget"
        assert world.server.ledger.charges == []


@pytest.mark.parametrize("price", ["0.10", "0.01"])
def test_what_waits_is_sent_at_todays_price(price, tmp_path):
    with money_world("sqlite", tmp_path) as world:
        world.admit()
        world.server.models = {"sora-2": Decimal(price)}
        today = {"usd_per_second": Decimal(price), "price_version": "corrected"}
        world.drive(provider=world.provider(**today))
        assert world.attempt().usd_per_second == Decimal(price)
        assert world.attempt().price_version == "corrected"
        world.check_settled()


def test_what_does_not_fit_at_todays_price_is_not_sent(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2, cap="2.50") as world:
        world.admit()
        world.server.models = {"sora-2": Decimal("0.50")}
        world.drive(provider=world.provider(usd_per_second=Decimal("0.50")), max_in_flight=1)
        assert sorted(world.statuses()) == ["failed", "landed"]
        refused = next(job.error for job in world.jobs() if job.error)
        assert refused["code"] == "over_budget" and "this needs $2.00" in refused["message"]
        world.check_settled()


def test_what_has_no_price_any_more_is_not_sent(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        world.admit()
        world.drive(provider=world.provider(usd_per_second=None))
        assert (world.states(), world.statuses()) == (["released"], ["failed"])
        assert world.server.ledger.charges == []


# Ids that are stored late


@pytest.mark.parametrize("away", [PoolTimeout("no connection was free")])
def test_a_paid_jobs_id_is_stored_however_the_database_is_away(away, tmp_path, monkeypatch):
    with money_world("sqlite", tmp_path) as world:
        real, failures = acceptance.accepted, iter([away, away])

        def sometimes(*args, **named):
            if (failure := next(failures, None)) is not None:
                raise failure
            return real(*args, **named)

        monkeypatch.setattr(acceptance, "accepted", sometimes)
        world.server.list_refused = 403  # it could not be found again
        world.admit()
        world.drive()
        assert world.statuses() == ["landed"]
        world.check_settled()


def charged_unseen(world: MoneyWorld) -> str:
    """A person saw the charge on the invoice, and not which job it was for."""
    world.server.script("create", "lose_response")
    world.server.list_refused = 403
    (made,) = world.admit()
    world.drive()
    with world.database.write() as session:
        resolving.charged(session, made.version.id)
    error = world.takes()[0].error
    assert error["paidUsd"] == "0.24" and "attach" in error["actions"][0]
    return made.version.id


def test_a_charged_take_is_given_its_job_later_and_its_clip_is_fetched(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        version_id = charged_unseen(world)
        (found,) = world.server.jobs
        with world.database.write() as session:
            resolving.attach(session, version_id, found)
        world.drive()
        assert (world.states(), world.statuses()) == (["settled"], ["landed"])
        assert world.takes()[0].sora_clip_id == found
        world.check_settled()
        with world.database.write() as session, pytest.raises(NothingToResolve):
            resolving.attach(session, version_id, found)


def test_a_charged_take_is_not_given_another_takes_job(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        version_id = charged_unseen(world)
        world.admit()
        world.drive()
        theirs = next(a.provider_job_id for a in world.attempts() if a.provider_job_id)
        with world.database.write() as session, pytest.raises(JobOfAnotherTake):
            resolving.attach(session, version_id, theirs)
        assert world.takes()[0].status == "failed"


def test_a_turn_that_comes_too_late_leaves_a_parked_take_alone(world):
    """Another dispatcher has sent it meanwhile, and nobody knows what became of it."""
    (made,) = world.admit()
    assert send(world, made.attempt.id).go
    with world.database.write() as session:
        submission.park_unknown(session, made.attempt.id, "the answer was lost")
    assert not send(world, made.attempt.id).go
    dispatcher = world.dispatcher()
    with world.database.write() as session:
        dispatcher._drive.postpone(session, made.attempt.id, 0.0)
        assert takes.get(session, made.version.id).status == "unknown"
    assert world.attempt().next_action_at is None
