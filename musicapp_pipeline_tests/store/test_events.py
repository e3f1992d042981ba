"""Events are heard in order, each once, and only when what they tell of happened."""

import pytest

from musicapp_pipeline.store import events
from musicapp_pipeline_tests.store.rows import new_project


@pytest.fixture
def project_id(database):
    with database.write() as session:
        return new_project(session)[0].id


def listen(database, project_id: str, after: int, limit: int) -> tuple[list[int], int]:
    with database.read() as session:
        batch = events.since(session, project_id, after, limit)
        return [e.payload["n"] for e in batch], batch[-1].id if batch else after


def test_a_listener_hears_every_event_once_and_in_order_batch_by_batch(database, project_id):
    with database.read() as session:
        position = events.latest_id(session, project_id)
    for n in range(7):
        with database.write() as session:
            events.tell(session, project_id, "note", n=n)
    heard: list[int] = []
    while batch := listen(database, project_id, position, 3)[0]:
        heard += batch
        position = listen(database, project_id, position, 3)[1]
    assert heard == list(range(7))


def test_asking_again_from_the_same_place_tells_the_same(database, project_id):
    with database.write() as session:
        events.tell(session, project_id, "note", n=1)
        events.tell(session, project_id, "note", n=2)
    with database.read() as session:
        once = [e.id for e in events.since(session, project_id, 0)]
        assert once == [e.id for e in events.since(session, project_id, 0)]
        assert once == sorted(set(once))


def test_what_was_rolled_back_is_never_heard(database, project_id):
    with database.read() as session:
        before = events.latest_id(session, project_id)
    with pytest.raises(RuntimeError), database.write() as session:
        events.tell(session, project_id, "note", n=1)
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert events.since(session, project_id, before) == []


def test_projects_do_not_hear_each_other(database, project_id):
    with database.write() as session:
        other = new_project(session)[0].id
        events.tell(session, other, "note", n=1)
    with database.read() as session:
        assert all(e.project_id == project_id for e in events.since(session, project_id, 0))


def test_a_project_without_events_starts_at_zero(database):
    with database.read() as session:
        assert events.latest_id(session, "nobody") == 0
