"""Several dispatchers share the work: leases, gates, news, and what a look for work costs."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, update

from musicapp_pipeline.generation import clock, gates, leases, places, submission
from musicapp_pipeline.generation.naps import Naps
from musicapp_pipeline.store import scenes, takes
from musicapp_pipeline.store.models import GenerationAttempt, ProviderGate, SceneVersion, now
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.money_world import money_world, run_until
from musicapp_pipeline_tests.together import together

NAME = "videos_api"
pytestmark = pytest.mark.usefixtures("quick_check")


@pytest.fixture(params=KINDS)
def world(request, tmp_path):
    with money_world(request.param, tmp_path, scenes=4) as made:
        yield made


def lease(world, owner: str, busy: set[str] = frozenset(), room: int = 8) -> list[str]:
    with world.database.write() as session:
        return leases.lease_due(session, owner, NAME, set(busy), room)


# Leases


def test_an_attempt_is_leased_to_one_however_many_ask(world):
    world.admit()
    got = together(6, lambda n: lease(world, f"d{n}"))
    assert sorted(id_ for ids in got for id_ in ids) == sorted(a.id for a in world.attempts())


def test_a_lease_that_is_not_renewed_is_free_again(world):
    world.admit(0)
    (attempt_id,) = lease(world, "first")
    assert lease(world, "second") == []
    with world.database.write() as session:
        leases.renew(session, "first", {attempt_id})
    world.die()
    assert lease(world, "second") == [attempt_id]
    with world.database.write() as session:
        leases.renew(session, "first", {attempt_id})
        leases.hand_back(session, "first", attempt_id)
    assert world.attempt().lease_owner == "second", "who lost a lease has no say in it"


def test_no_more_are_leased_than_there_is_room_for(world):
    world.admit()
    assert len(lease(world, "d", room=3)) == 3
    assert lease(world, "d", room=0) == []


def test_what_is_under_way_is_taken_over_even_without_room(world):
    (made,) = world.admit(0)
    with world.database.write() as session:
        submission.begin(session, made.attempt.id, "key", 8)
    assert lease(world, "d", room=0) == [made.attempt.id]


# Gates


def test_a_429_to_a_question_pauses_the_questions_of_all_workers(tmp_path):
    with money_world("sqlite", tmp_path, scenes=3) as world:
        world.hold()
        world.admit()
        world.drive(lambda: world.states() == ["submitted"] * 3)
        with world.database.write() as session:
            gates.close_all(session, world.provider().key, 3600.0, "too fast")
        world.let_go()
        asked = len(world.server.requests)
        crew = [world.dispatcher(poll=0.05) for _ in range(2)]
        for dispatcher in crew:  # they were told when they last looked
            dispatcher._drive.polls.closed_for(3600.0)
        looks = iter(range(10))
        asyncio.run(run_until(crew, lambda: next(looks, None) is None))
        assert len(world.server.requests) == asked
        with world.database.write() as session:
            session.execute(update(ProviderGate).values(closed_until=None))
        world.drive()
        assert world.statuses() == ["landed"] * 3


def test_a_429_to_a_poll_closes_both_gates(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        world.server.script("status", "429")
        world.admit()
        world.drive()
        key = world.provider().key
        with world.database.read() as session:
            for name in (key, gates.polls_key(key)):
                assert session.get(gates.ProviderGate, name).closed_until is not None
        world.check_settled()


def test_a_429_to_a_submission_leaves_running_jobs_watched(world):
    world.admit(0)
    until = now() + timedelta(hours=1)
    with world.database.write() as session:
        gates.close(gates.locked(session, "key"), until, "too fast")
    with world.database.read() as session:
        assert gates.closed_until(session, "key") == until
        assert gates.closed_until(session, gates.polls_key("key")) is None


def test_a_gate_is_learned_of_from_the_database(tmp_path):
    with money_world("sqlite", tmp_path) as world:
        dispatcher = world.dispatcher()
        key = gates.polls_key(world.provider().key)
        with world.database.write() as session:
            until = clock.moment(session) + timedelta(hours=1)
            gates.close(gates.locked(session, key), until, "somebody else was told")
        asyncio.run(run_until([dispatcher], lambda: 3000 < dispatcher._drive.polls.left <= 3600))


# News


def test_a_webhook_wakes_whoever_waits_for_the_job(tmp_path):
    """Polls are an hour apart; what makes it look is the changed moment of the next action."""
    with money_world("sqlite", tmp_path) as world:
        world.hold()
        world.server.script("status", "garbage")  # told nothing of when to poll again
        world.admit()
        dispatcher = world.dispatcher(poll=3600.0)

        def hooked() -> bool:
            if dispatcher._drive.naps.ids:
                for job in list(world.server.jobs.values()):
                    job.seconds_to_do = 0.0
                dispatcher._looked_for_news = -1e9  # its turn, which comes every six minutes
                with world.database.write() as session:
                    session.execute(update(GenerationAttempt).values(next_action_at=now()))
            return world.resting()

        asyncio.run(run_until([dispatcher], hooked))
        assert world.statuses() == ["landed"]


def test_naps_end_for_those_whose_moment_was_changed():
    async def main() -> tuple[bool, bool]:
        naps, moment = Naps(), now()
        sleeping = [asyncio.create_task(naps.nap(id_, moment, 30)) for id_ in ("a", "b")]
        await asyncio.sleep(0)
        assert naps.ids == {"a", "b"}
        naps.told({"a": now() + timedelta(1), "b": moment, "c": now()})
        await asyncio.wait({sleeping[0]}, timeout=5)
        done = sleeping[0].done(), sleeping[1].done()
        sleeping[1].cancel()
        return done

    assert asyncio.run(main()) == (True, False)


@pytest.mark.parametrize(("progress", "longest"), [(0.0, 16.0), (0.8, 11.5)])
def test_polls_are_spread_and_closer_when_the_clip_is_near(tmp_path, progress, longest):
    with money_world("sqlite", tmp_path) as world:
        drive = world.dispatcher(poll=10.0)._drive
        attempt = GenerationAttempt(progress=progress)
        waits = [drive.soon(attempt) for _ in range(300)]
        assert 10 <= min(waits) < 10.5
        assert longest - 0.5 < max(waits) <= longest


# What a look for work costs


def finished(world, count: int) -> None:
    """Takes that ended long ago."""
    with world.database.write() as session:
        scene = scenes.get(session, world.scene_ids[0])
        version = takes.add(session, scene, prompt="x")
        old = {c.name: getattr(version, c.name) for c in SceneVersion.__table__.columns}
        rows = [
            old | {"id": f"v{n}", "take": 100 + n, "key": f"k{n}", "status": "completed"}
            for n in range(count)
        ]
        session.execute(insert(SceneVersion), rows)
        paid = {
            "version_id": version.id, "project_id": version.project_id, "scene_id": scene.id,
            "provider": NAME, "model": "sora-2", "seconds": 4, "size": "1280x720",
            "fingerprint": "f", "price_version": "p", "usd_per_second": 1, "reserved_usd": 1,
            "settled_usd": 1, "state": "settled",
        }  # fmt: skip
        session.execute(
            insert(GenerationAttempt),
            [paid | {"id": f"at{n}", "provider_job_id": f"j{n}"} for n in range(count)],
        )


def test_a_look_for_work_reads_no_finished_take(world):
    """By the databases' own plans: every table is entered through an index."""
    finished(world, 4000)
    if not world.database.is_sqlite:  # SQLite plans without statistics, as nobody gathers them
        with world.database.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
    plans: list[str] = []
    explain = "EXPLAIN QUERY PLAN " if world.database.is_sqlite else "EXPLAIN "

    def note(connection, cursor, statement, parameters, *_):
        if statement.startswith("SELECT"):
            cursor.execute(explain + statement, parameters)
            plans.extend(str(row[-1]) for row in cursor.fetchall())

    event.listen(world.database.engine, "before_cursor_execute", note)
    with world.database.read() as session:
        leases.anything_due(session, NAME, {"a", "b"}, 8)
        places.untold(session, NAME, "a key", 8, 900.0)
        leases.due_of(session, "d", {"a"})
        takes.landed_before(session, now())
        takes.selected_since(session, now())
    event.remove(world.database.engine, "before_cursor_execute", note)
    touched = [p for p in plans if "generation_attempts" in p or "scene_versions" in p]
    assert touched
    scans = [p for p in touched if "SCAN" in p or "Seq Scan" in p]
    assert scans == []
    assert not [p for p in touched if "uq_generation_attempts_job" in p]
