"""What Dagster starts again by itself orders nothing twice."""

import pytest

from musicapp_pipeline.defs.making import bring_up_to_date
from musicapp_pipeline.defs.ordering import order_once
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import SCENE_PLAN
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store import scenes, takes
from musicapp_pipeline_tests.defs.world import Desk


class Lost(Exception):
    """The worker was killed."""


def order(desk: Desk, run_id: str, root: str, *, lost: bool = False) -> str:
    """What a run of ``one_scene_again`` does; the take's key."""
    task = Task(desk.bench, desk.scenes[0].key, run_id=run_id, root_run_id=root)
    bring_up_to_date(SCENE_PLAN, task, asked_by_person=True)
    if lost:
        raise Lost
    return order_once(desk.bench, task).key


def ordered(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        return [v.key for v in takes.of_scene(session, desk.scenes[0].id)]


@pytest.mark.parametrize("recorded", [True, False], ids=["unchanged plan", "new plan"])
def test_a_run_that_is_started_again_orders_one_take(desk: Desk, recorded: bool) -> None:
    if recorded:
        bring_up_to_date(SCENE_PLAN, Task(desk.bench, desk.scenes[0].key))
    first = order(desk, "a", "a")
    assert [order(desk, run, "a") for run in ("a2", "a3")] == [first, first]
    assert ordered(desk) == [first]
    with desk.database.read() as session:
        held = ledger.held(session, desk.project_id)
    second = order(desk, "b", "b")
    assert second != first
    assert len(ordered(desk)) == 2
    with desk.database.read() as session:
        assert ledger.held(session, desk.project_id) == 2 * held
        assert scenes.get(session, desk.scenes[0].id).plan_run == "b"


def test_a_run_that_was_lost_before_it_ordered_orders(desk: Desk) -> None:
    first = order(desk, "a", "a")
    with pytest.raises(Lost):
        order(desk, "b", "b", lost=True)
    second = order(desk, "b2", "b")
    assert second != first
    assert order(desk, "b3", "b") == second
    assert len(ordered(desk)) == 2
