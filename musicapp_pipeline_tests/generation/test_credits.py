"""What a person said was charged, or came to nothing, and the provider did not bill."""

from decimal import Decimal

import pytest

from musicapp_pipeline.generation import gates, resolving
from musicapp_pipeline.generation.resolving import BadJobId, NothingToResolve
from musicapp_pipeline_tests.generation.doubts import sweep
from musicapp_pipeline_tests.generation.money_world import check_entries, money_world

pytestmark = pytest.mark.usefixtures("quick_check")
NOTHING = (Decimal(0), Decimal(0))


def say(world, decide, *more):
    with world.database.write() as session:
        decide(session, world.takes()[0].id, *more)


def test_what_was_called_charged_by_mistake_is_given_back(tmp_path):
    with money_world("sqlite", tmp_path, dialect="sglang") as world:
        world.server.script("create", "lose_response")
        world.admit()
        world.drive()
        say(world, resolving.charged)
        assert world.money() == (Decimal(0), Decimal("0.24"))
        assert any("not charged" in action for action in world.takes()[0].error["actions"])
        say(world, resolving.not_charged, "not on the invoice after all")
        assert (world.states(), world.money()) == (["released"], NOTHING)
        assert world.takes()[0].status == "failed"
        check_entries(world.database, world.project_id)
        with pytest.raises(NothingToResolve):
            say(world, resolving.not_charged)


def test_a_clip_that_never_came_and_was_credited_is_given_back_and_not_booked_again(world):
    world.server.fates.append("fake_complete")
    world.admit()
    world.drive(download_rounds=1, download_tries=1)
    assert world.states() == ["settled"]
    say(world, resolving.not_charged, "credited")
    looks = iter(range(20))
    world.drive(lambda: next(looks, None) is None, sweep=0.02)
    assert (world.states(), world.money()) == (["released"], NOTHING)
    check_entries(world.database, world.project_id)


def test_what_was_called_charged_and_then_not_is_booked_when_its_job_shows_up(world):
    world.server.list_refused = 403
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    say(world, resolving.charged)
    say(world, resolving.not_charged, "the invoice does not show it")
    assert world.money() == NOTHING
    world.server.list_refused = 0
    world.drive(lambda: "settled" in world.states(), sweep=0.05, send_limit=0.0)
    world.check_settled()


def test_a_late_purchase_that_a_person_saw_charged_is_not_booked_once_more(world):
    """Two takes of one scene, both answers lost and billed; of one a person says charged, of the
    other not: what the list shows is booked once."""
    world.server.list_refused = 403
    world.server.script("create", "lose_response", "lose_response")
    world.admit(each=2)
    world.drive(lambda: "unknown" in world.statuses())
    first = next(take.id for take in world.takes() if take.status == "unknown")
    with world.database.write() as session:
        resolving.charged(session, first)
    world.drive(lambda: sorted(world.statuses()) == ["failed", "unknown"])
    second = next(take.id for take in world.takes() if take.status == "unknown")
    with world.database.write() as session:
        resolving.not_charged(session, second)
    world.server.list_refused = 0
    invoice = world.server.ledger.total()
    world.drive(lambda: world.money() == (Decimal(0), invoice), sweep=0.05, send_limit=0.0)
    looks = iter(range(20))
    world.drive(lambda: next(looks, None) is None, sweep=0.02, send_limit=0.0)
    assert world.money() == (Decimal(0), invoice)
    check_entries(world.database, world.project_id)


def test_a_take_that_has_its_clip_cannot_be_called_not_charged(world):
    world.admit()
    world.drive()
    with pytest.raises(NothingToResolve):
        say(world, resolving.not_charged)
    world.check_settled()


@pytest.mark.parametrize("job_id", ["", "  ", "a\udcff", "a\nb", ".."])
def test_what_cannot_be_the_id_of_a_job_is_not_attached(tmp_path, job_id):
    with money_world("sqlite", tmp_path, dialect="sglang") as world:
        world.server.script("create", "lose_response")
        world.admit()
        world.drive()
        with pytest.raises(BadJobId) as caught:
            say(world, resolving.attach, job_id)
        assert caught.value.message.isascii()
        assert world.states() == ["unknown"]


def test_spaces_around_a_pasted_id_do_not_count(tmp_path):
    with money_world("sqlite", tmp_path, dialect="sglang") as world:
        world.server.script("create", "lose_response")
        world.admit()
        world.drive()
        say(world, resolving.attach, f"  {next(iter(world.server.jobs))}\n")
        world.drive()
        world.check_settled()


@pytest.mark.parametrize(
    ("wish", "seconds"), [(None, 5.0), (0.0, 1.0), (0.001, 1.0), (3.0, 3.0), (60.0, 60.0)]
)
def test_a_provider_that_says_at_once_is_not_hammered(wish, seconds):
    assert gates.pause(wish, 5.0) == seconds


def test_a_slow_job_called_charged_and_then_not_is_booked_once_it_is_finished(world):
    """The invoice did not show it yet."""
    world.hold()
    world.admit()
    world.drive(job_timeout=0.0)
    say(world, resolving.charged)
    say(world, resolving.not_charged)
    assert world.money() == NOTHING
    world.let_go()
    assert sweep(world) == 1
    world.drive()
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_the_same_word_sent_twice_is_not_said_of_another_purchase(world):
    """The first try failed, and is charged; the second one was not bought."""
    world.server.refunds = False
    world.server.fates.append("fail")
    world.server.script("create", "ok", "lose_request")
    provider = world.provider(refunds_failed=False, can_list=False)
    world.admit(provider=provider)
    world.drive(provider=provider)
    say(world, resolving.not_charged)
    with pytest.raises(NothingToResolve):
        say(world, resolving.not_charged)
    assert world.money() == (0, world.server.ledger.total()) == (0, Decimal("0.24"))
