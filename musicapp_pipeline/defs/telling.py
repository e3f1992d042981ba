"""What Dagster was not told: a process that is interrupted has made more than it has recorded.

A partition that is current is not made again, so its event would be missing for ever, and the run
that was to tell it would stay failed or under way.
"""

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._core.events import DagsterEventType
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES, RunsFilter

from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.inprocess import BY_TAG, INTERRUPTED
from musicapp_pipeline.defs.instance.keys import PARTITION, RANGE_START
from musicapp_pipeline.defs.partitions import BY_LEVEL
from musicapp_pipeline.defs.running import event_of, upstream_pointers
from musicapp_pipeline.defs.stage import Outcome, Stage
from musicapp_pipeline.defs.stages import ALL
from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.models import Artifact


def tell_what_is_made(bench: Workbench, instance: dg.DagsterInstance, project_id: str) -> int:
    """Report what a project has and Dagster does not show; the number of partitions.

    Upstream first, so that nothing seems to have changed after what was made from it.
    """
    return sum(_tell(bench, instance, stage, project_id) for stage in ALL)


def _tell(bench: Workbench, instance: dg.DagsterInstance, stage: Stage, project_id: str) -> int:
    with bench.database.read() as session:
        rows = [
            row
            for row in artifacts.of_project(session, stage.name, project_id)
            if stage.current(session, bench, row.partition) is not None
        ]
    untold = _untold(instance, stage, rows)
    if untold:
        add_keys(instance, stage.level, [row.partition for row in untold])
    for row in untold:
        outcome = Outcome(row.partition, row.data_version, row.details, row.media_key, reused=True)
        pointers = upstream_pointers(instance, stage, row.partition)
        instance.report_runless_asset_event(event_of(stage, outcome, pointers, bench))
    return len(untold)


def _untold(instance: dg.DagsterInstance, stage: Stage, rows: list[Artifact]) -> list[Artifact]:
    """Those without their event, or with an attempt after it that came to nothing."""
    if not rows:
        return []
    asset, log = dg.AssetKey(stage.name), instance.event_log_storage
    told = log.get_latest_tags_by_partition(
        asset,
        DagsterEventType.ASSET_MATERIALIZATION,
        [DATA_VERSION_TAG],
        [row.partition for row in rows],
    )
    failed = log.get_latest_asset_partition_materialization_attempts_without_materializations(asset)
    return [
        row
        for row in rows
        if row.partition in failed
        or told.get(row.partition, {}).get(DATA_VERSION_TAG) != row.data_version
    ]


def end_broken_runs(instance: dg.DagsterInstance, project_id: str) -> int:
    """A killed command's runs are over, too. For whoever holds the project's lock."""
    under_way = RunsFilter(tags={BY_TAG: "make"}, statuses=list(IN_PROGRESS_RUN_STATUSES))
    broken = [run for run in instance.get_runs(under_way) if _project_of(run) == project_id]
    for run in broken:
        instance.report_run_canceled(run, message=INTERRUPTED)
    return len(broken)


def forget(instance: dg.DagsterInstance, project_id: str) -> None:
    """Nothing was made for the project, and nothing shall show that it was tried."""
    for run in instance.get_runs(RunsFilter(tags={PARTITION: project_id})):
        instance.delete_run(run.run_id)
    projects = BY_LEVEL["project"].name
    assert projects is not None
    instance.delete_dynamic_partition(projects, project_id)


def _project_of(run: dg.DagsterRun) -> str:
    key = run.tags.get(PARTITION) or run.tags.get(RANGE_START) or ""
    return key.split("/")[0]
