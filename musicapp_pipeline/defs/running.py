"""Running a stage inside Dagster: claim the job, make each partition, record it at once."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)

from musicapp_pipeline.defs import jobhook, observe
from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.heartbeat import beating
from musicapp_pipeline.defs.making import bring_up_to_date
from musicapp_pipeline.defs.shown import dagster_metadata, links
from musicapp_pipeline.defs.stage import Cancelled, Outcome, Stage, Task
from musicapp_pipeline.defs.waiting import drop_duplicates
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.progress import OnProgress

NULL_POINTER = "NULL"


def run_stage(context: dg.AssetExecutionContext, stage: Stage) -> Iterator[Any]:
    """Make every partition of this run; raise at the end if any could not be made."""
    bench = context.resources.bench
    tags = context.run.tags
    hook = jobhook.JobHook.of(bench.database, stage.name, context.run_id, tags)
    if not hook.claim():
        context.log.info("another run has this job; nothing to do")
        return
    if hook.job_id is not None and hook.launches > 1:
        drop_duplicates(context.instance, hook.job_id, context.run_id)
    failed: dict[str, str] = {}
    events: list[dg.AssetMaterialization] = []
    alone = len(context.partition_keys) == 1
    with beating(bench.database, context.run_id):
        for key in context.partition_keys:
            task = Task(
                bench=bench,
                key=key,
                run_id=context.run_id,
                root_run_id=tags.get("dagster/root_run_id", context.run_id),
                report=_both(stage.name, key, hook.reporter()),
                cancelled=hook.cancelled,
                add_keys=lambda level, keys: add_keys(context.instance, level, keys),
                record=lambda other, outcome: context.log_event(
                    event_of(
                        other,
                        outcome,
                        upstream_pointers(context.instance, other, outcome.key),
                        bench,
                    )
                ),
            )
            try:
                # Before what is upstream is looked at: bringing it up to date writes events that
                # this partition is made from.
                stage.prepare(task)
                pointers = upstream_pointers(context.instance, stage, key)
                outcome = bring_up_to_date(stage, task, asked_by_person=_by_person(tags))
            except Cancelled:
                hook.cancel()
                raise dg.Failure(f"{key}: cancelled", allow_retries=False) from None
            except MusicAppError as error:
                context.log.error(f"{key}: {error.message}")
                failed[key] = error.message
                hook.fail(dict(error.as_dict()))
                continue
            except Exception as error:
                context.log.exception(f"{key}: {error}")
                failed[key] = f"{type(error).__name__}: {error}"
                hook.fail({"code": "internal", "message": f"{stage.name}: {error}"})
                continue
            told = observe.UNCHANGED if outcome.reused else observe.MADE
            context.log.info(f"{key}: {told}")
            observe.tell(stage.name, key, 1.0, told)
            events.append(event_of(stage, outcome, pointers, bench))
            if not alone:
                yield events[-1]  # recorded at once, whatever becomes of the others
    if failed:
        raise dg.Failure(
            description="; ".join(f"{key}: {why}" for key, why in failed.items()),
            metadata={
                "failed": dg.MetadataValue.json(failed),
                "look_at": dg.MetadataValue.md(links(stage.name, failed)),
            },
            allow_retries=False,
        )
    yield from _outputs(stage, events)
    hook.done(stage.name)


def _outputs(stage: Stage, events: Sequence[dg.AssetMaterialization]) -> Iterator[Any]:
    """The step's output, without which Dagster would skip the assets downstream in this run.

    An output of several partitions is recorded with one data version for all of them, so the
    partitions' own events follow once more and stand.
    """
    first = events[0]
    alone = len(events) == 1
    yield dg.Output(
        None,
        output_name=stage.name,
        metadata=first.metadata if alone else {"partitions": len(events)},
        data_version=dg.DataVersion((first.tags or {})[DATA_VERSION_TAG]),
        tags=first.tags if alone else None,
    )
    if not alone:
        yield from events


def _both(stage: str, key: str, report: OnProgress) -> OnProgress:
    """To the job's row and to whoever watches this process."""

    def tell(fraction: float, message: str = "", /) -> None:
        report(fraction, message)
        observe.tell(stage, key, min(fraction, 0.999), message)

    return tell


def event_of(
    stage: Stage, outcome: Outcome, pointers: dict[str, tuple[str, str]], bench: Any
) -> dg.AssetMaterialization:
    """The recorded event, with the provenance tags that Dagster itself would have written."""
    tags = {
        DATA_VERSION_TAG: outcome.data_version,
        DATA_VERSION_IS_USER_PROVIDED_TAG: "true",
        CODE_VERSION_TAG: stage.version,
    }
    for dep, (pointer, version) in pointers.items():
        tags[get_input_event_pointer_tag(dg.AssetKey(dep))] = pointer
        tags[get_input_data_version_tag(dg.AssetKey(dep))] = version
    return dg.AssetMaterialization(
        asset_key=stage.name,
        partition=outcome.key,
        metadata={
            "result": "unchanged" if outcome.reused else "made",
            **dagster_metadata(outcome, bench.media),
        },
        tags=tags,
    )


def upstream_pointers(
    instance: dg.DagsterInstance, stage: Stage, key: str
) -> dict[str, tuple[str, str]]:
    """For each upstream asset the newest event this partition can have seen.

    Dagster asks, for each upstream partition, whether an event after this pointer changed the
    data version.
    """
    out: dict[str, tuple[str, str]] = {}
    for dep in stage.deps:
        records = instance.fetch_materializations(dg.AssetKey(dep), limit=1).records
        pointer = str(records[0].storage_id) if records else NULL_POINTER
        out[dep] = (pointer, pointer)
    return out


def _by_person(tags: Any) -> bool:
    """Launched in the Dagster UI for its own sake, not for a job or the command line."""
    return not any(tag.startswith("musicapp/") for tag in tags)
