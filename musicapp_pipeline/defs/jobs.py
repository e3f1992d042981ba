"""Jobs for people in the Dagster UI: a whole project, one scene again, bulk generation."""

import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.execution.backfill import PartitionBackfill
from pydantic import Field

from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.flow import HEARING
from musicapp_pipeline.defs.partitions import PROJECTS, SCENES
from musicapp_pipeline.defs.stage import Task, bring_up_to_date
from musicapp_pipeline.defs.storyboard.scene_plan import STAGE as SCENE_PLAN
from musicapp_pipeline.generation import admission
from musicapp_pipeline.store import projects, scenes, takes

hear_and_plan = dg.define_asset_job(
    "hear_and_plan",
    selection=list(HEARING),
    partitions_def=PROJECTS,
    description="Decode and hear the song, and plan its scenes. Costs nothing.",
)


class WholeProject(dg.Config):
    """How far to go by itself."""

    takes: int = 1


@dg.op(required_resource_keys={"bench"})
def put_on_autopilot(context: dg.OpExecutionContext, config: WholeProject) -> None:
    """From now on the `autopilot` sensor does whatever the project needs next."""
    with context.resources.bench.database.write() as session:
        project = projects.get(session, context.partition_key)
        project.autopilot = {"takes": max(1, min(config.takes, admission.MAX_TAKES))}
    context.log.info("the autopilot sensor carries the project on to its final cut")


@dg.job(
    partitions_def=PROJECTS,
    description="From the song to the final cut: hears, plans, orders takes within the budget,"
    " chooses, lip-syncs and stitches. Returns at once; the autopilot sensor goes on.",
)
def whole_project() -> None:
    """See the description."""
    put_on_autopilot()


@dg.op(required_resource_keys={"bench"})
def order_scene_again(context: dg.OpExecutionContext) -> None:
    """A new revision of the plan, and one more take of it."""
    bench, key = context.resources.bench, context.partition_key
    task = Task(bench=bench, key=key, run_id=context.run_id, root_run_id=context.run_id)
    outcome = bring_up_to_date(SCENE_PLAN, task, asked_by_person=True)
    with bench.database.write() as session:
        project = projects.get(session, task.project_id, lock=True)
        scene = scenes.get(session, task.scene_id, project_id=project.id)
        admitted = admission.admit(session, project, [(scene, 1)], bench.provider)[0]
    add_keys(context.instance, "take", [admitted.version.key])
    context.log_event(
        dg.AssetMaterialization(
            "scene_plan", partition=key, tags={"dagster/data_version": outcome.data_version}
        )
    )
    context.log.info(f"take {admitted.version.take} ordered: {admitted.version.key}")


@dg.job(
    partitions_def=SCENES,
    description="Ask for one scene anew: its plan gets a new revision (its takes become stale) and"
    " one more take is ordered within the budget. Nothing else is touched.",
)
def one_scene_again() -> None:
    """See the description."""
    order_scene_again()


class Bulk(dg.Config):
    """``projects`` empty means all that are planned and not archived."""

    projects: list[str] = Field(default_factory=list)


@dg.op(required_resource_keys={"bench"})
def launch_bulk_backfill(context: dg.OpExecutionContext, config: Bulk) -> None:
    """A real backfill over the first take of every scene that has none."""
    bench = context.resources.bench
    with bench.database.read() as session:
        wanted = config.projects or [p.id for p in projects.planned(session)]
        keys = [
            takes.take_key(scene, scene.next_take)
            for project in wanted
            for scene in scenes.of_project(session, project)
            if not scenes.has_takes(session, scene.id)
        ]
    if not keys:
        context.log.info("every scene has a take")
        return
    add_keys(context.instance, "take", keys)
    backfill = backfill_of(context, keys)
    context.instance.add_backfill(backfill)
    context.log.info(f"backfill {backfill.backfill_id}: {len(keys)} takes")


def backfill_of(context: dg.OpExecutionContext, keys: Sequence[str]) -> PartitionBackfill:
    """A partition backfill of ``clip`` and ``mezzanine`` for some takes."""
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


@dg.job(
    description="Order the first take of every scene that has none, in one backfill. Each project's"
    " cap holds: what does not fit is refused and costs nothing.",
)
def bulk_generation() -> None:
    """See the description."""
    launch_bulk_backfill()


ALL = [hear_and_plan, whole_project, one_scene_again, bulk_generation]
