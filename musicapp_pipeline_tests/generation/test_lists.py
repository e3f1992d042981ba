"""What a provider's list of jobs proves of a lost answer, and what it does not."""

from datetime import datetime, timedelta, timezone

import pytest

from musicapp_pipeline.generation import ledger, resolving
from musicapp_pipeline.store import takes
from musicapp_pipeline_tests.generation.doubts import (
    hide_from_list,
    lose_unlisted,
    posts,
    say,
    sweep,
    tell,
    was_earlier,
)
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world
from musicapp_pipeline_tests.generation.tiny_http import Response

pytestmark = pytest.mark.usefixtures("quick_check")


def test_a_list_that_the_configuration_does_not_vouch_for_is_never_believed(world):
    """A gateway may answer 200 and an empty list for jobs that it made elsewhere."""
    world.server._list = lambda _: Response(200, {"data": [], "has_more": False})
    world.server.script("create", "lose_response")
    world.admit()
    world.drive(provider=world.provider(can_list=False))
    assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])
    assert (posts(world), len(world.server.ledger.charges)) == (1, 1)
    assert "can_list" in world.jobs()[0].error["message"]


def test_a_list_that_misses_a_job_which_is_known_proves_nothing(world):
    """Its server forgot, or its clock is so wrong that new jobs look old."""
    world.admit()
    world.drive()
    hide_from_list(world, *world.server.jobs)
    world.server.script("create", "lose_request")
    world.admit()
    world.time_passes()
    world.drive()
    assert sorted(world.statuses()) == ["landed", "unknown"]
    assert posts(world) == 2, "not sent again"
    told = next(job.error for job in world.jobs() if job.error)
    assert "does not show job video_00000001 either" in told["message"]


def lose_another(world, age: timedelta = timedelta(hours=3)) -> str:
    """A second take's request is lost, long after the first one was bought; what its job says."""
    world.admit()
    world.drive()
    with world.database.write() as session:
        first = ledger.locked(session, world.attempt().id)
        for moment in ("created_at", "submitted_at", "accepted_at"):
            setattr(first, moment, getattr(first, moment) - age)
    for job in world.server.jobs.values():
        job.created -= age.total_seconds()
    world.server.script("create", "lose_request")
    world.admit()


def why_parked(world) -> str:
    assert sorted(world.statuses()) == ["landed", "unknown"]
    assert posts(world) == 2, "not sent again"
    return next(job.error["message"] for job in world.jobs() if job.error)


def test_a_list_that_misses_a_job_of_hours_ago_proves_nothing_either(world):
    """A list that is always empty: no right to it, or it is another server's behind a gateway."""
    lose_another(world)
    hide_from_list(world, *world.server.jobs)
    world.drive()
    assert "does not show job video_00000001 either" in why_parked(world)


@pytest.mark.parametrize("found", ["by a person", "by a sweep"])
def test_a_job_whose_id_was_learned_hours_later_is_looked_for_where_it_was_made(found, tmp_path):
    """The list shows it and is whole, so a request that it does not show was not bought."""
    with money_world("sqlite", tmp_path) as world:
        version_id = lose_unlisted(world)
        was_earlier(world, timedelta(hours=3))
        if found == "by a sweep":
            assert sweep(world) == 1
        else:
            say(world, resolving.attach, version_id, next(iter(world.server.jobs)))
        world.drive()
        world.server.script("create", "lose_request")
        world.admit()
        world.drive()
        assert world.statuses() == ["landed", "landed"]
        assert posts(world) == 3
        world.check_settled()


def test_a_list_that_tells_other_prompts_than_were_sent_proves_nothing(world):
    """A service that makes prompts prettier, or cuts them off: ours could not be recognised."""
    lose_another(world)
    tell(world, prompt=lambda sent: f"Cinematic, highly detailed: {sent}")
    world.drive()
    assert "tells other prompts than were sent" in why_parked(world)


def test_a_job_with_other_words_is_a_doubt_while_nothing_shows_how_prompts_are_told(world):
    world.server.script("create", "lose_response")
    tell(world, prompt=lambda sent: f"Cinematic, highly detailed: {sent}")
    world.admit()
    world.drive()
    assert (world.statuses(), posts(world)) == (["unknown"], 1)
    assert "lists video_00000001" in world.jobs()[0].error["message"]


def test_an_equal_job_that_looks_older_is_a_doubt(world):
    """Its server's clock or time zone may be wrong."""
    lose_another(world, timedelta(hours=12))
    with world.database.write() as session:
        prompt = takes.get(session, world.attempts()[1].version_id).prompt
    (known,) = world.server.jobs.values()
    fields = {**known.request, "prompt": prompt}
    world.server._bill(fields, None).created -= 5 * 3600
    world.drive()
    assert "looks older" in why_parked(world)


def test_times_without_a_zone_are_not_believed(world):
    """A server five hours west of Greenwich."""
    west = timezone(timedelta(hours=-5))
    tell(world, created_at=lambda at: datetime.fromtimestamp(at, west).strftime("%Y-%m-%dT%H:%M"))
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    assert (world.states(), posts(world)) == (["settled"], 1)
    world.check_settled()


def test_a_provider_whose_clock_is_minutes_behind_is_understood(world):
    real = world.server._bill

    def behind(*args, **named):
        job = real(*args, **named)
        job.created -= 600
        return job

    world.server._bill = behind
    world.server.script("create", "lose_response")
    world.admit()
    world.drive()
    assert (world.states(), posts(world)) == (["settled"], 1)
    world.check_settled()


def take_another_after_charged(world):
    """A take's purchase stays unseen, a person says that it was charged, another take follows."""
    (made,) = world.admit(accepts_seed=False)
    world.drive(provider=world.provider(can_list=False))
    with world.database.write() as session:
        resolving.charged(session, made.version.id)
    world.admit(accepts_seed=False)
    world.drive()


def test_a_job_that_a_person_saw_charged_is_not_taken_for_the_next_take(world):
    """Its id is not known, so a list that shows one job cannot say whose it is."""
    world.server.script("create", "lose_response", "lose_request")
    take_another_after_charged(world)
    assert sorted(world.states()) == ["settled", "unknown"]
    assert "may be another take's" in world.jobs()[-1].error["message"]
    assert (posts(world), len(world.server.ledger.charges)) == (2, 1)


def test_of_two_jobs_one_is_the_next_takes(world):
    world.server.script("create", "lose_response", "lose_response")
    take_another_after_charged(world)
    assert world.states() == ["settled", "settled"]
    assert world.statuses() == ["failed", "landed"]
    assert world.money()[1] == world.server.ledger.total() == 2 * FOUR_SECONDS
