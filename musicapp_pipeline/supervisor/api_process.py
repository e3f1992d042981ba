"""The process that serves the facade, with the dispatcher and the attendant beside it."""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI

from musicapp_pipeline import logs
from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.defs.attendant import Attendant
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.instance.home import open_instance
from musicapp_pipeline.defs.launcher import GraphqlLauncher
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import waiting
from musicapp_pipeline.generation.port import VideoProvider
from musicapp_pipeline.generation.registry import catalogue
from musicapp_pipeline.generation.wording import wording
from musicapp_pipeline.settings import Settings, settings

log = logs.get(__name__)


def build(dagster_url: str, *, dispatch: bool = True) -> FastAPI:
    """The application, composed; its lifespan also runs the attendant.

    Args:
        dispatch: whether takes are generated here; else ``musicapp dispatch`` does it elsewhere.
    """
    bench = Workbench.open(settings())
    instance = open_instance(bench.settings)
    launcher = GraphqlLauncher(bench, instance, dagster_url)
    provider, problem = _provider(bench)
    context = AppContext(
        settings=bench.settings,
        database=bench.database,
        media=bench.media,
        launcher=launcher,
        provider=provider,
        provider_problem=problem,
        dispatcher_options=bench.dispatcher_options(provider.name if provider else ""),
        reach=bench.reach,
        dispatch=dispatch,
        warnings=_warnings(bench.settings, problem),
    )
    app = create_app(context)
    inner = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        async with inner(application):
            attendant = asyncio.create_task(
                Attendant(bench, instance, launcher.landed, told_of_landings=dispatch).run()
            )
            try:
                yield
            finally:
                await waiting.end([attendant])
                await launcher.aclose()

    app.router.lifespan_context = lifespan
    return app


def _provider(bench: Workbench) -> tuple[VideoProvider | None, MusicAppError | None]:
    """Everything but generation works without one."""
    try:
        return bench.provider, None
    except MusicAppError as error:
        return None, error


def _warnings(settings: Settings, problem: MusicAppError | None) -> tuple[str, ...]:
    """Said once in the log at the start, and by ``/readyz`` for as long as they hold."""
    wording()  # refused now, not when the first prompt is written
    told = (problem.message,) if problem is not None else catalogue(settings).warnings()
    for sentence in told:
        log.warning(sentence)
    return told


def main() -> None:
    """Entry point of the child process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--dagster-url", default="http://127.0.0.1:3001")
    parser.add_argument("--no-dispatcher", action="store_true")
    options = parser.parse_args()
    logs.configure(settings().log_level)
    uvicorn.run(
        build(options.dagster_url, dispatch=not options.no_dispatcher),
        host=options.host,
        port=options.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
