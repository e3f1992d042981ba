"""Which `clip` runs wait without a process for their takes."""

import asyncio

import dagster as dg
import pytest

from musicapp_pipeline.defs import attendant
from musicapp_pipeline.defs.instance import coordinator
from musicapp_pipeline.defs.instance.coordinator import ParkingCoordinator, is_released, release
from musicapp_pipeline_tests.defs.world import Desk


@pytest.fixture
def parking(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> ParkingCoordinator:
    monkeypatch.setattr(coordinator, "_database", lambda _: desk.database)
    monkeypatch.setattr(coordinator, "is_generation", lambda _: True)
    monkeypatch.setattr(desk.instance, "launch_run", lambda *_: None)
    made = ParkingCoordinator()
    made.register_instance(desk.instance)
    return made


def clip_run(desk: Desk, key: str, tags: dict[str, str] | None = None) -> dg.DagsterRun:
    run_id = desk.run(dg.DagsterRunStatus.NOT_STARTED, {**(tags or {}), "dagster/partition": key})
    run = desk.instance.get_run_by_id(run_id)
    assert run is not None
    return run


def test_a_re_executed_run_waits_for_its_take_though_the_first_was_released(
    desk: Desk, parking: ParkingCoordinator
) -> None:
    key = f"{desk.scenes[0].key}/t01"
    first = clip_run(desk, key)
    assert parking._must_wait(first)
    release(desk.instance, first)
    released = desk.instance.get_run_by_id(first.run_id)
    assert released is not None and is_released(released)
    assert not parking._must_wait(released)

    again = clip_run(desk, key, dict(released.tags))  # as Dagster does
    assert not is_released(again)
    assert parking._must_wait(again)


def test_who_asked_first_is_served_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of the cap may not be enough for both."""
    monkeypatch.setattr(attendant, "is_generation", lambda _: True)
    # Dagster makes no queued run without a code location.
    monkeypatch.setattr(attendant, "PARKED", dg.DagsterRunStatus.NOT_STARTED)
    asked = [f"{scene.key}/t01" for scene in (desk.scenes[1], desk.scenes[0], desk.scenes[2])]
    for key in asked:
        clip_run(desk, key)
    admitted: list[str] = []
    looking = attendant.Attendant(desk.bench, desk.instance, lambda _: asyncio.sleep(0))
    monkeypatch.setattr(looking, "_admit", admitted.append)
    looking.tick()
    assert admitted == asked


def test_a_re_executed_run_of_a_take_that_has_ended_does_not_wait(
    desk: Desk, parking: ParkingCoordinator
) -> None:
    version = desk.take(desk.scenes[0])
    assert not parking._must_wait(clip_run(desk, version.key))
