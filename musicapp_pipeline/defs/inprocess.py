"""Running wanted assets in this very process, recorded in the instance like any other run."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.flow import Wanted
from musicapp_pipeline.defs.instance.keys import PARTITION, RANGE_END, RANGE_START
from musicapp_pipeline.defs.partitions import BY_LEVEL
from musicapp_pipeline.defs.stages import BY_NAME
from musicapp_pipeline.errors import MusicAppError

if TYPE_CHECKING:
    from dagster._core.execution.plan.objects import UserFailureData

BY_TAG = "musicapp/by"
INTERRUPTED = "Interrupted; the same command goes on from here."
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class RunFailed(MusicAppError):
    """A stage could not make one of its partitions."""

    code = "run_failed"


def run_wanted(instance: dg.DagsterInstance, wanted: Wanted) -> None:
    """Make the wanted partitions, one run a contiguous range of keys.

    Raises:
        RunFailed: with the failing stage's own message.
    """
    from musicapp_pipeline.definitions import defs

    level = BY_NAME[wanted.assets[0]].level
    add_keys(instance, level, wanted.keys)
    job = defs.resolve_implicit_global_asset_job_def()
    for keys in contiguous(instance, level, wanted.keys):
        tags = {BY_TAG: "make", "musicapp/project": keys[0].split("/")[0]}
        if len(keys) == 1:
            tags[PARTITION] = keys[0]
        else:
            tags[RANGE_START], tags[RANGE_END] = keys[0], keys[-1]
        with _own_signals():
            result = job.execute_in_process(
                run_config=QUIET,
                instance=instance,
                asset_selection=[dg.AssetKey(name) for name in wanted.assets],
                partition_key=keys[0] if len(keys) == 1 else None,
                tags=tags,
                raise_on_error=False,
            )
        if not result.success:
            failure = _failure(result)
            if "DagsterExecutionInterruptedError" in failure.message:
                _cancelled(instance, result.run_id)
                raise KeyboardInterrupt
            raise failure


@contextmanager
def _own_signals() -> Iterator[None]:
    """Dagster leaves SIGTERM with what SIGINT does: nothing, in the background of a script."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _cancelled(instance: dg.DagsterInstance, run_id: str) -> None:
    """A run that somebody interrupted has not failed."""
    run = instance.get_run_by_id(run_id)
    if run is not None:
        instance.report_run_canceled(run, message=INTERRUPTED)


def contiguous(instance: dg.DagsterInstance, level: str, keys: Sequence[str]) -> list[list[str]]:
    """Runs of keys that follow each other in the order they were added to the instance."""
    name = BY_LEVEL[level].name
    assert name is not None
    place = {key: index for index, key in enumerate(instance.get_dynamic_partitions(name))}
    groups: list[list[str]] = []
    for key in sorted(keys, key=place.__getitem__):
        if groups and place[key] == place[groups[-1][-1]] + 1:
            groups[-1].append(key)
        else:
            groups.append([key])
    return groups


def _failure(result: dg.ExecuteInProcessResult) -> RunFailed:
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            user = data.user_failure_data
            text = (user and _why(user)) or (data.error.message if data.error else "failed")
            return RunFailed(str(text).strip(), field=event.step_key, value=result.run_id)
    return RunFailed("the run failed before any step started", value=result.run_id)


def _why(user: "UserFailureData") -> str | None:
    """What the stage said; a project is not named to the person who is making it."""
    told = user.metadata.get("failed")
    if not isinstance(told, dg.JsonMetadataValue) or not isinstance(told.data, dict):
        return user.description
    return "; ".join(why if "/" not in key else f"{key}: {why}" for key, why in told.data.items())
