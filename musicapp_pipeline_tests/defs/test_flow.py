"""Which takes count on the way to a final cut, and which are waited for."""

from typing import Any

import dagster as dg
import pytest
from sqlalchemy import update

from musicapp_pipeline.cli.late import look_again, looking
from musicapp_pipeline.defs import flow, sensing
from musicapp_pipeline.generation import admission, clock, landing, ledger
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.models import GenerationAttempt
from musicapp_pipeline_tests.defs.world import Desk


@pytest.fixture(autouse=True)
def heard_and_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "HEARING", ())
    monkeypatch.setattr(flow, "_outdated", lambda *_: [])
    monkeypatch.setattr(type(flow.MEZZANINE), "current", lambda *_: object())


def order(desk: Desk, each: int) -> list[str]:
    """Ids of takes of the first scene."""
    with desk.database.write() as session:
        project = projects.get(session, desk.project_id, lock=True)
        scene = scenes.get(session, desk.scenes[0].id)
        made = admission.admit(session, project, [(scene, each)], desk.bench.provider)
        return [one.version.id for one in made]


def become(desk: Desk, version_id: str, status: str) -> None:
    with desk.database.write() as session:
        takes.set_status(session, takes.get(session, version_id), status)


def steps(desk: Desk, wanted: int) -> flow.Next:
    with desk.database.read() as session:
        return flow.next_steps(session, desk.bench, desk.project_id, wanted)


@pytest.mark.parametrize("other", ["unknown", "stuck", "failed", "cancelled"])
def test_a_take_that_nobody_drives_does_not_keep_the_other_from_being_chosen(
    desk: Desk, other: str
) -> None:
    first, second = order(desk, 2)
    become(desk, first, other)
    become(desk, second, "completed")
    found = steps(desk, 2)
    scene = desk.scenes[0].id
    assert (scene in found.select, scene in found.failed) == (True, False)


@pytest.mark.parametrize("other", ["queued", "generating", "landed"])
def test_a_take_under_way_is_waited_for(desk: Desk, other: str) -> None:
    first, second = order(desk, 2)
    become(desk, first, other)
    become(desk, second, "completed")
    assert desk.scenes[0].id not in steps(desk, 2).select


def test_a_take_that_nobody_can_ask_for_is_not_waited_for(desk: Desk) -> None:
    scene = desk.scenes[0].id

    def found(away: set[str], wanted: int) -> tuple[int, bool, bool, bool]:
        with desk.database.read() as session:
            at = flow.next_steps(session, desk.bench, desk.project_id, wanted, None, away)
        return at.waiting, scene in at.select, scene in at.failed, scene in dict(at.admit)

    (first,) = order(desk, 1)
    become(desk, first, "generating")
    assert found(set(), 1) == (1, False, False, False)
    assert found({first}, 1) == (0, False, True, False)
    (second,) = order(desk, 1)
    become(desk, second, "completed")
    assert found({first}, 2) == (0, True, False, False)


@pytest.mark.parametrize("chosen", [False, True])
def test_what_the_mock_drew_does_not_count_for_a_real_provider(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    scene = desk.scenes[0].id
    (drawn,) = order(desk, 1)
    become(desk, drawn, "completed")
    if chosen:
        with desk.database.write() as session:
            take = takes.get(session, drawn)
            takes.select_version(session, take.scene, take)
    assert scene not in dict(steps(desk, 1).admit)
    monkeypatch.setattr(desk.bench.provider, "name", "videos_api")
    assert dict(steps(desk, 1).admit)[scene] == 1
    (bought,) = order(desk, 1)
    become(desk, bought, "completed")
    found = steps(desk, 1)
    assert scene in found.select and scene not in dict(found.admit)
    with desk.database.read() as session:
        row = scenes.get(session, scene)
        assert [v.id for v in flow.fresh_takes(session, desk.bench, row)] == [bought]


def test_the_autopilot_orders_what_is_still_missing_behind_the_lock(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person ordered the takes between its look and its order."""
    real, looks = flow.next_steps, []

    def look(*args: Any) -> flow.Next:
        looks.append(real(*args))
        if len(looks) == 1:
            everything = [(scene.id, 1) for scene in desk.scenes]
            with desk.database.write() as session:
                project = projects.get(session, desk.project_id, lock=True)
                wanted = [(scenes.get(session, id_), n) for id_, n in everything]
                admission.admit(session, project, wanted, desk.bench.provider)
        return looks[-1]

    monkeypatch.setattr(sensing, "next_steps", look)
    context = dg.build_sensor_context()
    assert sensing._advance(context, desk.bench, desk.project_id, 1) == []
    with desk.database.read() as session:
        each = [len(takes.of_scene(session, scene.id)) for scene in desk.scenes]
    assert set(each) == {1}


def test_a_stuck_take_is_looked_at_before_it_is_given_up(desk: Desk) -> None:
    (version_id,) = order(desk, 1)
    with desk.database.write() as session:
        [attempt] = ledger.attempts_of(session, version_id)
        ledger.move(session, attempt, "submitting")
        ledger.move(session, attempt, "submitted", provider_job_id="v1")
        landing.stuck(session, attempt.id, "late", 3600.0)
    with desk.database.write() as session:
        marked = look_again(session, desk.project_id, desk.bench.provider.name)
        assert marked == {attempt.id}
        [due] = [a.next_action_at for a in ledger.attempts_of(session, version_id)]
        assert due is not None and due <= clock.moment(session)
    with desk.database.write() as session:
        assert looking(session, marked), "not looked at yet"
        landing.stuck(session, attempt.id, "late", 3600.0)
        assert not looking(session, marked), "looked at, and still not there"
        landing.delivered(session, attempt.id)
        assert looking(session, marked), "there, and being fetched"
        session.execute(update(GenerationAttempt).values(state="settled"))
        assert not looking(session, marked)
