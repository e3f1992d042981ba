"""A clip that is here and paid for is recorded, whatever became of the wish for it."""

import hashlib

import dagster as dg
import pytest

from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.jobhook import JOB_TAG, KEPT, JobHook
from musicapp_pipeline.defs.runs import run_for_take
from musicapp_pipeline.defs.takes.assets import clip
from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline.store.models import SceneVersion
from musicapp_pipeline_tests.defs.world import Desk

CLIP = b"a clip"


def landed(desk: Desk) -> SceneVersion:
    """A take whose clip is in our storage."""
    version = desk.take(desk.scenes[0], "landed")
    with desk.world.media.writing(f"projects/{version.key}/clip.mp4") as path:
        path.write_bytes(CLIP)
    with desk.database.write() as session:
        row = takes.get(session, version.id)
        row.clip_key = f"projects/{version.key}/clip.mp4"
        row.clip_sha256 = hashlib.sha256(CLIP).hexdigest()
    return version


def recording(desk: Desk, version: SceneVersion) -> dict[str, str]:
    """The tags of the take's recording run."""
    with desk.database.read() as session:
        return run_for_take(session, version.key).tags


def record(desk: Desk, version: SceneVersion, tags: dict[str, str]) -> bool:
    add_keys(desk.instance, "take", [version.key])
    done = dg.materialize(
        [clip],
        partition_key=version.key,
        tags={k: v for k, v in tags.items() if not k.startswith("dagster/")},
        resources={"bench": desk.bench},
        instance=desk.instance,
        raise_on_error=False,
    )
    return done.success


@pytest.mark.parametrize("ended", [None, "cancelled", "failed"])
def test_a_cancelled_take_that_was_paid_for_is_recorded_by_its_first_run(
    desk: Desk, ended: str | None
) -> None:
    version = landed(desk)
    job_id = desk.job("generate_scene", version_id=version.id, status="running")
    tags = recording(desk, version)
    with desk.database.write() as session:
        jobs.get(session, job_id).cancel_requested = True
        if ended is not None:
            jobs.finish(session, job_id, ended)
    assert record(desk, version, tags)
    with desk.database.read() as session:
        assert takes.get(session, version.id).status == "completed"
    assert desk.status(job_id) == (ended or "running"), "its picture is still to come"


@pytest.mark.parametrize("asked", [False, True])
def test_its_job_ends_as_was_asked_and_names_the_take(desk: Desk, asked: bool) -> None:
    version = landed(desk)
    job_id = desk.job("generate_scene", version_id=version.id, cancel_requested=asked)
    hook = JobHook.of(desk.database, "mezzanine", "run", recording(desk, version))
    assert hook.claim()
    assert not hook.cancelled()
    hook.done("mezzanine")
    job = desk.read(job_id)
    assert job.status == ("cancelled" if asked else "completed")
    assert job.result == {"versionId": version.id, "sceneId": version.scene_id, "take": 1}
    assert (job.message == KEPT) is asked


def test_a_take_that_another_run_records_is_left_to_it(desk: Desk) -> None:
    version = landed(desk)
    desk.job("generate_scene", version_id=version.id)
    tags = recording(desk, version)
    assert JobHook.of(desk.database, "clip", "one", tags).claim()
    assert not JobHook.of(desk.database, "clip", "two", tags).claim()


def test_a_body_that_got_its_job_drops_the_runs_that_wait_for_it(desk: Desk) -> None:
    version = landed(desk)
    job_id = desk.job("generate_scene", version_id=version.id, launches=2)
    waits = desk.run(dg.DagsterRunStatus.STARTING, {JOB_TAG: job_id})
    assert record(desk, version, recording(desk, version))
    run = desk.instance.get_run_by_id(waits)
    assert run is not None and run.status == dg.DagsterRunStatus.CANCELED
