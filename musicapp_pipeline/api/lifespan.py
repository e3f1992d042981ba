"""What runs beside the requests, from start to end of the application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from typing import Any

from fastapi import FastAPI

from musicapp_pipeline import logs
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.events.hub import Hub
from musicapp_pipeline.api.kit.once import forget_old_keys
from musicapp_pipeline.api.takes.fetcher import ClipFetcher
from musicapp_pipeline.api.webhooks.sender import WebhookSender, forget_old_deliveries
from musicapp_pipeline.generation import waiting
from musicapp_pipeline.generation.crew import Crew

log = logs.get(__name__)
TIDY = timedelta(hours=6)


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Dispatcher, webhooks, external clips and housekeeping, while the application runs."""
    context: AppContext = app.state.context
    hub: Hub = app.state.hub
    sender = WebhookSender(context.database, context.settings, context.retry_webhooks)
    work: list[Coroutine[Any, Any, None]] = [
        sender.run(),
        ClipFetcher(context).run(),
        _tidy(context),
    ]
    crew = crew_of(context) if context.dispatch else None
    if crew is not None:
        work.append(crew.run())
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        yield
    finally:
        try:
            if crew is not None:
                crew.stop()
                await tasks.pop()
        finally:
            await waiting.end(tasks)
            await hub.close()
        context.answers.close()


def crew_of(context: AppContext) -> Crew:
    """The generation dispatchers of this process."""
    return Crew(
        context.database,
        context.media,
        context.provider,
        context.dispatcher_options,
        reach=context.reach,
        on_landed=context.launcher.landed,
    )


async def _tidy(context: AppContext) -> None:
    while True:
        try:
            await asyncio.to_thread(_tidy_once, context)
        except Exception:  # the database may be away for a moment
            log.exception("could not tidy up")
        await asyncio.sleep(TIDY.total_seconds())


def _tidy_once(context: AppContext) -> None:
    with context.database.write() as session:
        forget_old_keys(session)
    forget_old_deliveries(context.database)
