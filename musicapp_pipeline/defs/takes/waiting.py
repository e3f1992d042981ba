"""Waiting for a take's media inside a run, for hosts that do not park runs.

`musicapp up` parks clip runs until their takes have ended, so this returns at once there. Anywhere
else the body drives dispatchers of its own for as long as it waits; leases make several safe.
"""

import asyncio

from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.generation.admission import admit_key
from musicapp_pipeline.generation.crew import Crew
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import SceneVersion

LOOK = 0.3


def wait_for_take(task: Task) -> SceneVersion:
    """The take's row once it has landed or ended; admits a take that nobody has admitted yet."""
    bench = task.bench
    with bench.database.read() as session:
        version = takes.by_key(session, task.key)
    if version is None:
        with bench.database.write() as session:
            admit_key(session, task.key, bench.provider)
    if version is None or version.status in ("queued", "generating"):
        asyncio.run(_drive(task))
    with bench.database.read() as session:
        version = takes.by_key(session, task.key)
    assert version is not None
    return version


async def _drive(task: Task) -> None:
    bench = task.bench
    crew = Crew(
        bench.database,
        bench.media,
        bench.provider,
        bench.dispatcher_options(bench.provider.name),
        reach=bench.reach,
    )
    running = asyncio.create_task(crew.run())
    try:
        while not await asyncio.to_thread(_ended, task):
            task.check_cancelled()
            await asyncio.sleep(LOOK)
    finally:
        crew.stop()
        await running


def _ended(task: Task) -> bool:
    with task.bench.database.read() as session:
        version = takes.by_key(session, task.key)
        return version is not None and version.status not in ("queued", "generating")
