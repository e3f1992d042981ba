"""HTTP with providers: send once, read a bounded answer, and sort every outcome by its meaning."""

import asyncio
import json
import math
from collections.abc import AsyncIterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from musicapp_pipeline.generation.codes import is_moderation, plain_code
from musicapp_pipeline.generation.errors import (
    AmbiguousSubmit,
    CredentialsRejected,
    GenerationError,
    NotAccepted,
    QuotaExhausted,
    RateLimited,
    Refused,
    StatusUnavailable,
    Unreachable,
)

MAX_ANSWER_BYTES = 8 * 1024 * 1024
WHOLE_ANSWER = 120.0
"""Seconds for a free answer; one that drips in would hold its take up past every limit."""
_MAX_WAIT = 3600.0

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)
"""Raised before a byte of the request can have reached the provider."""

_QUOTA = frozenset(
    "insufficient_quota billing_hard_limit_reached insufficient_balance insufficient_credits "
    "exhausted_balance quota_exceeded".split()
)
_LATER = frozenset({421, 423, 425, 429})
_MOVED = frozenset({301, 307, 308})
"""Redirects that ask for the same request elsewhere, so this one was not worked on."""


@dataclass(frozen=True)
class Answer:
    """A whole answer, decoded as far as possible; ``body`` is None when it is not JSON."""

    status: int
    headers: httpx.Headers
    body: Any
    text: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


async def send_paid(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    """Send a request that costs money, once.

    Returns:
        The answer, whatever its status.

    Raises:
        Unreachable: it never left.
        NotAccepted: it could not be sent as it is.
        AmbiguousSubmit: it may have arrived, and no readable answer came.
    """
    try:
        return await _send(client, request)
    except _NEVER_SENT as error:
        if isinstance(
            error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError
        ):
            raise NotAccepted(
                f"the request could not be formed: {words_of(error)}", permanent=True
            ) from error
        raise Unreachable(f"no connection to {request.url.host}: {words_of(error)}") from error
    except (httpx.HTTPError, ValueError) as error:
        raise AmbiguousSubmit(
            f"{request.url.host} did not answer readably ({words_of(error)}); "
            "the request may have been accepted"
        ) from error


async def send_free(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    """Send a request that changes nothing.

    Raises:
        StatusUnavailable: no readable answer; ask again.
    """
    try:
        async with asyncio.timeout(WHOLE_ANSWER):
            return await _send(client, request)
    except TimeoutError as error:
        raise StatusUnavailable(
            f"{request.url.host} gave no whole answer within {WHOLE_ANSWER:.0f} s"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise StatusUnavailable(f"{request.url.host}: {words_of(error)}") from error


async def _send(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    response = await client.send(request, stream=True)
    try:
        data = await read_limited(response.aiter_bytes())
    finally:
        await response.aclose()
    text = data.decode("utf-8", "replace")
    return Answer(response.status_code, response.headers, read_json(text), text)


def read_json(text: str) -> Any:
    """The decoded value; None for what is no JSON, or nested without end."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def plain_text(text: object, limit: int = 500) -> str:
    """Words of a provider as every database and terminal takes them.

    Zero bytes and halves of characters (JSON's ``\\u0000`` and ``\\ud800``) become question marks.
    """
    shown = str(text)[: 4 * limit].replace("\x00", "?")
    return shown.encode("utf-8", "replace").decode().strip()[:limit]


async def read_limited(chunks: AsyncIterable[bytes], limit: int = MAX_ANSWER_BYTES) -> bytes:
    """The body of a streamed response.

    Raises:
        ValueError: it is longer than ``limit`` bytes.
    """
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > limit:
            raise ValueError(f"the answer is longer than {limit} bytes")
    return bytes(data)


def refusal(answer: Answer, host: str) -> GenerationError:
    """What a submission's answer other than an accepted job means.

    Returns:
        A :class:`NotAccepted` where the status proves that nothing was bought, and
        :class:`AmbiguousSubmit` otherwise.
    """
    message, code = error_of(answer)
    shown = f"{host} answered {answer.status}: {message}"
    status = answer.status
    if status in _MOVED:
        where = answer.headers.get("location", "elsewhere")
        return NotAccepted(
            f"{host} redirects to {where}; configure that address instead",
            permanent=True,
            status=status,
        )
    if not 400 <= status < 500 or status in (408, 409):
        return AmbiguousSubmit(f"{shown}; the request may have been accepted", status=status)
    wait = retry_after(answer.headers)
    kind: type[NotAccepted] = NotAccepted
    permanent = status not in _LATER
    if is_moderation(code):
        kind = Refused
    elif plain_code(code) in _QUOTA or status == 402:
        kind, permanent = QuotaExhausted, True
    elif status == 429:
        kind = RateLimited
    elif status in (401, 403):
        kind = CredentialsRejected
    return kind(
        shown,
        retry_after=wait,
        permanent=permanent,
        status=status,
        provider_code=code or None,
        field=_param_of(answer.body),
    )


def error_of(answer: Answer) -> tuple[str, str]:
    """Message and code of an error in any of the shapes that servers use; never empty."""
    body = answer.body
    error: Any = body.get("error") if isinstance(body, dict) else None
    code = ""
    message: Any = None
    if isinstance(error, dict):
        message, code = error.get("message"), str(error.get("code") or error.get("type") or "")
    elif isinstance(error, str):
        message = error
    elif isinstance(body, dict):
        message = body.get("detail") or body.get("message")
        code = str(body.get("code") or body.get("error_type") or "")
    if isinstance(message, list):
        message = "; ".join(_detail(item) for item in message)
    text = plain_text(message if isinstance(message, str) else answer.text)
    return text or f"no explanation (HTTP {answer.status})", plain_text(code, 100)


def _detail(item: object) -> str:
    if isinstance(item, dict) and "msg" in item:
        where = ".".join(str(part) for part in item.get("loc", ()) if part != "body")
        return f"{where}: {item['msg']}" if where else str(item["msg"])
    return str(item)


def _param_of(body: Any) -> str | None:
    error = body.get("error") if isinstance(body, dict) else None
    param = error.get("param") if isinstance(error, dict) else None
    return plain_text(param, 100) if param else None


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait by ``retry-after-ms`` or ``retry-after`` (seconds or a date)."""
    exact = _number(headers.get("retry-after-ms"))
    if exact is not None:
        return min(exact / 1000, _MAX_WAIT)
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is None and value:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return None if seconds is None else min(max(seconds, 0.0), _MAX_WAIT)


def poll_after(headers: httpx.Headers) -> float | None:
    """Seconds until the provider wants to be asked again."""
    wish = _number(headers.get("openai-poll-after-ms"))
    return min(wish / 1000, _MAX_WAIT) if wish is not None else retry_after(headers)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and math.isfinite(value) and value >= 0 else None


def words_of(error: Exception) -> str:
    """What an exception says, or its kind when it says nothing.

    Of a request that could not be formed only the kind: the words repeat headers, and so the key.
    """
    if isinstance(error, httpx.LocalProtocolError | UnicodeError):
        return type(error).__name__
    return str(error).strip() or type(error).__name__
