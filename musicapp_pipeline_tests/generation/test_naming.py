"""A job of which only a person says whose it is."""

from datetime import timedelta

import pytest

from musicapp_pipeline.generation import evidence, ledger, resolving
from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline_tests.generation.doubts import (
    lose_answer,
    lose_unlisted,
    parked,
    posts,
    say,
    sweep,
    was_earlier,
)
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")
WRONG = "video_0000000l"


def job_of(world, version_id: str) -> str:
    """The provider's job of a take's words, as its console shows it."""
    prompt = world.take(version_id).prompt
    return next(id_ for id_, job in world.server.jobs.items() if job.request["prompt"] == prompt)


def two_in_doubt(world) -> tuple[str, str]:
    """Two scenes, both answers lost, both left to a person."""
    world.server.script("create", "lose_response", "lose_response")
    first, second = (made.version.id for made in world.admit())
    world.drive(provider=world.provider(can_list=False))
    return first, second


# Another take's


@pytest.mark.parametrize("by_hand", [True, False])
def test_after_charged_another_takes_job_is_not_fetched_and_is_free_again(by_hand, tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        first, second = two_in_doubt(world)
        theirs, unlisted = job_of(world, second), world.provider(can_list=False)
        say(world, resolving.charged, first)
        say(world, resolving.attach, first, theirs)
        world.drive(provider=unlisted)
        told = world.take(first)
        assert (told.status, told.sora_clip_id) == ("failed", None)
        assert "has the prompt of another take" in told.error["message"]
        assert told.error["paidUsd"] == "0.24" and "attach" in told.error["actions"][0]
        if by_hand:
            say(world, resolving.attach, second, theirs)
        else:
            assert sweep(world) == 1
        say(world, resolving.attach, first, job_of(world, first))
        world.drive(provider=world.provider(can_list=False))
        assert world.statuses() == ["landed", "landed"]
        world.check_settled()


def test_after_charged_such_a_word_can_be_taken_back_altogether(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        first, second = two_in_doubt(world)
        say(world, resolving.charged, first)
        say(world, resolving.attach, first, job_of(world, second))
        world.drive(provider=world.provider(can_list=False))
        say(world, resolving.not_charged, first)
        assert world.money() == (FOUR_SECONDS, 0)


def test_what_was_called_charged_with_anothers_job_leaves_it_to_a_later_word(tmp_path):
    """A service that tells no prompts: nothing but the later word shows whose it is."""
    with parked(tmp_path) as world:
        first, second = lose_answer(world), lose_unlisted(world)
        world.server.fates.append("stuck")
        theirs = list(world.server.jobs)[1]
        world.server.jobs[theirs].fate = "vanish"
        say(world, resolving.attach, first, theirs)
        world.drive(vanished_after=0.0)
        say(world, resolving.charged, first)
        world.server.jobs[theirs].fate = "complete"
        say(world, resolving.attach, second, theirs)
        say(world, resolving.attach, first, next(iter(world.server.jobs)))
        world.drive()
        assert world.statuses() == ["landed", "landed"]
        world.check_settled()


def attached_with_another_size(world, *, others: str) -> str:
    """A job is attached whose server says a size of its own; ``others``: how another take stands
    that has it."""
    version_id = lose_answer(world)
    (found,) = world.server.jobs
    world.server.jobs[found].request["size"] = "1280x704"
    if others:
        status, _, age = others.partition(" ")
        world.server.script("create", "ok" if status == "landed" else "lose_response")
        world.admit(1)
        world.drive()
        assert world.takes()[-1].status == status
        with world.database.write() as session:
            for attempt in ledger.attempts_of(session, world.takes()[-1].id):
                attempt.size = "1280x704"
                attempt.submitted_at -= timedelta(hours=24 if age else 0)
    say(world, resolving.attach, version_id, found)
    world.drive()
    return version_id


def test_an_attached_job_of_the_size_of_another_take_in_doubt_is_told(tmp_path):
    with parked(tmp_path, scenes=2) as world:
        version_id = attached_with_another_size(world, others="unknown")
        assert world.take(version_id).status == "unknown"
        assert "of another size or length" in world.take(version_id).error["message"]


@pytest.mark.parametrize("others", ["", "landed", "unknown yesterday"])
def test_a_service_that_tells_a_size_of_its_own_is_believed_to_have_the_job(others, tmp_path):
    """Nothing else would ever bring that clip; a take that has its own job has another, and so has
    one of another time."""
    with parked(tmp_path, scenes=2) as world:
        version_id = attached_with_another_size(world, others=others)
        assert world.take(version_id).status == "landed"


def test_one_that_the_service_does_not_tell_of_just_then_is_fetched_all_the_same(world):
    version_id = lose_unlisted(world)
    say(world, resolving.charged, version_id)
    say(world, resolving.attach, version_id, job_of(world, version_id))
    world.server.script("status", "500")
    world.drive()
    assert world.statuses() == ["landed"]
    world.check_settled()


def lengthen(world, seconds: int) -> None:
    """The scene of the next take."""
    with world.database.write() as session:
        projects.get(session, world.project_id).clip_seconds = seconds
        scenes.get(session, world.scene_ids[0]).clip_seconds = seconds


@pytest.mark.parametrize("slow", [False, True])
def test_a_job_of_the_takes_words_and_another_takes_length_is_that_ones(slow, world):
    first = lose_unlisted(world)
    lengthen(world, 8)
    second = lose_unlisted(world)
    if slow:
        world.hold()
    mine, theirs = world.server.jobs
    unlisted = world.provider(can_list=False)
    say(world, resolving.attach, first, theirs)
    world.drive(provider=unlisted)
    told = world.take(first)
    assert (told.status, told.sora_clip_id) == ("unknown", None)
    assert "of another size or length" in told.error["message"]
    say(world, resolving.attach, first, mine)
    say(world, resolving.attach, second, theirs)
    world.let_go()
    world.drive(provider=unlisted)
    assert world.statuses() == ["landed", "landed"]
    world.check_settled()


# One that failed


def failed_elsewhere(world) -> str:
    """A job of another installation on the same account, failed and credited."""
    world.server.fates.append("fail")
    fields = {"prompt": "somebody else's", "size": "1280x720", "seconds": "4"}
    job_id = world.server._bill(fields, None).id
    world.server.ledger.charges.clear()
    world.server.ledger.refunds.clear()
    return job_id


@pytest.mark.parametrize("dialect", ["openai", "sglang"])
def test_a_failed_job_that_may_be_anothers_buys_nothing(dialect, tmp_path):
    with money_world("sqlite", tmp_path, dialect=dialect) as world:
        foreign = failed_elsewhere(world)
        version_id = lose_unlisted(world)
        mine = list(world.server.jobs)[-1]
        say(world, resolving.attach, version_id, foreign)
        world.drive(provider=world.provider(can_list=False))
        assert (world.states(), world.money()) == (["stuck"], (FOUR_SECONDS, 0))
        told = world.take(version_id).error
        assert "which was attached, failed at the provider" in told["message"]
        say(world, resolving.attach, version_id, mine)
        world.drive(provider=world.provider(can_list=False))
        assert world.statuses() == ["landed"]
        assert posts(world) == 1
        world.check_settled()


def test_a_failed_job_of_the_takes_own_words_is_made_again(world):
    world.server.fates.append("fail")
    version_id = lose_unlisted(world)
    say(world, resolving.attach, version_id, job_of(world, version_id))
    world.drive()
    assert (world.statuses(), posts(world)) == (["landed"], 2)
    world.check_settled()


def test_a_failed_job_of_an_hour_before_the_takes_request_buys_nothing(tmp_path):
    """It has the take's words, and was another take's."""
    with money_world("sqlite", tmp_path, refunds=False) as world:
        provider = world.provider(can_list=False, refunds_failed=False)
        world.server.fates.append("fail")
        first = lose_unlisted(world)
        say(world, resolving.charged, first)
        was_earlier(world, timedelta(hours=1))
        second = lose_unlisted(world)
        older, mine = world.server.jobs
        say(world, resolving.attach, second, older)
        world.drive(provider=provider)
        assert (world.take(second).status, posts(world)) == ("stuck", 2)
        say(world, resolving.attach, second, mine)
        world.drive(provider=provider)
        assert world.take(second).status == "landed"
        assert world.money() == (0, world.server.ledger.total())


# Mistyped ones


def mistyped(world) -> str:
    """A bought take in doubt to which a person attached an id that its service does not know."""
    version_id = lose_unlisted(world)
    say(world, resolving.attach, version_id, WRONG)
    world.drive(vanished_after=0.0)
    assert world.states() == ["stuck"]
    return version_id


@pytest.mark.parametrize("charged_first", [False, True])
def test_after_a_mistyped_id_and_not_charged_its_own_job_is_booked_and_fetched(
    charged_first, world
):
    version_id = mistyped(world)
    if charged_first:
        say(world, resolving.charged, version_id)
        assert "attach" in world.take(version_id).error["actions"][0]
    say(world, resolving.not_charged, version_id)
    assert sweep(world) == 1
    world.drive()
    assert world.statuses() == ["landed"]
    assert world.money() == (0, world.server.ledger.total())


def test_after_a_mistyped_id_and_charged_its_own_job_is_not_given_to_a_twin(world):
    say(world, resolving.charged, mistyped(world))
    world.server.script("create", "lose_request")
    (twin,) = world.admit()
    world.drive()
    assert world.take(twin.version.id).status == "unknown"
    assert "may be another take's" in world.take(twin.version.id).error["message"]


def test_an_id_that_the_list_bears_out_keeps_no_other_job_from_a_twin(world):
    """It was right, only slow, and the person called it charged."""
    world.hold()
    version_id = lose_unlisted(world)
    say(world, resolving.attach, version_id, job_of(world, version_id))
    world.drive(job_timeout=0.0, provider=world.provider(can_list=False))
    say(world, resolving.charged, version_id)
    world.let_go()
    world.server.job_seconds = 0.0
    world.server.script("create", "lose_response")
    (twin,) = world.admit()
    world.drive()
    assert world.take(twin.version.id).status == "landed"
    assert world.money() == (0, world.server.ledger.total())


def test_a_mistyped_id_is_no_witness_against_a_list(world):
    """A list does not show it, of course."""
    say(world, resolving.charged, mistyped(world))
    with world.database.read() as session:
        attempt = world.attempt()
        attempt.submitted_at = attempt.accepted_at
        assert evidence.witness(session, attempt, world.provider().key, -60.0) is None


def test_anothers_job_that_was_called_off_is_not_fetched_when_it_is_finished(world):
    """Attached by mistake while it was rendered for another installation, then not charged."""
    world.hold()
    fields = {"prompt": "somebody else's", "size": "1280x720", "seconds": "4"}
    foreign = world.server._bill(fields, None)
    world.server.ledger.charges.clear()
    version_id = lose_unlisted(world, "lose_request")
    say(world, resolving.attach, version_id, foreign.id)
    world.drive(job_timeout=0.0, provider=world.provider(can_list=False))
    say(world, resolving.not_charged, version_id)
    world.let_go()
    assert sweep(world) == 0
    assert (world.states(), world.money()) == (["released"], (0, 0))
