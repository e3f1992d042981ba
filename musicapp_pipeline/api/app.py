"""Puts the facade together."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from musicapp_pipeline.api import problems
from musicapp_pipeline.api.access import endpoints as access
from musicapp_pipeline.api.access.gate import PUBLIC, SIGNED, Gate
from musicapp_pipeline.api.access.tokens import TokenBook
from musicapp_pipeline.api.analytics import endpoints as analytics
from musicapp_pipeline.api.characters import endpoints as characters
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.costs import endpoints as costs
from musicapp_pipeline.api.docs import endpoints as docs
from musicapp_pipeline.api.docs.words import document_words
from musicapp_pipeline.api.events import endpoints as events
from musicapp_pipeline.api.events.hub import Hub
from musicapp_pipeline.api.exports import endpoints as exports
from musicapp_pipeline.api.health import endpoints as health
from musicapp_pipeline.api.jobs import endpoints as jobs
from musicapp_pipeline.api.kit.headers import document_headers, document_keys
from musicapp_pipeline.api.kit.once import REPLAYED
from musicapp_pipeline.api.lifespan import lifespan
from musicapp_pipeline.api.lips import endpoints as lips
from musicapp_pipeline.api.media import endpoints as media
from musicapp_pipeline.api.projects import endpoints as projects
from musicapp_pipeline.api.provider import endpoints as provider
from musicapp_pipeline.api.scenes import endpoints as scenes
from musicapp_pipeline.api.storyboard import endpoints as storyboard
from musicapp_pipeline.api.takes import endpoints as takes
from musicapp_pipeline.api.uploads import endpoints as uploads
from musicapp_pipeline.api.webhooks import endpoints as webhooks

DESCRIPTION = """From a song to a music video: projects, characters, storyboards on the beat,
takes that never overspend, lip-sync and exports.

Errors are `application/problem+json` (RFC 9457). Long lists carry the way to their next page in
`Link`. `POST`s that create or spend honour `Idempotency-Key`; edits honour `If-Match`."""

EVERYWHERE = (400, 401, 403, 413, 422, 429, 503)
"""Statuses that any operation may answer with."""
PAGES = (
    projects,
    characters,
    storyboard,
    scenes,
    takes,
    lips,
    jobs,
    events,
    exports,
    costs,
    analytics,
    uploads,
    media,
    webhooks,
    provider,
    access,
    health,
    docs,
)


def create_app(context: AppContext, *, public_prefixes: tuple[str, ...] = ("/studio",)) -> FastAPI:
    """The REST facade.

    Args:
        context: what it stands on; the database is migrated already.
        public_prefixes: paths that need no token, for static files that the caller mounts.
    """
    settings = context.settings
    tokens = TokenBook(settings.musicapp_api_tokens)
    app = FastAPI(
        title="MusicApp Pipeline",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=problems.problems(*EVERYWHERE),
        generate_unique_id_function=_operation_id,
        middleware=_middleware(context, tokens, public_prefixes),
    )
    app.state.context = context
    app.state.tokens = tokens
    app.state.hub = Hub(context.database)
    for page in PAGES:
        app.include_router(page.router)
    problems.install(app)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI with the token that the gate asks for, where it asks for one."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            separate_input_output_schemas=False,
        )
        document["components"]["schemas"] |= problems.components()
        document_headers(document)
        document_keys(document)
        document_words(document)
        document["components"]["securitySchemes"] = {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "One of `MUSICAPP_API_TOKENS`; none is needed where that is unset.",
            }
        }
        for path, item in document["paths"].items():
            for operation in item.values():
                operation["security"] = [] if path in PUBLIC | SIGNED else [{"token": []}, {}]
                if "application/json" in operation.get("requestBody", {}).get("content", {}):
                    operation["responses"].setdefault("415", problems.problems(415)[415])
        app.openapi_schema = document
    return app.openapi_schema


def _middleware(
    context: AppContext, tokens: TokenBook, public_prefixes: tuple[str, ...]
) -> list[Middleware]:
    origins = context.settings.musicapp_cors_origins
    gate = Middleware(
        Gate,
        tokens=tokens,
        limits=context.limits,
        origins=origins,
        public_prefixes=public_prefixes,
    )
    if not origins:
        return [gate]
    # Outermost, so that refusals can be read by the page that caused them.
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["*"],
        allow_headers=["*"],
        allow_credentials="*" not in origins,
        expose_headers=["ETag", "Link", "Location", "Retry-After", REPLAYED],
        max_age=3600,
    )
    return [cors, gate]


def _operation_id(route: APIRoute) -> str:
    """Generated clients call their methods like our functions."""
    return route.name
