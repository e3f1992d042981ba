"""Takes that a person calls off, before and after they were sent."""

import pytest

from musicapp_pipeline.generation import submission
from musicapp_pipeline.store import takes
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.money_world import money_world

pytestmark = pytest.mark.usefixtures("quick_check")


def cancel(world, version_id: str) -> None:
    with world.database.write() as session:
        submission.request_cancel(session, takes.get(session, version_id))


def test_cancelled_before_it_was_sent_it_costs_nothing(world):
    (made,) = world.admit()
    cancel(world, made.version.id)
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    assert world.jobs()[0].status == "cancelled"
    assert world.server.requests == []


def test_cancelled_while_it_waits_for_another_try_it_costs_nothing(world):
    world.server.script("create", "429")
    (made,) = world.admit()
    world.drive(lambda: any("waiting" in job.message for job in world.jobs()), retry=60.0)
    cancel(world, made.version.id)
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    world.check_settled()


def _cancel_while_it_is_made(world):
    world.hold()
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    cancel(world, made.version.id)
    world.let_go()
    world.drive()


def test_cancelled_while_it_is_made_its_clip_is_kept_and_paid(world):
    _cancel_while_it_is_made(world)
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])
    world.check_settled()


def test_cancelled_and_then_failed_it_is_not_tried_again(world):
    world.server.fates.extend(["fail", "complete"])
    _cancel_while_it_is_made(world)
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    assert len(world.server.ledger.charges) == 1


def test_cancelled_in_doubt_and_not_bought_it_is_not_sent_again(world):
    world.server.script("create", "lose_request")
    (made,) = world.admit()
    world.drive(lambda: world.states() == ["unknown"], list_lag=3600.0)
    cancel(world, made.version.id)
    world.time_passes()
    world.drive()
    assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
    assert world.server.ledger.charges == []


def test_cancelled_while_its_clip_is_fetched_it_lands(world):
    world.server.script("content", *["500"] * 3)
    (made,) = world.admit()
    world.drive(lambda: world.attempt().download_tries >= 1, download_tries=1)
    cancel(world, made.version.id)
    world.drive()
    assert world.statuses() == ["landed"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancel_and_a_send_at_the_same_moment_never_lose_the_purchase(kind, tmp_path):
    """Whoever comes second sees what the first has done: never released and bought."""
    from musicapp_pipeline_tests.together import together

    with money_world(kind, tmp_path, scenes=10) as world:
        made = world.admit()
        key = world.provider().key

        def race(number: int) -> object:
            item = made[number // 2]
            with world.database.write() as session:
                if number % 2:
                    version = takes.get(session, item.version.id)
                    return submission.request_cancel(session, version)
                return submission.begin(session, item.attempt.id, key, 100).go

        answers = together(20, race)
        for number, attempt in enumerate(sorted(world.attempts(), key=lambda a: a.id)):
            assert attempt.state in ("submitting", "released"), number
        for number, item in enumerate(made):
            sent = answers[2 * number]
            (attempt,) = [a for a in world.attempts() if a.id == item.attempt.id]
            assert sent is (attempt.state == "submitting")
