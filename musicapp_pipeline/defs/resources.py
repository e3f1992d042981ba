"""The one resource: this process's workbench."""

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from musicapp_pipeline.defs.bench import Workbench


@dg.resource(description="Settings, database, media store and video provider of this process.")
def bench(_context: dg.InitResourceContext) -> "Workbench":
    """Shared by the runs of a warm worker."""
    from musicapp_pipeline.defs.bench import workbench

    return workbench()
