"""Sensors: the safety net under launched jobs, what selections start, and the autopilot.

Only declared here; what a tick does is loaded when it ticks.
"""

from collections.abc import Iterator

import dagster as dg


@dg.sensor(
    asset_selection=dg.AssetSelection.all(),
    required_resource_keys={"bench"},
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Launches queued jobs that nobody launched, for example because Dagster was away.",
)
def queued_jobs(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    """The job's compare-and-set, not this run key, keeps two runs from doing one job."""
    from musicapp_pipeline.defs import sensing

    yield from sensing.queued_jobs(context)


@dg.sensor(
    asset_selection=dg.AssetSelection.all(),
    required_resource_keys={"bench"},
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A chosen take of a performance scene gets its voice, words and lips. Then the"
    " choice is recorded, which makes the final cut stale.",
)
def selections(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    """Covers selections made by any route; the facade's own are launched at once."""
    from musicapp_pipeline.defs import sensing

    yield from sensing.selections(context)


@dg.sensor(
    asset_selection=dg.AssetSelection.all(),
    required_resource_keys={"bench"},
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Carries projects started by `whole_project` on: whatever is next, within budget.",
)
def autopilot(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    """Admits and selects in the database; everything else becomes runs."""
    from musicapp_pipeline.defs import sensing

    yield from sensing.autopilot(context)


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run that failed outside its body ends its job with a message.",
)
def failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Bodies end their jobs themselves; this covers workers lost more often than is retried."""
    from musicapp_pipeline.defs import sensing

    sensing.failed_runs(context)


ALL = [queued_jobs, selections, autopilot, failed_runs]
