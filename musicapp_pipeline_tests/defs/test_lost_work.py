"""Workers, messages and runs get lost; jobs do not."""

from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

from musicapp_pipeline.defs import attendant as attendant_module
from musicapp_pipeline.defs import heartbeat, sensing, waiting
from musicapp_pipeline.defs.abandoned import end_abandoned_jobs, unrecorded_takes
from musicapp_pipeline.defs.attendant import Attendant
from musicapp_pipeline.defs.heartbeat import Heartbeat, beating
from musicapp_pipeline.defs.instance.keys import RANGE_END, RANGE_START
from musicapp_pipeline.defs.jobhook import JOB_TAG, LANDED_TAG, JobHook
from musicapp_pipeline.defs.launcher import GraphqlLauncher
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import RunBeat, SceneVersion, now
from musicapp_pipeline_tests.defs.world import Desk

FAILURE, STARTED = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED
STARTING = dg.DagsterRunStatus.STARTING
LONG_AGO = now() - timedelta(hours=1)


def attendant(desk: Desk, *, told_of_landings: bool = True) -> Attendant:
    async def landed(_key: str) -> None: ...

    return Attendant(desk.bench, desk.instance, landed, told_of_landings=told_of_landings)


def old_beat(desk: Desk, run_id: str) -> None:
    with desk.database.write() as session:
        session.add(RunBeat(run_id=run_id, at=now() - timedelta(seconds=26)))


@pytest.mark.parametrize("status", [STARTED, dg.DagsterRunStatus.STARTING])
def test_a_run_that_fell_silent_is_reported_failed_once(
    desk: Desk, status: dg.DagsterRunStatus
) -> None:
    run_id = desk.run(status)
    old_beat(desk, run_id)
    attendant(desk).tick()
    run = desk.instance.get_run_by_id(run_id)
    assert run is not None and run.status == FAILURE
    assert heartbeat.silent(desk.database) == []


def test_a_run_that_ended_is_left_as_it_is(desk: Desk) -> None:
    run_id = desk.run(dg.DagsterRunStatus.SUCCESS)
    old_beat(desk, run_id)
    attendant(desk).tick()
    run = desk.instance.get_run_by_id(run_id)
    assert run is not None and run.status == dg.DagsterRunStatus.SUCCESS


def test_a_body_inside_a_beating_worker_does_not_end_the_beat(desk: Desk) -> None:
    worker = Heartbeat(desk.database, "run")
    worker.start()
    with beating(desk.database, "run"):
        pass
    with desk.database.read() as session:
        assert session.get(RunBeat, "run") is not None, "killed between two steps it is noticed"
    worker.stop()
    with desk.database.read() as session:
        assert session.get(RunBeat, "run") is None


def test_a_worker_beats_from_the_message_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster._grpc.types import ExecuteRunArgs
    from dagster._serdes import pack_value

    from musicapp_pipeline.defs.instance import celery_app

    monkeypatch.setattr(celery_app, "workbench", lambda: desk.bench)
    origin = dg.reconstructable(_a_job).get_python_origin()
    message = pack_value(ExecuteRunArgs(origin, "run-1", None, True))
    celery_app.begin_beating(task_id="t", kwargs={"execute_job_args_packed": message})
    with desk.database.read() as session:
        assert session.get(RunBeat, "run-1") is not None
    celery_app.end_beating(task_id="t")
    with desk.database.read() as session:
        assert session.get(RunBeat, "run-1") is None


@dg.job
def _a_job() -> None: ...


@pytest.mark.parametrize(
    ("tags", "ends"),
    [({}, True), ({WILL_RETRY_TAG: "false"}, True), ({WILL_RETRY_TAG: "true"}, False)],
)
def test_a_running_job_whose_run_is_over_is_ended(
    desk: Desk, tags: dict[str, str], ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = desk.run(FAILURE, tags)
    job_id = desk.job(status="running", run_id=run_id, started_at=LONG_AGO)
    assert end_abandoned_jobs(desk.database, desk.instance) == [], "it may be started again"
    monkeypatch.setattr("musicapp_pipeline.defs.abandoned.GIVEN_UP_AFTER", timedelta(0))
    assert end_abandoned_jobs(desk.database, desk.instance) == ([job_id] if ends else [])
    assert desk.status(job_id) == ("failed" if ends else "running")


def test_a_job_whose_run_is_being_retried_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = desk.run(STARTED)
    run_id = desk.run(FAILURE, {WILL_RETRY_TAG: "true", AUTO_RETRY_RUN_ID_TAG: again})
    desk.job(status="running", run_id=run_id, started_at=LONG_AGO)
    monkeypatch.setattr("musicapp_pipeline.defs.abandoned.GIVEN_UP_AFTER", timedelta(0))
    assert end_abandoned_jobs(desk.database, desk.instance) == []


@pytest.mark.parametrize(("asked", "status"), [(False, "failed"), (True, "cancelled")])
def test_a_job_whose_run_is_gone_is_ended(desk: Desk, asked: bool, status: str) -> None:
    job_id = desk.job(
        status="running", run_id="deleted", started_at=LONG_AGO, cancel_requested=asked
    )
    assert end_abandoned_jobs(desk.database, desk.instance) == [job_id]
    assert desk.status(job_id) == status


def test_a_failed_run_fails_its_job_only_when_it_will_not_be_retried(desk: Desk) -> None:
    for will_retry, status in ((None, "running"), ("true", "running"), ("false", "failed")):
        job_id = desk.job(status="running")
        tags = {JOB_TAG: job_id} | ({WILL_RETRY_TAG: will_retry} if will_retry else {})
        run = desk.instance.get_run_by_id(desk.run(FAILURE, tags))
        assert run is not None
        sensing.end_job_of(desk.database, run, "lost")
        assert desk.status(job_id) == status, will_retry


def test_a_recording_run_that_got_lost_is_asked_for_again(desk: Desk) -> None:
    old = {"updated_at": now() - timedelta(hours=1)}
    landed, other, done, nobodys = (
        desk.take(scene, status)
        for scene, status in zip(
            desk.scenes, ("landed", "completed", "completed", "landed"), strict=False
        )
    )
    desk.job("generate_scene", version_id=landed.id, status="running")
    desk.job("generate_scene", version_id=other.id, status="running")
    desk.job("generate_scene", version_id=done.id, status="completed")
    with desk.database.write() as session:
        session.query(SceneVersion).update(old)
    with desk.database.read() as session:
        found = unrecorded_takes(session, now() - timedelta(seconds=15))
        assert sorted(found) == sorted([landed.key, other.key])
        assert unrecorded_takes(session, now() - timedelta(hours=2)) == []
    looking = attendant(desk)
    assert nobodys.key in looking._unrecorded()
    assert nobodys.key not in looking._unrecorded(), "that look is a rare one"


def test_where_dispatchers_work_elsewhere_a_landed_take_is_recorded_at_once(desk: Desk) -> None:
    landed = desk.take(desk.scenes[0], "landed")
    desk.job("generate_scene", version_id=landed.id, status="running")
    assert attendant(desk)._unrecorded() == []
    assert attendant(desk, told_of_landings=False)._unrecorded() == [landed.key]


def unconformed(desk: Desk, scene: int = 0) -> str:
    """A take that was ordered in Dagster, by a run that had no step after its clip; its key."""
    version = desk.take(desk.scenes[scene], "landed")
    with desk.database.write() as session:
        row = takes.get(session, version.id)
        takes.set_status(session, row, "completed")
        row.clip_key, row.updated_at = "clips/a.mp4", LONG_AGO
    return version.key


@pytest.mark.parametrize("told", [True, False])
def test_a_take_without_a_job_is_conformed_whoever_ordered_it(desk: Desk, told: bool) -> None:
    key = unconformed(desk)
    desk.take(desk.scenes[1], "completed")
    looking = attendant(desk, told_of_landings=told)
    assert looking._unrecorded() == [key]
    assert looking._unrecorded() == [], "that look is a rare one"


def test_a_landed_take_without_a_job_is_recorded_at_once_where_dispatchers_work_elsewhere(
    desk: Desk,
) -> None:
    looking = attendant(desk, told_of_landings=False)
    looking._unrecorded()
    landed = desk.take(desk.scenes[0], "landed")
    assert looking._unrecorded() == [landed.key]
    desk.run(FAILURE, {LANDED_TAG: landed.key})
    assert looking._unrecorded() == [], "it failed just now"


def test_a_take_that_cannot_be_conformed_is_tried_ever_more_rarely(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = unconformed(desk)
    desk.run(FAILURE, {LANDED_TAG: key})
    ahead = timedelta()
    monkeypatch.setattr(attendant_module, "now", lambda: now() + ahead)
    assert attendant(desk)._unrecorded() == []
    ahead = timedelta(seconds=61)
    assert attendant(desk)._unrecorded() == [key]
    desk.run(FAILURE, {LANDED_TAG: key})
    assert attendant(desk)._unrecorded() == []
    ahead = timedelta(seconds=121)
    assert attendant(desk)._unrecorded() == [key]


def test_takes_of_a_run_over_a_range_are_left_to_it(desk: Desk) -> None:
    keys = [unconformed(desk, scene) for scene in (0, 1)]
    desk.instance.add_dynamic_partitions("takes", keys)
    tags = {RANGE_START: keys[0], RANGE_END: keys[0]}
    desk.run(STARTED, tags)
    assert attendant(desk)._unrecorded() == [keys[1]]


def test_a_run_that_waits_for_a_worker_is_not_launched_twice_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendant_module, "STARTS_WITHIN", timedelta(hours=1))
    looking = attendant(desk)
    assert not looking._has_run("a/b/t01")
    desk.run(dg.DagsterRunStatus.STARTING, {"musicapp/landed": "a/b/t01"})
    assert looking._has_run("a/b/t01")


def test_a_queued_job_nobody_launched_is_launched_and_then_ever_more_rarely(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = desk.job(created_at=LONG_AGO)
    moment = now()
    monkeypatch.setattr(sensing, "now", lambda: moment)

    def tick(seconds_since_launch: float) -> int:
        with desk.database.write() as session:
            job = session.merge(desk.read(job_id))
            if job.launched_at is not None:
                job.launched_at = moment - timedelta(seconds=seconds_since_launch)
        with dg.build_sensor_context(
            instance=desk.instance, resources={"bench": desk.bench}
        ) as context:
            return len(list(sensing.queued_jobs(context)))

    assert tick(0) == 1
    assert tick(19) == 0
    assert tick(21) == 1, "its message may be lost"
    assert tick(39) == 0, "or it waits behind another"
    assert tick(41) == 1


def launched(desk: Desk) -> str:
    """A queued job that was launched; its id."""
    return desk.job(created_at=LONG_AGO, launched_at=LONG_AGO, launches=1)


def launched_again(desk: Desk) -> list[str]:
    """The jobs of which a tick of the sensor launches another run."""
    with dg.build_sensor_context(
        instance=desk.instance, resources={"bench": desk.bench}
    ) as context:
        return [request.tags[JOB_TAG] for request in sensing.queued_jobs(context)]


def beat(desk: Desk, run_id: str) -> None:
    """It counts as fresh for as long as a test takes."""
    with desk.database.write() as session:
        session.add(RunBeat(run_id=run_id, at=now() + timedelta(hours=1)))


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, STARTING])
def test_a_job_behind_a_busy_worker_is_not_launched_again(
    desk: Desk, status: dg.DagsterRunStatus
) -> None:
    busy = desk.run(STARTED)
    beat(desk, busy)
    waits = [launched(desk) for _ in range(3)]
    for job_id in waits:
        desk.run(status, {JOB_TAG: job_id})
    assert launched_again(desk) == []
    heartbeat.forget(desk.database, busy)
    assert sorted(launched_again(desk)) == sorted(waits), "no worker lives, or messages are lost"


def test_a_worker_that_just_ended_a_run_takes_the_next_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LULL", timedelta(hours=1))
    waits = launched(desk)
    desk.run(STARTING, {JOB_TAG: waits})
    run = desk.instance.get_run_by_id(desk.run(STARTED))
    assert run is not None
    for kind in (DagsterEventType.RUN_START, DagsterEventType.RUN_SUCCESS):
        event = DagsterEvent(kind.value, run.job_name)
        desk.instance.report_dagster_event(event, run_id=run.run_id)
    assert launched_again(desk) == []


def test_a_job_whose_run_a_worker_has_is_not_launched_again(desk: Desk) -> None:
    run_id = desk.run(STARTING, {JOB_TAG: launched(desk)})
    beat(desk, run_id)
    assert launched_again(desk) == []


def test_a_job_that_was_passed_over_is_launched_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages are taken in their order, so its own is lost, however busy the workers are."""
    monkeypatch.setattr(waiting, "OUT_OF_ORDER", timedelta(hours=1))
    lost = launched(desk)
    desk.run(STARTING, {JOB_TAG: lost})
    beat(desk, desk.run(STARTED))
    assert launched_again(desk) == [], "the two may have overtaken each other on their way"
    monkeypatch.setattr(waiting, "OUT_OF_ORDER", timedelta(0))
    assert launched_again(desk) == [lost]


def test_other_queues_workers_say_nothing_about_a_job(desk: Desk) -> None:
    lost = launched(desk)
    desk.run(STARTING, {JOB_TAG: lost})
    beat(desk, desk.run(STARTED, {waiting.QUEUE: "encodes"}))
    assert launched_again(desk) == [lost]


@pytest.mark.parametrize("status", [FAILURE, dg.DagsterRunStatus.CANCELED])
def test_a_job_whose_run_ended_without_beginning_is_launched_again(
    desk: Desk, status: dg.DagsterRunStatus
) -> None:
    lost = launched(desk)
    desk.run(status, {JOB_TAG: lost})
    beat(desk, desk.run(STARTED))
    assert launched_again(desk) == [lost]


def test_the_run_that_gets_a_job_drops_those_that_wait_for_it(desk: Desk) -> None:
    job_id = launched(desk)
    one, two, three = (
        desk.run(status, {JOB_TAG: job_id}) for status in (STARTED, STARTING, STARTED)
    )
    other = desk.run(STARTING, {JOB_TAG: "another"})
    assert waiting.drop_duplicates(desk.instance, job_id, one) == [two]
    states = [desk.instance.get_run_by_id(id_) for id_ in (one, two, three, other)]
    assert [run.status for run in states if run] == [
        STARTED, dg.DagsterRunStatus.CANCELED, STARTED, STARTING,
    ]  # fmt: skip


def test_a_job_that_several_requests_joined_is_launched_once(desk: Desk) -> None:
    job_id = desk.job()
    launcher = GraphqlLauncher(desk.bench, desk.instance, "http://127.0.0.1:9")
    specs = [launcher._claim_launch(job_id) for _ in range(4)]
    assert [spec is not None for spec in specs] == [True, False, False, False]
    assert desk.read(job_id).launches == 1


def test_a_failure_nobody_foresaw_is_told_in_a_musicians_words(desk: Desk) -> None:
    job_id = desk.job()
    hook = JobHook.of(desk.database, "song", "run-1", {JOB_TAG: job_id})
    assert hook.claim()
    hook.fail({"code": "internal", "message": "song: IndexError: list index out of range"})
    job = desk.read(job_id)
    assert job.error is not None
    assert "reading the song" in job.error["message"]
    assert "IndexError" not in job.error["message"]
    assert "IndexError" in job.error["detail"]
    assert (job.message, job.run_id) == (job.error["message"], "run-1")
