"""Sending, asking for and fetching takes in a process of its own, as many of them as one likes."""

import asyncio
import signal

from musicapp_pipeline import logs
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.generation.crew import Crew
from musicapp_pipeline.generation.registry import catalogue
from musicapp_pipeline.settings import Settings

log = logs.get(__name__)


def run_dispatcher(settings: Settings) -> None:
    """``musicapp dispatch``: until SIGTERM or Ctrl-C.

    What it fetched is recorded by the runs that the attendant of ``musicapp up`` launches.

    Raises:
        MusicAppError: no provider can be used as configured.
    """
    logs.configure(settings.log_level)
    bench = Workbench.open(settings)
    name = bench.provider.name
    for sentence in catalogue(settings).warnings():
        log.warning(sentence)
    print(f"dispatching takes of {name}", flush=True)
    asyncio.run(_dispatch(bench))
    bench.database.dispose()


async def _dispatch(bench: Workbench) -> None:
    provider = bench.provider
    crew = Crew(
        bench.database,
        bench.media,
        provider,
        bench.dispatcher_options(provider.name),
        reach=bench.reach,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, crew.stop)
    try:
        await crew.run()
    finally:
        await provider.aclose()
