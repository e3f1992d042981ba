"""What the jobs of the Dagster UI do."""

import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.execution.backfill import PartitionBackfill

from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.making import bring_up_to_date
from musicapp_pipeline.defs.running import event_of, upstream_pointers
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import SCENE_PLAN
from musicapp_pipeline.generation import admission
from musicapp_pipeline.store import projects, scenes, takes


def put_on_autopilot(context: dg.OpExecutionContext, wanted_takes: int) -> None:
    """Mark the project; the sensor does the rest."""
    with context.resources.bench.database.write() as session:
        project = projects.get(session, context.partition_key)
        project.autopilot = {"takes": max(1, min(wanted_takes, admission.MAX_TAKES))}
    context.log.info("the autopilot sensor carries the project on to its final cut")


def order_scene_again(context: dg.OpExecutionContext) -> None:
    """Bump the plan's revision, record it, order a take, make its key known."""
    bench, key = context.resources.bench, context.partition_key
    task = Task(bench=bench, key=key, run_id=context.run_id, root_run_id=context.run_id)
    pointers = upstream_pointers(context.instance, SCENE_PLAN, key)
    outcome = bring_up_to_date(SCENE_PLAN, task, asked_by_person=True)
    with bench.database.write() as session:
        project = projects.get(session, task.project_id, lock=True)
        scene = scenes.get(session, task.scene_id, project_id=project.id)
        admitted = admission.admit(session, project, [(scene, 1)], bench.provider)[0]
    add_keys(context.instance, "take", [admitted.version.key])
    context.log_event(event_of(SCENE_PLAN, outcome, pointers, bench))
    context.log.info(f"take {admitted.version.take} ordered: {admitted.version.key}")


def launch_bulk_backfill(context: dg.OpExecutionContext, wanted: Sequence[str]) -> None:
    """One backfill for all; the dispatcher admits each take within its project's cap."""
    bench = context.resources.bench
    with bench.database.read() as session:
        ids = wanted or [p.id for p in projects.planned(session)]
        keys = [
            takes.take_key(scene, scene.next_take)
            for project_id in ids
            for scene in scenes.of_project(session, project_id)
            if not scenes.has_takes(session, scene.id)
        ]
    if not keys:
        context.log.info("every scene has a take")
        return
    add_keys(context.instance, "take", keys)
    backfill = _backfill(context, keys)
    context.instance.add_backfill(backfill)
    context.log.info(f"backfill {backfill.backfill_id}: {len(keys)} takes")


def _backfill(context: dg.OpExecutionContext, keys: Sequence[str]) -> PartitionBackfill:
    return PartitionBackfill.from_asset_partitions(
        backfill_id=f"bulk-{context.run_id[:8]}",
        asset_graph=context.repository_def.asset_graph,
        partition_names=list(keys),
        asset_selection=[dg.AssetKey("clip"), dg.AssetKey("mezzanine")],
        backfill_timestamp=time.time(),
        tags={"musicapp/by": "bulk_generation"},
        dynamic_partitions_store=context.instance,
        all_partitions=False,
        title="Bulk generation",
        description="The first take of every scene that has none.",
        run_config=None,
    )
