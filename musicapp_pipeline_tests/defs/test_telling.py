"""What an interrupted command made but did not record is shown by the next one."""

import dagster as dg
import pytest
from dagster._core.definitions.data_version import extract_data_version_from_entry
from dagster._core.errors import DagsterExecutionInterruptedError

from musicapp_pipeline.defs import bench, telling
from musicapp_pipeline.defs.flow import Wanted
from musicapp_pipeline.defs.inprocess import BY_TAG, run_wanted
from musicapp_pipeline.defs.instance.keys import PARTITION, RANGE_START
from musicapp_pipeline.defs.partitions import TAKES
from musicapp_pipeline.defs.shown import links
from musicapp_pipeline.defs.song import body
from musicapp_pipeline.defs.stages import MEZZANINE
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline_tests.defs.world import Desk

MEZZANINES = dg.AssetKey("mezzanine")
STARTED, CANCELED = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELED


def made(desk: Desk, version: str = "v1", *, stale: bool = False) -> str:
    """A take whose mezzanine is recorded in the database alone; its key."""
    key = desk.take(desk.scenes[0]).key
    with desk.database.write() as session:
        print_ = "old" if stale else MEZZANINE.fingerprint(session, desk.bench, key)
        artifacts.put(session, "mezzanine", key, print_, Made(version), None)
    return key


def tell(desk: Desk) -> int:
    return telling.tell_what_is_made(desk.bench, desk.instance, desk.project_id)


def shown(desk: Desk, key: str) -> list[str]:
    """The data versions that Dagster shows of a mezzanine, newest first."""
    wanted = dg.AssetRecordsFilter(asset_key=MEZZANINES, asset_partitions=[key])
    records = desk.instance.fetch_materializations(wanted, limit=10).records
    versions = [extract_data_version_from_entry(r.event_log_entry) for r in records]
    return [version.value for version in versions if version is not None]


def status(desk: Desk, key: str) -> str | None:
    """What the UI says of a mezzanine."""
    found = desk.instance.get_status_by_partition(MEZZANINES, [key], TAKES)
    return found[key].value if found and found[key] else None


def fail(desk: Desk, key: str) -> None:
    """An attempt at a mezzanine that comes to nothing."""

    @dg.asset(name="mezzanine", partitions_def=TAKES)
    def attempt() -> None:
        raise RuntimeError

    desk.instance.add_dynamic_partitions("takes", [key])
    dg.materialize([attempt], partition_key=key, instance=desk.instance, raise_on_error=False)


def run_status(desk: Desk, run_id: str) -> dg.DagsterRunStatus | None:
    run = desk.instance.get_run_by_id(run_id)
    return run.status if run else None


def test_what_was_made_but_not_told_is_told_once(desk: Desk) -> None:
    key = made(desk)
    assert status(desk, key) is None
    assert tell(desk) == 1
    assert (shown(desk, key), status(desk, key)) == (["v1"], "MATERIALIZED")
    assert tell(desk) == 0


def test_an_attempt_that_came_to_nothing_does_not_stay_failed(desk: Desk) -> None:
    key = made(desk)
    fail(desk, key)
    assert status(desk, key) == "FAILED"
    assert tell(desk) == 1
    assert status(desk, key) == "MATERIALIZED"
    fail(desk, key)
    assert tell(desk) == 1
    assert (shown(desk, key), status(desk, key)) == (["v1", "v1"], "MATERIALIZED")


def test_what_has_to_be_made_again_is_not_told(desk: Desk) -> None:
    key = made(desk, stale=True)
    assert tell(desk) == 0
    assert status(desk, key) is None


def test_a_change_that_was_not_told_is_told(desk: Desk) -> None:
    key = made(desk)
    tell(desk)
    with desk.database.write() as session:
        row = artifacts.get(session, "mezzanine", key)
        assert row is not None
        row.data_version = "v2"
    assert tell(desk) == 1
    assert shown(desk, key) == ["v2", "v1"]


@pytest.mark.parametrize("tag", [PARTITION, RANGE_START])
def test_runs_of_a_killed_command_are_ended_and_others_left_alone(desk: Desk, tag: str) -> None:
    mine = desk.run(STARTED, {BY_TAG: "make", tag: f"{desk.project_id}/s001-a"})
    another = desk.run(STARTED, {BY_TAG: "make", tag: "other/s001-a"})
    persons = desk.run(STARTED, {tag: f"{desk.project_id}/s001-a"})
    assert telling.end_broken_runs(desk.instance, desk.project_id) == 1
    assert [run_status(desk, run) for run in (mine, another, persons)] == [
        CANCELED, STARTED, STARTED,
    ]  # fmt: skip


def test_an_interrupted_run_is_cancelled_not_failed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_task: object) -> None:
        raise DagsterExecutionInterruptedError

    monkeypatch.setattr(bench, "workbench", lambda: desk.bench)
    monkeypatch.setattr(body, "make", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_wanted(desk.instance, Wanted(("song",), (desk.project_id,)))
    [run] = desk.instance.get_runs()
    assert run.status == CANCELED
    assert run.tags["musicapp/project"] == desk.project_id


def test_a_song_that_was_refused_leaves_nothing_to_be_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_task: object) -> None:
        raise ValueError

    monkeypatch.setattr(bench, "workbench", lambda: desk.bench)
    monkeypatch.setattr(body, "make", refused)
    with pytest.raises(Exception, match="ValueError"):
        run_wanted(desk.instance, Wanted(("song",), (desk.project_id,)))
    assert desk.project_id in desk.instance.get_dynamic_partitions("projects")
    telling.forget(desk.instance, desk.project_id)
    assert desk.instance.get_runs() == []
    assert desk.instance.get_dynamic_partitions("projects") == []


def test_a_failure_leads_to_the_partitions_it_is_about(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_task: object) -> None:
        raise MusicAppError("it is silent")

    monkeypatch.setattr(bench, "workbench", lambda: desk.bench)
    monkeypatch.setattr(body, "make", refused)
    with pytest.raises(MusicAppError, match="it is silent"):
        run_wanted(desk.instance, Wanted(("song",), (desk.project_id,)))
    [run] = desk.instance.get_runs()
    events = [entry.dagster_event for entry in desk.instance.all_logs(run.run_id)]
    [failure] = [e.step_failure_data for e in events if e is not None and e.is_step_failure]
    assert failure.user_failure_data is not None
    look_at = failure.user_failure_data.metadata["look_at"].value
    place = f"/assets/song?view=partitions&partition={desk.project_id}"
    assert look_at == f"- [{desk.project_id}]({place})"
    assert links("clip", ["p/s001-a/t01"]).endswith("&partition=p%2Fs001-a%2Ft01)")
