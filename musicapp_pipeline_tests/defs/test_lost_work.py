"""Workers, messages and runs get lost; jobs do not."""

from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

from musicapp_pipeline.defs import heartbeat, sensing
from musicapp_pipeline.defs.abandoned import end_abandoned_jobs, unrecorded_takes
from musicapp_pipeline.defs.attendant import Attendant
from musicapp_pipeline.defs.heartbeat import Heartbeat, beating
from musicapp_pipeline.defs.jobhook import JOB_TAG, JobHook
from musicapp_pipeline.store.models import RunBeat, SceneVersion, now
from musicapp_pipeline_tests.defs.world import Desk

FAILURE, STARTED = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED
LONG_AGO = now() - timedelta(hours=1)


def attendant(desk: Desk) -> Attendant:
    async def landed(_key: str) -> None: ...

    return Attendant(desk.bench, desk.instance, landed)


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
    old = {"updated_at": now() - timedelta(minutes=1)}
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
        found = unrecorded_takes(session, timedelta(seconds=15))
        assert sorted(found) == sorted([landed.key, other.key])
        assert unrecorded_takes(session, timedelta(minutes=2)) == []
    looking = attendant(desk)
    assert nobodys.key in looking._unrecorded()
    assert nobodys.key not in looking._unrecorded(), "that look is a rare one"


def test_a_run_that_waits_for_a_worker_is_not_launched_twice_at_once(desk: Desk) -> None:
    looking = attendant(desk)
    assert not looking._has_run("a/b/t01")
    desk.run(dg.DagsterRunStatus.STARTING, {"musicapp/landed": "a/b/t01"})
    assert looking._has_run("a/b/t01")


def test_a_queued_job_nobody_launched_is_launched_and_then_ever_more_rarely(desk: Desk) -> None:
    job_id = desk.job(created_at=LONG_AGO)

    def tick(seconds_since_launch: float) -> int:
        with desk.database.write() as session:
            job = session.merge(desk.read(job_id))
            if job.launched_at is not None:
                job.launched_at = now() - timedelta(seconds=seconds_since_launch)
        with dg.build_sensor_context(
            instance=desk.instance, resources={"bench": desk.bench}
        ) as context:
            return len(list(sensing.queued_jobs(context)))

    assert tick(0) == 1
    assert tick(19) == 0
    assert tick(21) == 1, "its message may be lost"
    assert tick(39) == 0, "or it waits behind another"
    assert tick(41) == 1


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
