"""What a person can say of a take in doubt, and what comes of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from musicapp_pipeline.generation import ledger, questions, resolving, states
from musicapp_pipeline.generation.resolving import BadJobId, JobOfAnotherTake, NothingToResolve
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.generation.doubts import lose_answer, parked, posts
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")


def test_where_a_list_tells_no_prompts_a_person_decides_and_the_money_stays_held(tmp_path):
    with parked(tmp_path) as world:
        lose_answer(world)
        assert world.money() == (FOUR_SECONDS, Decimal(0))
        (told,) = world.jobs()
        assert (told.status, told.error["code"]) == ("failed", "submission_unknown")
        assert "$0.24 stays held" in told.error["message"]
        assert told.error["actions"] == list(states.WHAT_TO_DO["unknown"])
        world.time_passes()
        looks = iter(range(5))
        world.drive(lambda: next(looks, None) is None)
        assert posts(world) == 1, "never sent again by itself"


def test_one_in_doubt_does_not_hold_up_the_next_take_of_its_scene(tmp_path):
    with parked(tmp_path) as world:
        lose_answer(world)
        world.admit()
        world.drive()
        assert sorted(world.statuses()) == ["landed", "unknown"]


def test_said_not_to_be_charged_the_money_is_given_back(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        with world.database.write() as session:
            resolving.not_charged(session, version_id, "not in the console")
        assert (world.states(), world.statuses()) == (["released"], ["failed"])
        assert world.money() == (Decimal(0), Decimal(0))


def test_said_to_be_charged_the_money_is_spent(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        with world.database.write() as session:
            resolving.charged(session, version_id)
        assert (world.states(), world.statuses()) == (["settled"], ["failed"])
        assert world.money() == (Decimal(0), world.server.ledger.total())


def test_a_job_found_in_the_console_is_attached_and_its_clip_fetched(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        (found,) = world.server.jobs
        with world.database.write() as session:
            resolving.attach(session, version_id, found)
        world.drive()
        assert (world.states(), world.statuses()) == (["settled"], ["landed"])
        world.check_settled()


@pytest.mark.parametrize("given_up", [False, True])
def test_a_mistyped_job_is_put_right(tmp_path, given_up):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        (found,) = world.server.jobs
        with world.database.write() as session:
            resolving.attach(session, version_id, f"{found}0")
        world.drive(vanished_after=0.0)
        assert world.states() == ["stuck"]
        with world.database.write() as session:
            if given_up:
                resolving.charged(session, version_id)
            resolving.attach(session, version_id, found)
        world.drive()
        assert (world.states(), world.statuses()) == (["settled"], ["landed"])
        world.check_settled()


def test_a_mistyped_job_is_put_right_at_once(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        (found,) = world.server.jobs
        for job_id in (f"{found}0", found):
            with world.database.write() as session:
                resolving.attach(session, version_id, job_id)
        world.drive()
        assert (world.states(), world.statuses()) == (["settled"], ["landed"])
        world.check_settled()


def test_jobs_that_were_attached_the_wrong_way_round_are_told_and_put_right(tmp_path):
    with money_world("sqlite", tmp_path, dialect="litellm", scenes=2) as world:
        provider = world.provider(can_list=False)
        world.server.script("create", "lose_response", "lose_response")
        first, second = (made.version for made in world.admit(provider=provider))
        world.drive(provider=provider)
        jobs = {job.request["prompt"]: id_ for id_, job in world.server.jobs.items()}
        right, wrong = jobs[world.take(first.id).prompt], jobs[world.take(second.id).prompt]
        with world.database.write() as session:
            resolving.attach(session, first.id, wrong)
        world.drive(provider=provider)
        assert world.states() == ["unknown", "unknown"]
        told = world.take(first.id).error
        assert "has the prompt of another take" in told["message"]
        assert any("attach" in action for action in told["actions"])
        for version, job_id in ((second, wrong), (first, right)):
            with world.database.write() as session:
                resolving.attach(session, version.id, job_id)
        world.drive(provider=provider)
        assert world.statuses() == ["landed", "landed"]
        world.check_settled()


def test_what_was_said_to_be_not_charged_is_booked_once_its_job_turns_up(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        (found,) = world.server.jobs
        with world.database.write() as session:
            resolving.not_charged(session, version_id)
        assert "attach" in world.takes()[0].error["actions"][0]
        assert world.money() == (0, 0)
        with world.database.write() as session, pytest.raises(NothingToResolve):
            resolving.fetch_again(session, version_id)
        with world.database.write() as session:
            resolving.attach(session, version_id, found)
        world.drive()
        assert (world.states(), world.statuses()) == (["released", "settled"], ["landed"])
        world.check_settled()


@pytest.mark.parametrize("how", ["attach", "fetch_again"])
def test_a_slow_job_that_was_said_to_be_not_charged_is_fetched_after_all(world, how):
    world.hold()
    (made,) = world.admit()
    world.drive(job_timeout=0.0)
    (job_id,) = world.server.jobs
    with world.database.write() as session:
        resolving.not_charged(session, made.version.id)
    world.let_go()
    with world.database.write() as session:
        if how == "attach":
            resolving.attach(session, made.version.id, job_id)
        else:
            resolving.fetch_again(session, made.version.id)
    world.drive()
    assert (sorted(world.states()), world.statuses()) == (["released", "settled"], ["landed"])
    world.check_settled()


def test_a_job_that_the_provider_told_us_is_not_replaced(world):
    world.hold()
    (made,) = world.admit()
    world.drive(job_timeout=0.0)
    with world.database.write() as session, pytest.raises(NothingToResolve):
        resolving.attach(session, made.version.id, "video_of_somebody_else")


@pytest.mark.parametrize("job_id", ["0f3a", "../../etc", "fal-ai/veo/requests/0f3a/status"])
def test_what_cannot_be_a_request_of_fals_is_not_attached(world, job_id):
    world.server.script("create", "lose_response")
    (made,) = world.admit()
    world.drive(provider=world.provider(can_list=False))
    with world.database.write() as session, pytest.raises(BadJobId):
        ledger.locked(session, made.attempt.id).provider = "fal"
        resolving.attach(session, made.version.id, job_id)
    assert world.attempt().provider_job_id is None


def test_a_job_of_another_take_cannot_be_attached(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        world.admit()
        world.drive()
        theirs = next(a.provider_job_id for a in world.attempts() if a.provider_job_id)
        with world.database.write() as session, pytest.raises(JobOfAnotherTake):
            resolving.attach(session, version_id, theirs)


def test_what_is_not_in_question_cannot_be_resolved(world):
    (made,) = world.admit()
    world.drive()
    for decide in (resolving.charged, resolving.not_charged):
        with world.database.write() as session, pytest.raises(NothingToResolve):
            decide(session, made.version.id)


@pytest.mark.parametrize("decide", [resolving.charged, resolving.not_charged])
def test_what_is_still_being_looked_for_is_not_in_question_yet(decide, world):
    """Its job may be found any moment; which it is may be said, though."""
    world.server.script("create", "lose_response")
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["unknown"], list_lag=3600.0)
    with world.database.write() as session:
        with pytest.raises(NothingToResolve, match="still being looked for"):
            decide(session, made.version.id)
        resolving.attach(session, made.version.id, next(iter(world.server.jobs)))
    world.drive()
    world.check_settled()


def test_open_questions_are_listed_with_what_can_be_done(tmp_path):
    with parked(tmp_path) as world:
        version_id = lose_answer(world)
        with world.database.read() as session:
            (asked,) = questions.open_questions(session, world.project_id)
            assert questions.open_questions(session, "elsewhere") == []
        assert (asked.version_id, asked.state, asked.held_usd) == (
            version_id,
            "unknown",
            FOUR_SECONDS,
        )
        assert asked.key == world.takes()[0].key
        assert asked.since <= now() + timedelta(seconds=1)
        assert "may or may not have accepted" in asked.message
        assert asked.actions
