"""Takes of before a switch that nobody can ask for: said, and left to a person in time."""

import pytest

from musicapp_pipeline.generation import absence, ledger, resolving, states
from musicapp_pipeline.generation.errors import BadModelConfig
from musicapp_pipeline.generation.leases import LEASE
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.generation.switching import (
    TOLD,
    drive,
    left_with_one_running_and_one_waiting,
    switched,
    told_of,
    unreachable,
)

pytestmark = pytest.mark.usefixtures("quick_check")


@pytest.mark.parametrize("why", ["unset", "refused"])
def test_takes_of_a_provider_that_cannot_be_reached_say_so_and_go_on_when_it_is_back(world, why):
    left_with_one_running_and_one_waiting(world)

    def reach(name):
        if why == "refused":
            raise BadModelConfig("no such thing", field="MUSICAPP_MODELS")

    drive(world, lambda: "stuck" in world.states(), switched(world), reach, job_timeout=0.0)
    assert sorted(world.statuses()) == ["queued", "stuck"]
    told = next(take.error["message"] for take in world.takes() if take.error)
    assert TOLD in told
    assert "clips are kept for an hour" in told
    assert TOLD in next(job.message for job in world.jobs() if not job.error)
    world.let_go()
    world.drive(lambda: world.states() == ["settled", "settled"])
    assert world.statuses() == ["landed", "landed"]
    world.check_settled()


@pytest.mark.parametrize("lost", ["lose_request", "lose_response"])
@pytest.mark.parametrize("how", ["looked for", "killed"])
def test_a_doubt_that_nobody_can_look_into_is_left_to_a_person_in_time(world, lost, how):
    world.server.script("create", lost)
    world.admit()
    world.drive(lambda: world.states() == ["unknown"], list_lag=3600.0)
    if how == "killed":
        with world.database.write() as session:
            ledger.locked(session, world.attempt().id).state = "submitting"
    world.time_passes()

    drive(world, world.resting, switched(world), unreachable, job_timeout=86_400.0, away=0.0)
    assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])
    told = world.takes()[0].error
    assert f"{TOLD}, nor do the settings say how to reach it: put them back" in told["message"]
    assert told["actions"] == list(states.WHAT_TO_DO["unknown"])
    world.drive(lambda: lost == "lose_request" or world.states() == ["settled"])
    if lost == "lose_request":
        with world.database.write() as session:
            resolving.not_charged(session, world.takes()[0].id)
    world.check_settled()


@pytest.mark.parametrize("kept", [True, False])
def test_a_finished_clip_out_of_reach_is_given_up_once_no_provider_has_it(world, kept, monkeypatch):
    monkeypatch.setattr(absence, "KEPT", 3600.0 if kept else 0.0)
    world.server.script("content", *["500"] * 9999)
    world.admit()
    fetching = {"download_tries": 1, "download_rounds": 99}
    world.drive(lambda: world.attempt().download_tries >= 1, **fetching)
    world.server._faults["content"].clear()
    world.time_passes()

    told = lambda: told_of(world) or world.statuses() == ["failed"]  # noqa: E731
    drive(world, told, switched(world), unreachable, away=0.0)
    assert world.states() == ["completed" if kept else "settled"]
    if not kept:
        error = world.takes()[0].error
        assert (error["code"], TOLD in error["message"]) == ("download_failed", True)
        with world.database.write() as session:
            resolving.fetch_again(session, world.takes()[0].id)
    world.drive(lambda: world.statuses() == ["landed"])
    world.check_settled()


def test_what_nobody_can_ask_for_is_known(world):
    left_with_one_running_and_one_waiting(world)
    running = next(a.version_id for a in world.attempts() if a.state == "submitted")

    def away(in_use, reaches, project_id=world.project_id):
        with world.database.read() as session:
            return absence.out_of_reach(session, project_id, in_use, lambda _: reaches)

    assert away("mock", False).keys() == {running}
    assert away("mock", True) == away("videos_api", False) == away("mock", False, "other") == {}
    with world.database.write() as session:  # another process, of other settings, drives it
        ledger.locked(session, world.attempts()[0].id).lease_until = now() + LEASE
        ledger.locked(session, world.attempts()[1].id).lease_until = now() + LEASE
    assert away("mock", False) == {}
    world.let_go()
    world.drive()
