"""The door every request passes: who it is, from where, how often and how much.

Pure ASGI, because it stands in front of every byte of every answer. Whatever is not named public
here needs a token, so that a forgotten route is closed and not open.
"""

import ipaddress
import re
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.access.limits import Buckets
from musicapp_pipeline.api.access.tokens import Token, TokenBook
from musicapp_pipeline.api.context import Limits
from musicapp_pipeline.api.errors import (
    ApiError,
    Forbidden,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)
from musicapp_pipeline.api.problems import answer, problem_of

PUBLIC = frozenset({"/", "/openapi.json", "/healthz", "/readyz", "/favicon.ico"})
SIGNED = frozenset({"/api/provider/webhooks"})
"""Called by those who have no token of ours; the endpoint checks their signature."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "musicapp_session"
SESSION = "/api/session"
UPLOADS = "/api/uploads"
_NUMBER = re.compile(r"[0-9]{1,18}")
UPLOAD_OVERHEAD = 1 << 20
"""What multipart adds around a file."""
LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain"})


class Gate:
    """Admits requests to ``app`` and leaves the :class:`Caller` in ``scope["state"]``.

    Args:
        public_prefixes: paths that need no token, such as the studio's static files.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: TokenBook,
        limits: Limits,
        origins: tuple[str, ...] = (),
        public_prefixes: tuple[str, ...] = (),
    ) -> None:
        self.app = app
        self.tokens = tokens
        self.limits = limits
        self.origins = origins
        self.public_prefixes = public_prefixes
        self._rate = Buckets(limits.requests_per_second, limits.burst)
        self._failed = Buckets(limits.failed_logins_per_second, limits.failed_logins_burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = _guarded(send)
        if "\x00" in scope["path"]:
            await answer(404, "not_found", "there is nothing here")(scope, receive, send)
            return
        try:
            limit = self._admit(scope)
        except ApiError as error:
            await problem_of(error)(scope, receive, send)
            return
        counted = _Counted(receive, limit)

        async def sending(message: Message) -> None:
            # The framework turns what stopped it reading into an answer of its own.
            if not counted.exceeded:
                await send(message)

        await self.app(scope, counted, sending)
        if counted.exceeded:
            await problem_of(too_large(limit))(scope, receive, send)

    def _admit(self, scope: Scope) -> int:
        """Let a request in; returns how many bytes its body may have."""
        headers = Headers(scope=scope)
        client = (scope.get("client") or ("", 0))[0]
        public = scope["path"] in PUBLIC | SIGNED or scope["path"].startswith(
            self.public_prefixes or "\x00"
        )
        caller = Caller()
        if not public:
            if self.tokens.needed:
                caller = Caller(self._token(scope, headers, client))
            else:
                self._only_here(scope, headers, client)
        wait = self._rate.take(caller.owner or client)
        if wait:
            raise _too_fast(wait, f"more than {self.limits.requests_per_second:g} a second")
        scope.setdefault("state", {})["caller"] = caller
        limit = self.limits.body
        if scope["path"] == UPLOADS:
            limit = self.limits.upload + UPLOAD_OVERHEAD
        length = headers.get("content-length", "0")
        if _NUMBER.fullmatch(length) and int(length) > limit:
            raise too_large(limit)
        return limit

    def _token(self, scope: Scope, headers: Headers, client: str) -> Token:
        presented, token = self._presented(scope, headers)
        if token is not None:
            return token
        # Only after the right ones: many people may share an address with somebody who guesses.
        if presented and (wait := self._failed.take(client)):
            raise _too_fast(wait, "too many wrong tokens from this address")
        raise Unauthorized(
            "this needs a token: send 'Authorization: Bearer <token>' with one of"
            " MUSICAPP_API_TOKENS",
            field="Authorization",
            headers={"WWW-Authenticate": "Bearer"},
        )

    def _presented(self, scope: Scope, headers: Headers) -> tuple[bool, Token | None]:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme:
            bearer = scheme.lower() == "bearer"
            return True, self.tokens.find(value.strip()) if bearer else None
        ends_itself = (scope["method"], scope["path"]) == ("DELETE", SESSION)
        if scope["method"] not in SAFE and not ends_itself:
            # A cookie travels with requests other sites cause, so it may only read, and go away.
            return False, None
        cookie = _cookie(headers)
        if cookie is not None and (token := self.tokens.of_cookie(cookie)) is not None:
            return True, token
        return self._signature(scope)

    def _signature(self, scope: Scope) -> tuple[bool, Token | None]:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        if "sig" not in query:
            return False, None
        token = self.tokens.of_owner(query.get("owner", [""])[0])
        if token is None or not token.signed(scope["path"], query["sig"][0]):
            return True, None
        return True, token

    def _only_here(self, scope: Scope, headers: Headers, client: str) -> None:
        """Without tokens only this machine is served, and no page of another site."""
        if client and not _loopback(client):
            raise _elsewhere("client", client)
        host = headers.get("host", "")
        if not _loopback(_name_in(f"//{host}")):
            raise _elsewhere("Host", host)
        origin = headers.get("origin")
        if scope["method"] in SAFE or origin is None or origin in self.origins:
            return
        if not _loopback(_name_in(origin)):
            raise _elsewhere("Origin", origin)


def too_large(limit: int) -> TooLarge:
    """The body is above ``limit`` bytes."""
    return TooLarge(
        f"the body is larger than {limit} bytes", field="body", allowed=f"up to {limit} bytes"
    )


class _Counted:
    """Counts a body that did not say how long it is, and stops at the limit."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0
        self.exceeded = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._limit:
                self.exceeded = True
                raise too_large(self._limit)
        return message


def _guarded(send: Send) -> Send:
    """Headers that every answer carries."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Referrer-Policy", "no-referrer")
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return guarded


def _cookie(headers: Headers) -> str | None:
    try:
        found: Any = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None else None


def _name_in(address: str) -> str:
    """The host's name in an address; empty where none can be read."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _loopback(name: str) -> bool:
    if name in LOOPBACK_NAMES or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _elsewhere(field: str, value: str) -> Forbidden:
    return Forbidden(
        f"without MUSICAPP_API_TOKENS only this machine is served ({field} is {value!r}); set"
        " tokens to serve others",
        field=field,
        value=value,
        allowed="localhost, 127.0.0.1 or ::1",
    )


def _too_fast(wait: float, why: str) -> TooManyRequests:
    return TooManyRequests(
        f"too many requests: {why}; wait {wait:.1f} s",
        headers={"Retry-After": str(max(1, round(wait + 0.5)))},
    )
