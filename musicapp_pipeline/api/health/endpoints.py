"""``/healthz`` and ``/readyz``."""

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter
from pydantic import ConfigDict
from sqlalchemy import text

from musicapp_pipeline import logs
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.deps import Context
from musicapp_pipeline.api.errors import NotReady
from musicapp_pipeline.api.kit.models import Output
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.generation import absence

router = APIRouter(tags=["health"])
log = logs.get(__name__)
PATIENCE = 5.0


class Health(Output):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: str = "ok"


class Readiness(Output):
    """Everything this service rests on answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ok",
                    "database": True,
                    "mediaStore": True,
                    "dagster": True,
                    "provider": "mock",
                    "warnings": [],
                }
            ]
        }
    )

    status: str = "ok"
    database: bool
    media_store: bool
    dagster: bool
    provider: str | None
    """The video provider in use; null when none can be used as configured."""
    warnings: list[str]
    """What whoever runs this service should know, for example that prices are only defaults, or
    that takes are left over at a provider that is not in use."""


@router.get("/healthz")
def healthz() -> Health:
    """The process is alive."""
    return Health()


@router.get("/readyz", responses=problems(503))
async def readyz(context: Context) -> Readiness:
    """Database, media store and Dagster answer; 503 names those that do not."""
    database, media, dagster = await asyncio.gather(
        _works("database", asyncio.to_thread(_ask_database, context)),
        _works("media store", asyncio.to_thread(context.media.check)),
        _works("Dagster", _ask_dagster(context)),
    )
    parts = {"database": database, "media store": media, "Dagster": dagster}
    away = [name for name, works in parts.items() if not works]
    if away:
        raise NotReady(
            f"not answering: {', '.join(away)}",
            errors=[{"field": name, "message": "does not answer"} for name in away],
        )
    provider = context.provider.name if context.provider is not None else None
    left_over = await asyncio.to_thread(_left_over, context, provider or "")
    return Readiness(
        database=database,
        media_store=media,
        dagster=dagster,
        provider=provider,
        warnings=[*context.warnings, *left_over],
    )


async def _works(name: str, question: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await question
    except Exception:  # whatever it is, it means not ready
        log.warning("not ready", part=name, exc_info=True)
        return False
    return True


def _ask_database(context: AppContext) -> None:
    with context.database.read() as session:
        session.execute(text("SELECT 1"))


def _left_over(context: AppContext, in_use: str) -> list[str]:
    with context.database.read() as session:
        return absence.warnings(session, in_use)


async def _ask_dagster(context: AppContext) -> None:
    if not await context.launcher.ready():
        raise ConnectionError("no answer")
