"""The one base class of every error that api raises, and its typed subclasses."""

from collections.abc import Sequence
from typing import Any, ClassVar

from musicapp_pipeline.errors import MusicAppError


class ApiError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.api``; carries its HTTP status.

    Args:
        errors: one entry a field or record the error is about, beside the first.
        headers: what the answer must carry (``Retry-After``, ``WWW-Authenticate``).
    """

    code = "api_error"
    status: ClassVar[int] = 400

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        value: object = None,
        allowed: object = None,
        errors: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message, field=field, value=value, allowed=allowed)
        self.errors = tuple(errors)
        self.headers = headers or {}


class Invalid(ApiError):
    """A field holds something it may not hold."""

    code = "invalid"
    status = 422


class Unauthorized(ApiError):
    """No token, or one that nobody has."""

    code = "unauthorized"
    status = 401


class Forbidden(ApiError):
    """Known or not, this caller may not do it from there."""

    code = "forbidden"
    status = 403


class InTheWay(ApiError):
    """The change does not fit the present state; ``errors`` names the records in the way."""

    code = "conflict"
    status = 409


class Stale(ApiError):
    """``If-Match`` names an older revision: somebody else has changed it."""

    code = "stale"
    status = 412


class TooLarge(ApiError):
    """A body above the limit."""

    code = "too_large"
    status = 413


class UnsupportedMedia(ApiError):
    """Content that is not what this endpoint takes, whatever its name says."""

    code = "unsupported_media"
    status = 415


class KeyReused(ApiError):
    """An ``Idempotency-Key`` that came with another body before."""

    code = "idempotency_key_reused"
    status = 422


class TooManyRequests(ApiError):
    """Faster than the limit."""

    code = "too_many_requests"
    status = 429


class NoProvider(ApiError):
    """No video provider can be used as configured."""

    code = "no_provider"
    status = 503


class NotReady(ApiError):
    """Something this service rests on does not answer."""

    code = "not_ready"
    status = 503
