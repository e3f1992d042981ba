"""Jobs for people in the Dagster UI: a whole project, one scene again, bulk generation.

Only declared here; what they do is loaded when they run.
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from pydantic import Field

from musicapp_pipeline.defs.partitions import PROJECTS, SCENES
from musicapp_pipeline.defs.stages import HEARING

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
    from musicapp_pipeline.defs import ordering

    ordering.put_on_autopilot(context, config.takes)


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
    from musicapp_pipeline.defs import ordering

    ordering.order_scene_again(context)


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
    from musicapp_pipeline.defs import ordering

    ordering.launch_bulk_backfill(context, config.projects)


@dg.job(
    description="Order the first take of every scene that has none, in one backfill. Each project's"
    " cap holds: what does not fit is refused and costs nothing.",
)
def bulk_generation() -> None:
    """See the description."""
    launch_bulk_backfill()


ALL: list[dg.JobDefinition | UnresolvedAssetJobDefinition] = [
    hear_and_plan,
    whole_project,
    one_scene_again,
    bulk_generation,
]
