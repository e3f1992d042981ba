"""Every error as ``application/problem+json`` (RFC 9457), by one table."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from musicapp_pipeline import logs
from musicapp_pipeline.analysis.errors import AnalysisError
from musicapp_pipeline.api.errors import ApiError
from musicapp_pipeline.api.invalid import entry_of
from musicapp_pipeline.api.kit.models import Output
from musicapp_pipeline.assembly.errors import AssemblyError
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.fetching.errors import FetchError, FetchTooLarge, WrongContent
from musicapp_pipeline.generation import errors as generation
from musicapp_pipeline.generation.admission import BadSource
from musicapp_pipeline.generation.ledger import OverBudget
from musicapp_pipeline.generation.resolving import JobOfAnotherTake, NothingToResolve
from musicapp_pipeline.generation.states import IllegalTransition
from musicapp_pipeline.media.errors import MediaError
from musicapp_pipeline.store import errors as store
from musicapp_pipeline.storyboard.errors import StoryboardError
from musicapp_pipeline.timebase import BadFrameRate

log = logs.get(__name__)

STATUS: Mapping[type[MusicAppError], int] = {
    OverBudget: 402,
    store.NotFound: 404,
    store.MediaMissing: 404,
    store.BadMediaKey: 404,
    store.Conflict: 409,
    BadSource: 409,
    IllegalTransition: 409,
    FetchTooLarge: 413,
    WrongContent: 415,
    FetchError: 422,
    generation.UnknownPrice: 422,
    generation.UnknownModel: 422,
    generation.UnsupportedRequest: 422,
    generation.ProviderRetired: 503,
    generation.BadWebhook: 400,
    NothingToResolve: 409,
    JobOfAnotherTake: 409,
    generation.GenerationError: 422,
    AnalysisError: 422,
    StoryboardError: 422,
    MediaError: 422,
    AssemblyError: 422,
    BadFrameRate: 422,
    MusicAppError: 400,
}
"""The nearest base class decides; an :class:`ApiError` carries its own."""

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
MEDIA_TYPE = "application/problem+json"
REFERENCE = "#/components/schemas/{model}"
TITLES = {
    402: "Over budget",
    404: "Not found",
    409: "Conflict",
    412: "Changed meanwhile",
    422: "Invalid",
    503: "Not available",
}


class FieldProblem(Output):
    """What is wrong with one field or record."""

    field: str
    message: str
    value: Any = None
    allowed: Any = None


class Problem(Output):
    """An error as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] = Field(default_factory=list)


def components() -> dict[str, Any]:
    """The schemas that :func:`problems` refers to."""
    schema = Problem.model_json_schema(mode="serialization", ref_template=REFERENCE)
    return {**schema.pop("$defs"), "Problem": schema}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's ``responses`` for error statuses."""
    return {
        status: {
            "description": title_of(status),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": REFERENCE.format(model="Problem")},
                    "example": _example(status),
                }
            },
        }
        for status in statuses
    }


def title_of(status: int) -> str:
    """A short, stable title of a status."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def status_of(error: MusicAppError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, ApiError):
        return error.status
    return next(STATUS[base] for base in type(error).__mro__ if base in STATUS)


def problem_of(error: MusicAppError) -> Response:
    """The answer for an error of ours."""
    entries: list[dict[str, Any]] = []
    if error.field is not None:
        entries.append({k: v for k, v in error.as_dict().items() if k != "code"})
    headers: Mapping[str, str] = {}
    if isinstance(error, ApiError):
        entries += error.errors
        headers = error.headers
    return answer(status_of(error), error.code, error.message, entries, headers)


def answer(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document."""
    body = {
        "type": f"urn:musicapp:problem:{code}",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"value": None, "allowed": None, **entry} for entry in errors],
    }
    return JSONResponse(body, status, dict(headers or {}), MEDIA_TYPE)


def invalid(error: ValidationError | RequestValidationError) -> Response:
    """What a client sent does not fit the schema."""
    entries = [entry_of(e) for e in error.errors()]
    broken = any(e["type"] == "json_invalid" for e in error.errors())
    first = entries[0]
    detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
    if len(entries) > 1:
        detail += f" (and {len(entries) - 1} more)"
    return answer(400 if broken else 422, "malformed" if broken else "invalid", detail, entries)


def install(app: FastAPI) -> None:
    """Answer every error as a problem document."""

    @app.exception_handler(MusicAppError)
    def _ours(_request: Request, error: MusicAppError) -> Response:
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    def _request(request: Request, error: RequestValidationError) -> Response:
        return _not_json(request, error) or invalid(error)

    @app.exception_handler(ValidationError)
    def _model(_request: Request, error: ValidationError) -> Response:
        return invalid(error)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        code, detail = HTTPStatus(error.status_code).name.lower(), str(error.detail)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = allowed = ", ".join(sorted(_methods(app, request)))
            detail = f"{request.method} is not for this address; it takes {allowed}"
        elif error.status_code == 404 and detail == "Not Found":
            detail = f"there is nothing at {request.url.path}; the documentation is at /"
        return answer(error.status_code, code, detail, (), headers)

    @app.exception_handler(DBAPIError)
    def _database(_request: Request, error: DBAPIError) -> Response:
        log.error("database error", error=type(error).__name__, cause=str(error.orig))
        if isinstance(error, IntegrityError):
            return answer(409, "conflict", "somebody else changed the same thing; try again")
        return answer(
            503, "database", "the database is busy or away; try again", (), {"Retry-After": "1"}
        )

    @app.exception_handler(Exception)
    def _bug(request: Request, error: Exception) -> Response:
        log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
        return answer(500, "internal", "something went wrong here; the log says what")


def _not_json(request: Request, error: RequestValidationError) -> Response | None:
    """A JSON body that was sent as something else, as curl does without a header."""
    kind = request.headers.get("content-type", "")
    whole = any(e["loc"] == ("body",) and isinstance(e.get("input"), bytes) for e in error.errors())
    if not whole:
        return None
    message = "the body must be sent with 'Content-Type: application/json'"
    entry = {"field": "Content-Type", "message": message, "value": kind or None}
    return answer(415, "unsupported_media", message, [{**entry, "allowed": "application/json"}])


def _methods(app: FastAPI, request: Request) -> set[str]:
    """What the address takes, by all its routes; the framework names only the first one's."""
    return {
        method
        for method in METHODS
        for route in app.router.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }


def _example(status: int) -> dict[str, Any]:
    shown = {
        402: ("over_budget", "this needs $0.96, but of the $25.00 cap $24.48 is spent or held"),
        404: ("not_found", "there is no project 'eternal-flame-k3m9x2'"),
        409: ("conflict", "take 2 is generating; only a completed take can be selected"),
        412: ("stale", "this was changed by somebody else meanwhile"),
        422: ("invalid", "numTakes: Input should be less than or equal to 10"),
    }
    code, detail = shown.get(status, (HTTPStatus(status).name.lower(), title_of(status)))
    return {
        "type": f"urn:musicapp:problem:{code}",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [],
    }
