"""From a stage to a Dagster asset: many partitions in one run, each recorded as soon as it is made.

A run covers one partition or a contiguous range. Every partition yields its own event with data
version, provenance (so that staleness is exact for each key) and metadata; if some fail, the others
are recorded and the failed ones can be re-executed alone.
"""

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
from musicapp_pipeline.defs.heartbeat import beating
from musicapp_pipeline.defs.partitions import BY_LEVEL, PathPrefixMapping
from musicapp_pipeline.defs.shown import dagster_metadata
from musicapp_pipeline.defs.stage import (
    Cancelled,
    Level,
    Outcome,
    Stage,
    Task,
    bring_up_to_date,
)
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.progress import OnProgress

OWNERS = ("team:pipeline",)
NULL_POINTER = "NULL"


def asset_of(stage: Stage, checks: Sequence[dg.AssetCheckSpec] = ()) -> dg.AssetsDefinition:
    """The asset of a stage."""

    @dg.multi_asset(
        name=stage.name,
        partitions_def=BY_LEVEL[stage.level],
        specs=[
            dg.AssetSpec(
                stage.name,
                deps=[dg.AssetDep(d, partition_mapping=PathPrefixMapping()) for d in stage.deps],
                skippable=True,
                group_name=stage.group,
                kinds=set(stage.kinds),
                owners=list(OWNERS),
                code_version=stage.version,
                description=stage.description,
            )
        ],
        backfill_policy=dg.BackfillPolicy.multi_run(25),
        required_resource_keys={"bench"},
        description=stage.description,
    )
    def body(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from run_stage(context, stage)

    return body


def run_stage(context: dg.AssetExecutionContext, stage: Stage) -> Iterator[Any]:
    """Make every partition of this run; raise at the end if any could not be made."""
    bench = context.resources.bench
    tags = context.run.tags
    hook = jobhook.JobHook.of(bench.database, stage.name, context.run_id, tags)
    if not hook.claim():
        context.log.info("another run has this job; nothing to do")
        return
    failed: dict[str, str] = {}
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
            pointers = upstream_pointers(context.instance, stage, key)
            try:
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
            told = "unchanged" if outcome.reused else "made"
            context.log.info(f"{key}: {told}")
            observe.tell(stage.name, key, 1.0, told)
            yield event_of(stage, outcome, pointers, bench)
    if failed:
        raise dg.Failure(
            description="; ".join(f"{key}: {why}" for key, why in failed.items()),
            metadata={"failed": dg.MetadataValue.json(failed)},
            allow_retries=False,
        )
    hook.done(stage.name)


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
        description="unchanged" if outcome.reused else None,
        metadata=dagster_metadata(outcome, bench.media),
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


def add_keys(instance: dg.DagsterInstance, level: Level, keys: Sequence[str]) -> None:
    """Make partitions known, in the given order."""
    name = BY_LEVEL[level].name
    assert name is not None
    known = set(instance.get_dynamic_partitions(name))
    new = [key for key in keys if key not in known]
    if new:
        instance.add_dynamic_partitions(name, new)


def _by_person(tags: Any) -> bool:
    """Launched in the Dagster UI for its own sake, not for a job or the command line."""
    return not any(tag.startswith("musicapp/") for tag in tags)
