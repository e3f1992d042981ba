"""From a stage to a Dagster asset: many partitions in one run, each recorded as soon as it is made.

A run covers one partition or a contiguous range. Every partition yields its own event with data
version, provenance (so that staleness is exact for each key) and metadata; if some fail, the others
are recorded and the failed ones can be re-executed alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from musicapp_pipeline.defs.partitions import BY_LEVEL, PathPrefixMapping
from musicapp_pipeline.defs.stage import Level, Stage

OWNERS = ("team:pipeline",)


def asset_of(stage: Stage) -> dg.AssetsDefinition:
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
        from musicapp_pipeline.defs.running import run_stage

        yield from run_stage(context, stage)

    return body


def add_keys(instance: dg.DagsterInstance, level: Level, keys: Sequence[str]) -> None:
    """Make partitions known, in the given order."""
    name = BY_LEVEL[level].name
    assert name is not None
    known = set(instance.get_dynamic_partitions(name))
    new = [key for key in keys if key not in known]
    if new:
        instance.add_dynamic_partitions(name, new)
