"""A person's word that is taken back by another one."""

from datetime import timedelta

import pytest

from musicapp_pipeline.generation import absence, resolving
from musicapp_pipeline.generation.resolving import NothingToResolve
from musicapp_pipeline_tests.generation.doubts import lose_unlisted, posts, say, sweep, was_earlier
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, check_entries, money_world

pytestmark = pytest.mark.usefixtures("quick_check")
ONCE = {"download_tries": 1, "download_rounds": 1}


def test_what_was_called_not_charged_is_booked_when_the_invoice_shows_it(world):
    version_id = lose_unlisted(world)
    say(world, resolving.not_charged, version_id)
    assert "say that it was charged" in world.take(version_id).error["actions"][1]
    say(world, resolving.charged, version_id)
    assert (world.statuses(), world.money()) == (["failed"], (0, FOUR_SECONDS))
    assert world.take(version_id).error["paidUsd"] == "0.24"
    check_entries(world.database, world.project_id)
    say(world, resolving.not_charged, version_id)
    assert world.money() == (0, 0)
    check_entries(world.database, world.project_id)


def test_and_its_clip_is_fetched_when_its_job_shows_up_without_being_booked_once_more(world):
    version_id = lose_unlisted(world)
    say(world, resolving.not_charged, version_id)
    say(world, resolving.charged, version_id)
    assert sweep(world) == 1
    world.drive()
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_a_second_purchase_of_a_landed_take_is_booked_again(tmp_path):
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        (made,) = world.admit()
        world.drive(**ONCE)
        world.server.list_lag = 0.0
        world.server.script("content", "404")
        assert sweep(world) == 1
        world.drive(**ONCE)
        say(world, resolving.not_charged, made.version.id)
        assert (world.statuses(), world.money()) == (["landed"], (0, FOUR_SECONDS))
        say(world, resolving.charged, made.version.id)
        assert (world.statuses(), world.money()) == (["landed"], (0, 2 * FOUR_SECONDS))
        world.check_settled()
        with pytest.raises(NothingToResolve):
            say(world, resolving.charged, made.version.id)


def test_of_two_that_were_given_back_each_is_booked_by_a_word_of_its_own(tmp_path):
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        world.server.script("content", *["404"] * 99)
        (made,) = world.admit()
        world.drive(**ONCE)
        world.server.list_lag = 0.0
        assert sweep(world) == 1
        world.drive(**ONCE)
        for word in (resolving.not_charged, resolving.charged):
            say(world, word, made.version.id)
            with pytest.raises(NothingToResolve, match="in a minute"):
                say(world, word, made.version.id)
            was_earlier(world, timedelta(minutes=2))
            say(world, word, made.version.id)
            was_earlier(world, timedelta(minutes=2))
        assert world.money() == (0, 2 * FOUR_SECONDS)
        world.check_books()


def test_the_first_request_of_a_repeat_that_was_withdrawn_is_booked(tmp_path):
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response", *["429"] * 999)
        (made,) = world.admit()
        world.drive(lambda: world.states() == ["reserved"] and posts(world) > 1)
        with world.database.write() as session:
            assert absence.withdraw(session, world.project_id, "mock") == 1
        say(world, resolving.charged, made.version.id)
        assert world.money() == (0, world.server.ledger.total()) == (0, FOUR_SECONDS)


def test_a_take_that_was_asked_for_again_is_not_booked_by_a_late_word(world):
    """Its job was attached after all: that is the purchase that was called not charged."""
    version_id = lose_unlisted(world)
    say(world, resolving.not_charged, version_id)
    say(world, resolving.attach, version_id, next(iter(world.server.jobs)))
    world.drive()
    with pytest.raises(NothingToResolve):
        say(world, resolving.charged, version_id)
    world.check_settled()


def test_equal_takes_jobs_that_were_swapped_can_be_swapped_back(world):
    """Nothing but the words of the person who attached them tells them apart."""
    world.hold()
    first, second = lose_unlisted(world), lose_unlisted(world)
    mine, theirs = world.server.jobs
    unlisted = world.provider(can_list=False)
    say(world, resolving.attach, second, mine)
    world.drive(job_timeout=0.0, provider=unlisted)
    with pytest.raises(NothingToResolve) as refused:
        say(world, resolving.attach, second, theirs)
    assert "say not_charged first" in refused.value.allowed
    say(world, resolving.not_charged, second)
    say(world, resolving.attach, second, theirs)
    say(world, resolving.attach, first, mine)
    world.let_go()
    world.drive(provider=unlisted)
    assert world.statuses() == ["landed", "landed"]
    world.check_settled()


def slow_and_charged(world) -> tuple[str, str]:
    """A job that a person named and the provider bore out, and that the person called charged."""
    world.hold()
    version_id = lose_unlisted(world)
    say(world, resolving.not_charged, version_id)
    (job_id,) = world.server.jobs
    say(world, resolving.attach, version_id, job_id)
    world.drive(job_timeout=0.0, provider=world.provider(can_list=False))
    say(world, resolving.charged, version_id)
    return version_id, job_id


def test_the_id_of_a_slow_job_called_charged_is_attached_once_more(world):
    version_id, job_id = slow_and_charged(world)
    say(world, resolving.attach, version_id, job_id)
    world.let_go()
    world.drive()
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_after_a_mistyped_one_the_way_to_the_right_one_is_told(world):
    version_id, job_id = slow_and_charged(world)
    say(world, resolving.attach, version_id, "video_0000000l")
    world.drive(vanished_after=0.0)
    with pytest.raises(NothingToResolve, match="this take's already") as refused:
        say(world, resolving.attach, version_id, job_id)
    assert "not_charged first" in refused.value.allowed
    say(world, resolving.not_charged, version_id)
    say(world, resolving.fetch_again, version_id)
    world.let_go()
    world.drive()
    assert world.statuses() == ["landed"]
    assert world.money() == (0, world.server.ledger.total())
