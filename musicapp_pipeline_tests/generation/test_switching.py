"""Takes of before a switch to another provider: fetched where it can be reached."""

import asyncio

import pytest

from musicapp_pipeline.generation import absence, ledger, resolving
from musicapp_pipeline.generation.registry import is_reachable, provider_named
from musicapp_pipeline.store import takes
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import client_of, extra, settings
from musicapp_pipeline_tests.generation.money_world import AGES
from musicapp_pipeline_tests.generation.switching import (
    TOLD,
    drive,
    left_with_one_running_and_one_waiting,
    reaching,
    switched,
    told_of,
)

pytestmark = pytest.mark.usefixtures("quick_check")
REAL = {"use_sora_mock": False, "sora_api_base_url": "http://127.0.0.1:9/v1"}


@pytest.mark.parametrize("fault", ["404", "410"])
def test_a_finished_clip_is_not_given_up_where_its_job_was_never_sent(world, fault):
    """The address is changed while a clip is being fetched, and put back."""
    world.server.script("content", *["500"] * 9999)
    world.admit()
    fetching = {"download_tries": 1, "download_rounds": 99}
    world.drive(lambda: world.attempt().download_tries >= 1, **fetching)
    world.server._faults["content"].clear()
    with FaultServer() as other:
        other.script("content", *[fault] * 100)
        world.time_passes()
        world.drive(
            lambda: world.attempt().storing_tries > 2,
            provider=client_of(other),
            download_tries=1,
            download_rounds=1,
        )
    assert world.states() == ["completed"]
    assert "sent to another server" in world.jobs()[0].message
    world.time_passes()
    world.drive()
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])
    world.check_settled()


@pytest.mark.parametrize("in_use", ["another", "none"])
def test_what_a_provider_of_before_has_is_fetched_and_nothing_is_bought_of_it(world, in_use):
    left_with_one_running_and_one_waiting(world)
    world.let_go()
    reach, asked = reaching(world)
    provider = switched(world) if in_use == "another" else None
    bought = len(world.server.ledger.charges)

    drive(world, lambda: bool(world.landings) and told_of(world), provider, reach)
    assert sorted(world.states()) == ["reserved", "settled"]
    assert sorted(world.statuses()) == ["landed", "queued"]
    assert asked == ["videos_api"]
    assert len(world.landings) == 1
    assert len(world.server.ledger.charges) == bought == 1
    (queued,) = [take.id for take in world.takes() if take.status == "queued"]
    (waits,) = [job.message for job in world.jobs() if job.version_id == queued]
    assert TOLD in waits
    assert "switch back" in waits
    with world.database.read() as session:
        assert absence.others(session, "fal") == {"videos_api": 1}
        (sentence,) = absence.warnings(session, "fal")
    assert sentence.startswith("1 unfinished take is of videos_api's")
    world.drive(lambda: world.states() == ["settled", "settled"])
    world.check_settled()


def test_a_lost_answer_at_a_provider_of_before_is_looked_for_and_never_sent_again(world):
    world.server.script("create", "lose_request")
    world.admit()
    world.drive(lambda: world.states() == ["unknown"], list_lag=3600.0)
    world.time_passes()
    reach, _ = reaching(world)
    drive(world, lambda: world.states() == ["reserved"], switched(world), reach)
    assert world.server.ledger.charges == []
    world.time_passes()
    drive(
        world, lambda: any(TOLD in (j.message or "") for j in world.jobs()), switched(world), reach
    )
    assert world.states() == ["reserved"]
    assert world.server.ledger.charges == []
    world.drive()
    world.check_settled()


def test_a_take_in_doubt_of_before_is_looked_for_with_every_sweep(world):
    world.server.script("create", "lose_response")
    world.admit()
    world.drive(provider=world.provider(can_list=False))
    assert (world.resting(), world.statuses()) == (True, ["unknown"])
    reach, asked = reaching(world)
    drive(world, lambda: world.states() == ["settled"], switched(world), reach)
    assert (asked, world.statuses()) == (["videos_api"], ["landed"])
    world.check_settled()


def test_a_slow_job_of_before_that_was_called_not_charged_is_still_found(world):
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["stuck"], job_timeout=0.0)
    with world.database.write() as session:
        resolving.not_charged(session, world.takes()[0].id)
    world.let_go()
    reach, _ = reaching(world)
    drive(world, lambda: world.money()[1] > 0, switched(world), reach)
    drive(world, lambda: "landed" in world.statuses(), switched(world), reach)
    world.check_settled()


def test_a_late_purchase_of_before_is_still_found(world):
    world.server.list_lag = 3600.0
    world.server.script("create", "lose_response")
    world.admit()
    world.drive(lambda: world.states() == ["settled"])
    world.server.list_lag = 0.0
    for job in world.server.jobs.values():
        job.created -= AGES.total_seconds()
    reach, _ = reaching(world)
    drive(world, lambda: world.states() == ["settled"] * 2, switched(world), reach)
    world.check_settled()


def test_a_stuck_take_of_before_is_looked_at_now_and_then(world):
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["stuck"], job_timeout=0.0)
    world.let_go()
    reach, _ = reaching(world)
    drive(world, lambda: world.states() == ["settled"], switched(world), reach)
    assert world.statuses() == ["landed"]
    world.check_settled()


def test_what_waits_for_a_provider_of_before_can_be_given_back(world):
    left_with_one_running_and_one_waiting(world)
    with world.database.write() as session:
        assert absence.withdraw(session, world.project_id, "videos_api") == 0
        assert absence.withdraw(session, world.project_id, "mock") == 1
    assert sorted(world.states()) == ["released", "submitted"]
    assert sorted(world.statuses()) == ["failed", "generating"]
    world.let_go()
    world.drive()
    world.check_settled()


def test_a_repeat_is_given_back_while_the_first_purchase_of_its_take_is_coming(world):
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    first = world.attempt()
    with world.database.write() as session:
        ledger.reserve(
            session,
            takes.get(session, first.version_id),
            provider=first.provider,
            usd_per_second=first.reserved_usd / first.seconds,
            price_version=first.price_version,
            fingerprint=first.fingerprint,
            request=first.request,
            simulated=False,
            number=2,
        )
        assert absence.withdraw(session, world.project_id, "mock") == 1
    assert (world.states(), world.statuses()) == (["submitted", "released"], ["generating"])
    world.let_go()
    world.drive()
    world.check_settled()


def test_without_takes_of_others_nobody_else_is_opened(world):
    world.admit()
    reach, asked = reaching(world)
    drive(world, lambda: world.states() == ["settled"], world.provider(), reach)
    assert asked == []
    with world.database.read() as session:
        assert absence.warnings(session, "videos_api") == []


@pytest.mark.parametrize(
    ("name", "project", "own", "there"),
    [
        ("mock", REAL, {}, True),
        ("videos_api", REAL, {}, True),
        ("videos_api", REAL | {"use_sora_mock": True}, {}, True),
        ("videos_api", REAL, {"fal_key": "k", "musicapp_provider": "fal"}, True),
        ("videos_api", {"use_sora_mock": False}, {"fal_key": "k"}, False),
        ("fal", REAL, {"fal_key": "k"}, True),
        ("fal", REAL, {}, False),
        ("nobody", REAL, {"fal_key": "k"}, False),
    ],
)
def test_a_provider_is_reached_as_long_as_the_settings_name_it(name, project, own, there, tmp_path):
    provider = provider_named(name, settings(**project), tmp_path, extra(**own))
    assert is_reachable(name, settings(**project), extra(**own)) == there
    assert (None if provider is None else provider.name) == (name if there else None)
    if provider is not None:
        model = {"fal": "wan-2.7"}.get(name, "sora-2")
        assert provider.capabilities(model).provider == name
        asyncio.run(provider.aclose())
