"""The dispatcher against a provider that bills and fails, over real sockets."""

import asyncio
from decimal import Decimal

import pytest
from PIL import Image

from musicapp_pipeline.generation import ledger, places, resolving
from musicapp_pipeline.store import jobs, scenes
from musicapp_pipeline.store.media import sha256_file
from musicapp_pipeline.store.models import Character
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.money_world import FOUR_SECONDS, money_world, run_until

pytestmark = pytest.mark.usefixtures("quick_check")


@pytest.mark.decodes
@pytest.mark.parametrize("kind", KINDS)
def test_takes_land_checked_and_are_paid_once(kind, tmp_path):
    with money_world(kind, tmp_path, scenes=3, job_seconds=0.1) as world:
        world.admit(each=2)
        world.drive(lambda: len(world.landings) == 6)
        assert world.states() == ["settled"] * 6
        assert world.statuses() == ["landed"] * 6
        assert sorted(world.landings) == sorted(version.key for version in world.takes())
        for version in world.takes():
            clip = world.media.fetch(version.clip_key)
            assert sha256_file(clip) == version.clip_sha256
            assert version.auto_scores["clip"]["frames"] == 96
            assert version.sora_clip_id in world.server.jobs
        assert [(job.status, job.message) for job in world.jobs()] == [
            ("running", "clip received and checked")
        ] * 6
        assert len(world.server.ledger.charges) == 6
        world.check_settled()


def test_the_money_is_reserved_before_and_spent_after(world):
    world.admit()
    assert world.money() == (FOUR_SECONDS, Decimal(0))
    world.drive()
    assert world.money() == (Decimal(0), FOUR_SECONDS)


def test_no_more_are_in_flight_than_allowed(tmp_path):
    with money_world("sqlite", tmp_path, scenes=6, job_seconds=0.15) as world:
        most = 0

        def look() -> bool:
            nonlocal most
            with world.database.read() as session:
                most = max(most, places.taken(session, "videos_api", "", 0.0))
            return world.resting()

        world.admit()
        world.drive(look, max_in_flight=2, dispatchers=2)
        assert 1 <= most <= 2
        assert world.statuses() == ["landed"] * 6


def test_requests_in_doubt_keep_their_places(tmp_path):
    """A gateway that makes every job and answers 500 does not get the whole batch."""
    with money_world("sqlite", tmp_path, scenes=6) as world:
        world.server.script("create", *["500_after"] * 6)
        world.admit()
        silent = world.provider(can_list=False)
        parked = lambda: world.statuses().count("unknown") == 2  # noqa: E731
        world.drive(parked, provider=silent, max_in_flight=2, doubtful=3600.0)
        (one, _) = (v for v in world.takes() if v.status == "unknown")
        assert len(world.server.ledger.charges) == 2
        why = "waits for a place at the provider: takes in doubt keep 2 of 2"
        told = lambda: [j.message for j in world.jobs() if j.status == "queued"] == [why] * 4  # noqa: E731
        world.drive(told, provider=silent, max_in_flight=2, doubtful=3600.0)
        with world.database.write() as session:
            resolving.charged(session, one.id)
        three = lambda: len(world.server.ledger.charges) == 3  # noqa: E731
        world.drive(three, provider=silent, max_in_flight=2, doubtful=3600.0)
        world.drive(provider=silent, max_in_flight=2, doubtful=0.0)
        assert len(world.server.ledger.charges) == 6


def test_requests_in_doubt_keep_no_places_at_another_server(tmp_path):
    with money_world("sqlite", tmp_path, scenes=3) as world:
        world.server.script("create", "lose_response")
        world.admit(0)
        silent = world.provider(can_list=False)
        world.drive(provider=silent)
        with world.database.write() as session:
            ledger.locked(session, world.attempt().id).sent_to = "another account"
        world.admit(1, 2)
        world.drive(provider=silent, max_in_flight=1, doubtful=3600.0)
        assert sorted(world.statuses()) == ["landed", "landed", "unknown"]


def test_a_characters_picture_goes_with_the_request(world):
    with world.database.write() as session:
        scene = scenes.get(session, world.scene_ids[0])
        with world.media.writing("uploads/singer.png") as path:
            Image.new("RGB", (300, 500), "teal").save(path)
        singer = Character(
            id="c-1",
            project_id=world.project_id,
            name="Ada",
            reference_image_key="uploads/singer.png",
        )
        session.add(singer)
        scene.character_ids = ["c-1"]
    world.admit()
    world.drive()
    (job,) = world.server.jobs.values()
    assert job.reference is not None
    assert world.statuses() == ["landed"]


def test_attempts_of_another_provider_are_left_for_its_return(world):
    world.admit()
    other = world.provider()
    other.name = "somebody_else"
    looks = iter(range(5))
    world.drive(lambda: next(looks, None) is None, provider=other)
    assert world.states() == ["reserved"]
    assert world.server.requests == []
    world.drive()
    assert world.statuses() == ["landed"]


def test_a_listener_that_fails_does_not_stop_the_others(tmp_path):
    with money_world("sqlite", tmp_path, scenes=2) as world:
        dispatcher = world.dispatcher()

        async def broken(_: str) -> None:
            raise RuntimeError("no Dagster today")

        dispatcher._on_landed = broken
        world.admit()
        asyncio.run(run_until([dispatcher], world.resting))
        assert world.statuses() == ["landed"] * 2


def test_a_job_somebody_ended_meanwhile_stays_ended(world):
    world.hold()
    world.admit()
    world.drive(lambda: world.states() == ["submitted"])
    with world.database.write() as session:
        jobs.finish(session, world.jobs()[0].id, "cancelled")
    world.let_go()
    world.drive()
    assert world.jobs()[0].status == "cancelled"
    assert world.statuses() == ["landed"]
