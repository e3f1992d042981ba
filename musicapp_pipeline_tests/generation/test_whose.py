"""Whose a listed job is, where several requests are alike and not all their jobs are known."""

from datetime import timedelta

import pytest

from musicapp_pipeline.generation import resolving, sweeping, whose
from musicapp_pipeline.store.models import GenerationAttempt
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.doubts import (
    hide_from_list,
    lose_unlisted,
    posts,
    say,
    sweep,
    was_earlier,
)
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")
LAG = 3600.0


def books_agree(world) -> bool:
    return world.money() == (0, world.server.ledger.total())


# Late purchases, and takes in doubt beside them


def bought_twice(world) -> None:
    """A take's first job is hidden from the list for long."""
    world.server.list_lag = LAG
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    assert world.takes()[-1].status == "landed"
    assert len(world.server.jobs) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("later", [True, False])
def test_a_doubt_of_another_time_is_not_in_the_way_of_a_late_purchase(later, kind, tmp_path):
    with money_world(kind, tmp_path) as world:
        if later:
            bought_twice(world)
            was_earlier(world, timedelta(minutes=40))
        doubt = lose_unlisted(world, "lose_request")
        if not later:
            was_earlier(world, timedelta(minutes=40))
            bought_twice(world)
        world.server.list_lag = 0.0
        assert sweep(world, can_list=False) == 1
        world.drive(provider=world.provider(can_list=False))
        say(world, resolving.not_charged, doubt)
        assert books_agree(world)


def test_what_a_doubt_of_its_time_kept_back_is_not_forgotten(world):
    bought_twice(world)
    doubt = lose_unlisted(world, "lose_request")
    world.server.list_lag = 0.0
    assert sweep(world, can_list=False) == 0
    was_earlier(world, sweeping.REACH + timedelta(hours=1))
    assert sweep(world, can_list=False) == 0
    assert world.attempts()[0].declared_absent_at is not None
    say(world, resolving.not_charged, doubt)
    assert sweep(world, can_list=False) == 1
    world.drive(provider=world.provider(can_list=False))
    assert books_agree(world)


def test_one_in_doubt_keeps_one_job_back_and_no_more(world):
    bought_twice(world)
    doubt = lose_unlisted(world, "lose_response")
    world.server.list_lag = 0.0
    assert sweep(world, can_list=False) == 1
    world.drive(provider=world.provider(can_list=False))
    say(world, resolving.charged, doubt)
    assert sweep(world, can_list=False) == 0
    assert books_agree(world)


def sent_twice_and_charged(world, fault: str) -> str:
    """A take's first request was bought and declared absent; the second one's answer was lost, too,
    and a person saw a charge."""
    world.server.list_lag = LAG
    world.server.script("create", "lose_response", fault)
    (made,) = world.admit()
    world.drive(lambda: posts(world) == 2 and world.states() == ["unknown"], list_lag=0.05)
    world.drive(provider=world.provider(can_list=False))
    say(world, resolving.charged, made.version.id)
    world.server.list_lag = 0.0
    return made.version.id


@pytest.mark.parametrize("fault", ["lose_request", "lose_response"])
def test_the_first_job_of_a_take_that_was_called_charged_is_its_own(fault, world):
    sent_twice_and_charged(world, fault)
    assert sweep(world) == len(world.server.jobs)
    world.drive()
    assert world.statuses() == ["landed"]
    world.check_settled()
    assert sweep(world) == 0


def test_a_failed_one_changes_nothing_for_a_take_that_was_called_charged(world):
    world.server.fates.append("fail")
    sent_twice_and_charged(world, "lose_request")
    assert sweep(world) == 0
    assert (world.states(), world.money()) == (["settled"], (0, FOUR_SECONDS))
    assert world.attempt().unseen


def test_a_mistyped_id_does_not_keep_its_first_job_from_it(world):
    version_id = sent_twice_and_charged(world, "lose_request")
    say(world, resolving.attach, version_id, "video_0000000l")
    world.drive(download_rounds=1, download_tries=1)
    assert world.states() == ["settled"]
    assert sweep(world) == 1
    world.drive()
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_what_a_person_saw_charged_at_another_time_keeps_no_job_from_a_take_in_doubt(world):
    say(world, resolving.charged, lose_unlisted(world))
    was_earlier(world, timedelta(hours=2))
    hide_from_list(world, *world.server.jobs)
    world.server.script("create", "lose_response")
    (made,) = world.admit()
    world.drive()
    assert world.take(made.version.id).status == "landed"
    assert books_agree(world)


@pytest.mark.parametrize("late", [True, False])
def test_one_that_was_charged_is_taken_for_the_job_that_is_nearest_in_time(late, world):
    """Half an hour is within what clocks may differ by, but the list shows its own job."""
    say(world, resolving.charged, lose_unlisted(world))
    was_earlier(world, timedelta(minutes=25))
    if late:
        world.server.list_lag = LAG
        world.server.script("create", "lose_response")
        world.admit()
        world.drive()
        world.server.list_lag = 0.0
    else:
        lose_unlisted(world)
    assert sweep(world) == 1
    world.drive()
    assert world.takes()[-1].status == "landed"
    assert books_agree(world)


# Takes that waited long before they were sent


def landed_after_waiting(world) -> None:
    """Ordered longer ago than anybody remembers, and sent today."""
    world.admit()
    with world.database.write() as session:
        attempt = session.get(GenerationAttempt, world.attempt().id)
        attempt.created_at -= whose.REMEMBERED + timedelta(days=1)
    world.drive()
    assert world.statuses() == ["landed"]


def test_their_job_is_theirs_however_the_list_spells_it(tmp_path):
    with money_world("sqlite", tmp_path, dialect="litellm") as world:
        landed_after_waiting(world)
        say(world, resolving.not_charged, lose_unlisted(world, "lose_request"))
        assert sweep(world) == 0
        assert books_agree(world)


@pytest.mark.parametrize("looked_for", [True, False])
def test_their_job_does_not_count_for_what_a_person_saw_charged(looked_for, world):
    landed_after_waiting(world)
    say(world, resolving.charged, lose_unlisted(world))
    if looked_for:
        world.server.script("create", "lose_request")
        (made,) = world.admit()
        world.drive()
        assert world.take(made.version.id).status == "unknown"
    else:
        say(world, resolving.not_charged, lose_unlisted(world, "lose_request"))
        assert sweep(world) == 0
    assert world.money()[1] == world.server.ledger.total()


def test_when_it_was_sent_means_the_same_to_the_database(world):
    world.admit()
    with world.database.write() as session:
        waiting = session.query(GenerationAttempt.sent_at, GenerationAttempt.created_at).one()
        assert waiting[0] == waiting[1] == world.attempt().sent_at
    world.drive()
    with world.database.read() as session:
        assert session.query(GenerationAttempt.sent_at).scalar() == world.attempt().submitted_at
