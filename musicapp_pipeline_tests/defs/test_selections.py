"""A chosen take gets its lips, then its record; a changed choice makes the final cut stale."""

import dagster as dg
import pytest

from musicapp_pipeline.defs import sensing
from musicapp_pipeline.store import artifacts, jobs, scenes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import SceneVersion
from musicapp_pipeline_tests.defs.world import Desk

STEPS = ["vocal_extraction", "forced_alignment", "lip_sync_post_process"]


def tick(desk: Desk) -> list[dg.RunRequest]:
    with dg.build_sensor_context(
        instance=desk.instance, resources={"bench": desk.bench}
    ) as context:
        return list(sensing.selections(context))


def assets(requests: list[dg.RunRequest]) -> list[str]:
    return [key.to_user_string() for r in requests for key in r.asset_selection or ()]


def end_jobs(desk: Desk, version: SceneVersion, status: str) -> None:
    with desk.database.write() as session:
        for job in session.query(jobs.ProcessingJob).filter_by(version_id=version.id):
            jobs.finish(session, job.id, status)


def record(desk: Desk, key: str) -> None:
    """What a run of `selected_take` leaves behind."""
    from musicapp_pipeline.defs.stages import SELECTED_TAKE

    with desk.database.write() as session:
        print_ = SELECTED_TAKE.fingerprint(session, desk.bench, key)
        artifacts.put(session, "selected_take", key, print_, Made(print_, None, {}), None)


def test_a_chosen_performance_take_starts_voice_words_and_lips_in_their_order(desk: Desk) -> None:
    version = desk.take(desk.singing())
    desk.select(version)
    requests = tick(desk)
    assert [r.tags["musicapp/job_type"] for r in requests] == STEPS
    assert assets(requests) == ["vocal_segment", "lyric_alignment", "lip_synced_clip"]
    assert [r.partition_key for r in requests] == [desk.singing().key] * 2 + [version.key]


def test_an_open_or_failed_attempt_for_the_same_take_is_not_repeated(desk: Desk) -> None:
    version = desk.take(desk.singing())
    desk.select(version)
    tick(desk)
    assert tick(desk) == []
    end_jobs(desk, version, "failed")
    assert "lip_synced_clip" not in assets(tick(desk))


@pytest.mark.parametrize("off", ["lip_sync_enabled", "scene_type"])
def test_without_lips_the_choice_is_recorded_at_once(desk: Desk, off: str) -> None:
    scene = desk.singing()
    version = desk.take(scene)
    with desk.database.write() as session:
        row = scenes.get(session, scene.id)
        setattr(row, off, False if off == "lip_sync_enabled" else "broll")
    desk.select(version)
    requests = tick(desk)
    assert assets(requests) == ["selected_take"]
    assert requests[0].partition_key == scene.key
    record(desk, scene.key)
    assert tick(desk) == []


def test_a_choice_is_recorded_once_its_lips_are_done_or_could_not_be(desk: Desk) -> None:
    version = desk.take(desk.singing())
    desk.select(version)
    assert "selected_take" not in assets(tick(desk))
    end_jobs(desk, version, "failed")
    assert assets(tick(desk)) == ["selected_take"]


def test_an_open_export_makes_the_lips_of_its_takes_and_records_them_itself(desk: Desk) -> None:
    version = desk.take(desk.singing())
    export = desk.job("stitch_final")
    desk.select(version)
    assert tick(desk) == [], "18 jobs beside the export would find everything done"
    with desk.database.write() as session:
        jobs.claim(session, export, "run")
    assert tick(desk) == []
    another = desk.take(desk.singing())
    desk.select(another)
    assert len(tick(desk)) == 3, "the running export does not know of this choice"
    with desk.database.write() as session:
        jobs.finish(session, export, "failed")
    end_jobs(desk, another, "completed")
    desk.select(version)
    assert len(tick(desk)) == 3, "nobody has made them"


def test_choosing_back_and_forth_is_recorded_each_time(desk: Desk) -> None:
    scene = next(s for s in desk.scenes if s.scene_type == "broll")
    one, two = desk.take(scene), desk.take(scene)
    seen = []
    for version in (one, two, one):
        desk.select(version)
        [request] = tick(desk)
        seen.append(request.run_key)
        record(desk, scene.key)
    assert len(set(seen)) == 3, "a run key that was used before would launch nothing"
