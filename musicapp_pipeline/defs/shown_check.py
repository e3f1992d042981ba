"""Whether Dagster's page shows what the check ``no_take_in_doubt`` said last.

The page shows the latest evaluation of a check, and only if it is about the asset's latest
materialization; else it reads "Not Evaluated", whatever was found. With takes that land at any
time, in runs that were planned before or that leave the check out, that is soon so.
"""

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.event_api import EventLogRecord
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from musicapp_pipeline.defs.takes.checks import NO_DOUBT

CLIP = dg.AssetKey("clip")
CHECK = dg.AssetCheckKey(CLIP, NO_DOUBT)


def latest_clip(instance: dg.DagsterInstance) -> EventLogRecord | None:
    """The latest materialization of any take's clip."""
    found = instance.get_asset_records([CLIP])
    return found[0].asset_entry.last_materialization_record if found else None


def target(
    made: EventLogRecord | None,
) -> AssetCheckEvaluationTargetMaterializationData | None:
    """What an evaluation is about."""
    if made is None:
        return None
    return AssetCheckEvaluationTargetMaterializationData(
        storage_id=made.storage_id, run_id=made.run_id, timestamp=made.timestamp
    )


def is_shown(instance: dg.DagsterInstance, passed: bool) -> bool:
    """Whether the page shows this outcome, or waits for a run that will say so."""
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK])
    record = latest.get(CHECK)
    if record is None:
        return False
    if record.status == AssetCheckExecutionRecordStatus.PLANNED:
        run = instance.get_run_by_id(record.run_id)
        return passed and run is not None and not run.is_finished
    expected = AssetCheckExecutionRecordStatus.SUCCEEDED
    if not passed:
        expected = AssetCheckExecutionRecordStatus.FAILED
    made = latest_clip(instance)
    if record.status != expected or made is None or made.run_id == record.run_id:
        return record.status == expected
    about = record.evaluation.target_materialization_data if record.evaluation else None
    if about is None:
        return made.timestamp < record.create_timestamp
    return about.storage_id == made.storage_id
