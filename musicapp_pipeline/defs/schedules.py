"""Schedules; off until somebody switches them on, for they may spend money."""

import dagster as dg

from musicapp_pipeline.defs.jobs import bulk_generation

nightly_bulk_generation = dg.ScheduleDefinition(
    name="nightly_bulk_generation",
    job=bulk_generation,
    cron_schedule="0 2 * * *",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Order missing first takes every night, within each project's cap.",
)

ALL = [nightly_bulk_generation]
