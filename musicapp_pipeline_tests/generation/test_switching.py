"""Takes of before a switch to another provider: fetched where it can be reached, told where not."""

import asyncio
from dataclasses import replace

import pytest

from musicapp_pipeline.generation import absence, ledger, resolving, states
from musicapp_pipeline.generation.crew import Crew
from musicapp_pipeline.generation.errors import BadModelConfig
from musicapp_pipeline.generation.leases import LEASE
from musicapp_pipeline.generation.registry import is_reachable, provider_named
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import now
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import client_of, extra, settings
from musicapp_pipeline_tests.generation.money_world import AGES, QUICK, run_until

pytestmark = pytest.mark.usefixtures("quick_check")
TOLD = "which is not in use"
REAL = {"use_sora_mock": False, "sora_api_base_url": "http://127.0.0.1:9/v1"}


def switched(world):
    """Another provider, which has no takes."""
    other = world.provider()
    other.name = "fal"
    return other


def drive(world, until, provider, reach=None, **options):
    crew = Crew(
        world.database,
        world.media,
        provider,
        replace(QUICK, **options),
        reach=reach,
        on_landed=_heard(world),
        look=0.02,
    )
    asyncio.run(run_until([crew], until))


def _heard(world):
    async def heard(key):
        world.landings.append(key)

    return heard


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


def told_of(world):
    return any(TOLD in (job.message or "") for job in world.jobs())


def reaching(world):
    """Reach the provider of before; what was asked for is noted."""
    asked = []

    def reach(name):
        asked.append(name)
        return world.provider(), QUICK

    return reach, asked


def left_with_one_running_and_one_waiting(world):
    world.hold()
    world.admit(each=2)
    world.drive(lambda: "submitted" in world.states(), max_in_flight=1)
    world.time_passes()
    assert sorted(world.states()) == ["reserved", "submitted"]


@pytest.mark.parametrize("in_use", ["another", "none"])
def test_what_a_provider_of_before_has_is_fetched_and_nothing_is_bought_of_it(world, in_use):
    left_with_one_running_and_one_waiting(world)
    world.let_go()
    reach, asked = reaching(world)
    provider = switched(world) if in_use == "another" else None
    bought = len(world.server.ledger.charges)

    drive(world, lambda: "landed" in world.statuses() and told_of(world), provider, reach)
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


def unreachable(name):
    return None


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
