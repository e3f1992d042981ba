"""Take numbers never repeat, one take is selected, and a scene's status follows from its takes."""

import pytest
from sqlalchemy import func, select

from musicapp_pipeline.store import events, scenes, takes
from musicapp_pipeline.store.errors import Conflict, NotFound
from musicapp_pipeline.store.models import SceneVersion
from musicapp_pipeline_tests.store.rows import completed_take, new_project, scene_in
from musicapp_pipeline_tests.together import together


@pytest.fixture
def scene_id(database):
    return scene_in(database).id


def test_twenty_writers_get_twenty_numbers(database, scene_id):
    def add(_: int) -> int:
        with database.write() as session:
            return takes.add(session, scenes.get(session, scene_id), prompt="p").take

    assert sorted(together(20, add)) == list(range(1, 21))


def test_a_number_that_was_used_is_not_used_again_whatever_is_deleted(database, scene_id):
    with database.write() as session:
        scene = scenes.get(session, scene_id)
        session.delete(takes.add(session, scene, prompt="p"))
    with database.write() as session:
        assert takes.add(session, scenes.get(session, scene_id), prompt="p").take == 2


def test_the_next_number_follows_the_highest_a_person_chose(database, scene_id):
    with database.write() as session:
        scene = scenes.get(session, scene_id)
        assert takes.add(session, scene, prompt="p", take=7).take == 7
        assert takes.add(session, scene, prompt="p", take=3).take == 3
        assert takes.add(session, scene, prompt="p").take == 8
        assert takes.by_key(session, f"{scene.key}/t07") is not None


def test_a_chosen_number_does_not_turn_back_the_counter_of_another_writer(database, scene_id):
    """The row was read before somebody else moved the counter on."""
    with database.read() as session:
        stale = scenes.get(session, scene_id)
        session.commit()  # SQLite: let go of the snapshot
        with database.write() as other:
            for _ in range(5):
                takes.add(other, scenes.get(other, scene_id), prompt="p")
        takes.add(session, stale, prompt="p", take=6)
        session.commit()
    with database.write() as session:
        assert takes.add(session, scenes.get(session, scene_id), prompt="p").take == 7


def test_selecting_a_take_clears_the_others(database, scene_id):
    with database.write() as session:
        scene = scenes.get(session, scene_id)
        first, second = completed_take(session, scene), completed_take(session, scene)
        takes.select_version(session, scene, first)
        takes.select_version(session, scene, second)
        moment = second.selected_at
        takes.select_version(session, scene, second)
        assert second.selected_at == moment
    with database.read() as session:
        assert [v.is_selected for v in takes.of_scene(session, scene_id)] == [False, True]
        assert scenes.get(session, scene_id).selected_version_id == second.id


@pytest.mark.parametrize("status", ["queued", "generating", "landed", "failed", "unknown"])
def test_only_a_completed_take_can_be_selected(database, scene_id, status):
    with database.write() as session:
        scene = scenes.get(session, scene_id)
        version = takes.add(session, scene, prompt="p")
        takes.set_status(session, version, status)
        with pytest.raises(Conflict, match="only a completed take"):
            takes.select_version(session, scene, version)


def test_there_are_never_two_selected_takes_nor_none(database, scene_id):
    with database.write() as session:
        scene = scenes.get(session, scene_id)
        made = [completed_take(session, scene).id for _ in range(5)]
        takes.select_version(session, scene, takes.get(session, made[0]))

    def choose(number: int) -> None:
        with database.write() as session:
            # Read before the decision, as a request does.
            version = takes.get(session, made[number % 5])
            takes.select_version(session, scenes.get(session, scene_id), version)

    assert together(20, choose) == [None] * 20
    with database.read() as session:
        chosen = [v.id for v in takes.of_scene(session, scene_id) if v.is_selected]
        assert chosen == [scenes.get(session, scene_id).selected_version_id]


def test_the_database_itself_refuses_a_second_selected_take(database, scene_id):
    with database.write() as session:
        scene = scenes.get(session, scene_id)
        first, second = completed_take(session, scene), completed_take(session, scene)
        first.is_selected = second.is_selected = True
        with pytest.raises(Exception, match=r"(?i)unique"):
            session.flush()
        session.rollback()


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((), "pending"),
        (("queued",), "generating"),
        (("completed", "generating"), "generating"),
        (("landed", "failed"), "generating"),
        (("unknown", "completed"), "completed"),
        (("stuck", "failed"), "generating"),
        (("unknown", "landed", "completed"), "generating"),
        (("failed", "completed", "cancelled"), "completed"),
        (("cancelled", "failed"), "failed"),
        (("cancelled",), "pending"),
    ],
)
def test_what_a_scenes_status_follows_from(statuses, expected):
    assert takes.status_of(statuses) == expected


def test_a_take_of_a_scene_that_left_the_video_can_still_come_home(database, scene_id):
    """Its clip may have been paid for: nothing may keep it from being recorded."""
    with database.write() as session:
        scene = scenes.get(session, scene_id)
        version = takes.add(session, scene, prompt="p")
        scenes.archive(session, scene)
    with database.write() as session:
        takes.set_status(session, takes.get(session, version.id), "landed")
    with database.read() as session:
        assert takes.get(session, version.id).status == "landed"


def test_each_change_of_a_take_is_announced_with_the_scene(database, scene_id):
    with database.write() as session:
        version = takes.add(session, scenes.get(session, scene_id), prompt="p")
        takes.set_status(session, version, "generating")
    with database.read() as session:
        told = events.since(session, version.project_id, 0)
        assert [e.kind for e in told][-2:] == ["version", "scene"]
        assert told[-2].payload["status"] == "generating"


def test_a_take_is_not_found_under_another_scene(database):
    with database.write() as session:
        _, (one, two) = new_project(session, 2)
        version = takes.add(session, one, prompt="p")
        with pytest.raises(NotFound):
            takes.get(session, version.id, scene_id=two.id)
        count = session.scalar(select(func.count(SceneVersion.id)))
        assert count == 1
