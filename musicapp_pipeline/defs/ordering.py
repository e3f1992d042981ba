"""What the jobs of the Dagster UI do."""

import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.execution.backfill import PartitionBackfill

from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.jobhook import ROOT_TAG
from musicapp_pipeline.defs.making import bring_up_to_date
from musicapp_pipeline.defs.running import event_of, upstream_pointers
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import SCENE_PLAN
from musicapp_pipeline.defs.storyboard.scene_plan import plan_of
from musicapp_pipeline.generation import admission
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.models import SceneVersion


def put_on_autopilot(context: dg.OpExecutionContext, wanted_takes: int) -> None:
    """Mark the project; the sensor does the rest."""
    with context.resources.bench.database.write() as session:
        project = projects.get(session, context.partition_key)
        project.autopilot = {"takes": max(1, min(wanted_takes, admission.MAX_TAKES))}
    context.log.info("the autopilot sensor carries the project on to its final cut")


def order_scene_again(context: dg.OpExecutionContext) -> None:
    """Bump the plan's revision, record it, order a take, make its key known. A run that Dagster
    starts again after its worker was lost finds the take it has ordered."""
    bench, key = context.resources.bench, context.partition_key
    root = context.run.tags.get(ROOT_TAG, context.run_id)
    task = Task(bench=bench, key=key, run_id=context.run_id, root_run_id=root)
    pointers = upstream_pointers(context.instance, SCENE_PLAN, key)
    outcome = bring_up_to_date(SCENE_PLAN, task, asked_by_person=True)
    version = order_once(bench, task)
    add_keys(context.instance, "take", [version.key])
    context.log_event(event_of(SCENE_PLAN, outcome, pointers, bench))
    context.log.info(f"take {version.take} ordered: {version.key}")


def order_once(bench: Workbench, task: Task) -> SceneVersion:
    """One take of the scene's present plan for one root run, however often it is started again.

    The run is noted with the scene in the transaction that orders the take.
    """
    with bench.database.write() as session:
        project = projects.get(session, task.project_id, lock=True)
        scene = scenes.get(session, task.scene_id, project_id=project.id)
        if scene.plan_run == task.root_run_id:
            plan = plan_of(session, bench, task.key)
            made = [
                version
                for version in takes.of_scene(session, scene.id)
                if version.plan_fingerprint == plan.fingerprint
            ]
            if made:
                return made[0]
        scene.plan_run = task.root_run_id
        return admission.admit(session, project, [(scene, 1)], bench.provider)[0].version


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
