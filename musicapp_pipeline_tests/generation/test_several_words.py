"""A person's words on takes that were sent more than once: each is said of one purchase."""

from datetime import timedelta

import pytest

from musicapp_pipeline.generation import absence, resolving, submission
from musicapp_pipeline.generation.resolving import NothingToResolve
from musicapp_pipeline.store import takes
from musicapp_pipeline_tests.generation.doubts import posts, say, sweep, was_earlier
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world

pytestmark = pytest.mark.usefixtures("quick_check")
ONCE = {"download_tries": 1, "download_rounds": 1}


def test_each_of_two_purchases_whose_clips_never_came_is_called_not_charged(tmp_path):
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        world.server.script("content", *["404"] * 99)
        (made,) = world.admit()
        world.drive(**ONCE)
        world.server.list_lag = 0.0
        assert sweep(world) == 1
        world.drive(**ONCE)
        assert world.money() == (0, 2 * FOUR_SECONDS)
        say(world, resolving.not_charged, made.version.id)
        told = world.take(made.version.id).error
        assert "$0.24 of another purchase stays booked" in told["message"]
        with pytest.raises(NothingToResolve, match="in a minute"):
            say(world, resolving.not_charged, made.version.id)
        was_earlier(world, timedelta(minutes=2))
        say(world, resolving.not_charged, made.version.id)
        assert world.money() == (0, 0)
        was_earlier(world, timedelta(minutes=2))
        with pytest.raises(NothingToResolve):
            say(world, resolving.not_charged, made.version.id)


def test_a_late_purchase_of_a_landed_take_whose_clip_never_came_is_called_not_charged(tmp_path):
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response")
        (made,) = world.admit()
        world.drive(**ONCE)
        world.server.list_lag = 0.0
        world.server.script("content", "404")
        assert sweep(world) == 1
        world.drive(**ONCE)
        assert world.money() == (0, 2 * FOUR_SECONDS)
        say(world, resolving.not_charged, made.version.id)
        assert (world.statuses(), world.money()) == (["landed"], (0, FOUR_SECONDS))
        was_earlier(world, timedelta(minutes=2))
        with pytest.raises(NothingToResolve):
            say(world, resolving.not_charged, made.version.id)


@pytest.mark.parametrize("how", ["withdrawn", "cancelled"])
def test_the_first_request_of_a_repeat_that_was_given_back_unsent_may_be_named(how, tmp_path):
    """It was declared absent, and a person found its job in the console after all."""
    with money_world("sqlite", tmp_path, list_lag=3600.0) as world:
        world.server.script("create", "lose_response", *["429"] * 999)
        (made,) = world.admit()
        world.drive(lambda: world.states() == ["reserved"] and posts(world) > 1)
        with world.database.write() as session:
            if how == "withdrawn":
                assert absence.withdraw(session, world.project_id, "mock") == 1
            else:
                submission.request_cancel(session, takes.get(session, made.version.id))
        assert world.states() == ["released"]
        if how == "withdrawn":
            assert "attach" in world.take(made.version.id).error["actions"][0]
        say(world, resolving.attach, made.version.id, next(iter(world.server.jobs)))
        world.drive()
        assert world.statuses() == ["landed"]
        world.check_settled()
