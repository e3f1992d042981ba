"""The one resource: this process's workbench."""

import dagster as dg

from musicapp_pipeline.defs.bench import Workbench, workbench


@dg.resource(description="Settings, database, media store and video provider of this process.")
def bench(_context: dg.InitResourceContext) -> Workbench:
    """Shared by the runs of a warm worker."""
    return workbench()
