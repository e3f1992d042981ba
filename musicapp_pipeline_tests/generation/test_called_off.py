"""What a sweep may book of a job that a person called not charged, and which ids are kept."""

from datetime import timedelta

import pytest

from musicapp_pipeline.generation import resolving, verdicts
from musicapp_pipeline.store import takes
from musicapp_pipeline_tests.generation.doubts import (
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
SLOW = "video_00000001"


def unlisted(world):
    return world.provider(can_list=False)


def described(world, **changed) -> None:
    """What the server tells of a job that it is asked for or lists; None leaves a field out."""
    tell = world.server._described

    def other(job, *more):
        body = tell(job, *more) | changed
        return {name: value for name, value in body.items() if value is not None}

    world.server._described = other


def slow(world) -> str:
    """A job whose id the provider's own answer told, called not charged before it was finished."""
    world.hold()
    (made,) = world.admit(provider=unlisted(world))
    world.drive(job_timeout=0.0, provider=unlisted(world))
    assert world.states() == ["stuck"]
    say(world, resolving.not_charged, made.version.id)
    return made.version.id


def slow_and_named(world, job_id: str = SLOW, fault: str = "lose_response") -> str:
    """A job that a person named, called not charged before it was finished."""
    world.hold()
    version_id = lose_unlisted(world, fault)
    say(world, resolving.attach, version_id, job_id)
    world.drive(job_timeout=0.0, provider=unlisted(world))
    assert world.states() == ["stuck"]
    say(world, resolving.not_charged, version_id)
    return version_id


def sweep_and_fetch(world) -> int:
    found = sweep(world, can_list=False)
    world.drive(provider=unlisted(world))
    return found


# An id that the provider told


@pytest.mark.parametrize("dialect", ["openai", "sglang"])
def test_a_mistyped_id_said_later_does_not_take_its_place(dialect, tmp_path):
    with money_world("sqlite", tmp_path, dialect=dialect) as world:
        version_id = slow(world)
        was_earlier(world, timedelta(minutes=20))
        say(world, resolving.attach, version_id, WRONG)
        world.drive(vanished_after=0.0, provider=unlisted(world))
        say(world, resolving.not_charged, version_id)
        world.let_go()
        assert sweep_and_fetch(world) == 1
        assert world.statuses() == ["landed"]
        assert world.money() == (0, world.server.ledger.total())


@pytest.mark.parametrize("word", [resolving.attach, resolving.fetch_again])
@pytest.mark.parametrize("while_held", [True, False])
def test_after_a_mistyped_id_a_person_can_go_back_to_it(word, while_held, world):
    version_id = slow(world)
    say(world, resolving.attach, version_id, WRONG)
    world.drive(vanished_after=0.0, provider=unlisted(world))
    if not while_held or word is resolving.fetch_again:
        say(world, resolving.not_charged, version_id)
    say(world, word, version_id, *([SLOW] if word is resolving.attach else []))
    world.let_go()
    world.drive(provider=unlisted(world))
    assert world.statuses() == ["landed"]
    assert not any(a.named_by_person for a in world.attempts() if a.provider_job_id == SLOW)
    assert world.money() == (0, world.server.ledger.total())


def test_it_stays_the_providers_word_when_a_person_has_it_fetched_again(world):
    """The service tells prompts in words of its own."""
    described(world, prompt="a lighthouse, cinematic, 4k")
    version_id = slow(world)
    say(world, resolving.fetch_again, version_id)
    world.drive(job_timeout=0.0, provider=unlisted(world))
    say(world, resolving.not_charged, version_id)
    world.let_go()
    assert sweep_and_fetch(world) == 1
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_what_fails_after_it_was_called_off_is_not_made_again(world):
    """Having it fetched again buys nothing."""
    world.server.fates.append("fail")
    version_id = slow(world)
    say(world, resolving.fetch_again, version_id)
    world.let_go()
    world.drive(provider=unlisted(world))
    assert (world.statuses(), posts(world)) == (["failed"], 1)
    world.check_settled()


# An id that only a person told


def test_one_of_the_takes_own_words_is_booked_and_fetched(world):
    slow_and_named(world)
    world.let_go()
    assert sweep_and_fetch(world) == 1
    assert world.statuses() == ["landed"]
    world.check_settled()


@pytest.mark.parametrize("prompt", ["a lighthouse, cinematic, 4k", None])
def test_one_of_which_nothing_else_says_so_is_kept_and_told(prompt, world):
    described(world, prompt=prompt)
    version_id = slow_and_named(world)
    world.let_go()
    assert sweep_and_fetch(world) == sweep_and_fetch(world) == 0
    assert (world.states(), world.money()) == (["released"], (0, 0))
    told = world.take(version_id).error
    assert told["code"] == verdicts.NOT_CHARGED
    assert f"job {SLOW}, which was attached, has finished all the same" in told["message"].lower()
    say(world, resolving.fetch_again, version_id)
    world.drive(provider=unlisted(world))
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_somebody_elses_is_not_booked_where_no_prompts_are_told(tmp_path):
    with parked(tmp_path) as world:
        world.hold()
        fields = {"prompt": "somebody else's", "size": "1280x720", "seconds": "4"}
        foreign = world.server._bill(fields, None)
        world.server.ledger.charges.clear()
        slow_and_named(world, foreign.id, "lose_request")
        world.let_go()
        assert sweep_and_fetch(world) == 0
        assert (world.statuses(), world.money()) == (["failed"], (0, 0))


def test_anothers_is_free_for_the_take_whose_it_is(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        world.hold()
        world.server.script("create", "lose_request", "lose_response")
        first, second = (made.version.id for made in world.admit())
        world.drive(provider=unlisted(world), until=lambda: world.statuses() == ["unknown"] * 2)
        theirs = next(iter(world.server.jobs))
        if world.take(second).prompt != world.server.jobs[theirs].request["prompt"]:
            first, second = second, first
        world.server.script("status", *["500"] * 9999)
        say(world, resolving.attach, first, theirs)
        world.drive(job_timeout=0.0, vanished_after=0.0, provider=unlisted(world))
        say(world, resolving.not_charged, first)
        world.server._faults["status"].clear()
        world.let_go()
        sweep(world, can_list=False)
        assert sweep(world) == 1
        world.drive()
        assert (world.take(first).status, world.take(second).status) == ("failed", "landed")
        assert world.money() == (0, FOUR_SECONDS)


def slow_and_called_charged(world) -> str:
    """A job that was not finished in time; the person took it for lost."""
    world.hold()
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["stuck"], job_timeout=0.0)
    say(world, resolving.charged, made.version.id)
    assert sweep(world) == 0, "it is not finished yet"
    return made.version.id


def test_a_slow_job_called_charged_is_fetched_once_it_is_finished(world):
    slow_and_called_charged(world)
    world.let_go()
    assert sweep(world) == 1
    world.drive()
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])
    assert sweep(world) == 0
    world.check_settled()


def test_its_clip_is_kept_where_the_take_has_another_one_by_then(world):
    version_id = slow_and_called_charged(world)
    with world.database.write() as session:
        takes.get(session, version_id).clip_key = "clips/another.mp4"
    world.let_go()
    assert sweep(world) == 1
    world.drive()
    assert world.take(version_id).clip_key == "clips/another.mp4"
    assert world.attempt().media_key is not None
    world.check_settled()
