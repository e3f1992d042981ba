"""Fetch one file from an address somebody wrote, capped in bytes and time, judged by content."""

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

import httpx

from musicapp_pipeline.fetching.errors import (
    BadUrl,
    FetchRefused,
    FetchTooLarge,
    Unreachable,
)
from musicapp_pipeline.fetching.guard import guarded_client
from musicapp_pipeline.fetching.sniff import Kind, Sniffed, sniff
from musicapp_pipeline.fetching.urls import Address, parse
from musicapp_pipeline.settings import Settings

MAX_BYTES = 512 << 20
MAX_SECONDS = 180.0
MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class FetchedFile:
    """A fetched file; ``url`` is where it came from after redirects, without its query."""

    path: Path
    url: str
    bytes: int
    sha256: str
    content: Sniffed


@dataclass(frozen=True)
class Caps:
    """At most this many bytes and seconds."""

    bytes: int = MAX_BYTES
    seconds: float = MAX_SECONDS


def fetch_to(
    url: str,
    dest: Path,
    settings: Settings,
    kinds: Sequence[Kind],
    *,
    caps: Caps | None = None,
    field: str = "url",
    cancelled: Callable[[], bool] | None = None,
) -> FetchedFile:
    """Fetch ``url`` to ``dest``; nothing is left there on any error.

    Args:
        url: ``https://…`` or ``s3://bucket/key``; with ``MUSICAPP_ALLOW_PRIVATE_URLS`` also
            ``http://…`` and private networks.
        kinds: what the content may be, whatever its name or headers say.
        field: the input's name for error messages.
        cancelled: asked between chunks; true ends the fetch as unreachable.

    Raises:
        BadUrl, PrivateAddress, Unreachable, FetchRefused, FetchTooLarge, WrongContent
    """
    limits = caps or Caps()
    private = settings.musicapp_allow_private_urls
    address = parse(url, allow_private=private, field=field)
    dest.parent.mkdir(parents=True, exist_ok=True)
    try:
        with dest.open("wb") as out:
            sink = _Sink(out, limits, address, field, cancelled)
            if address.scheme == "s3":
                from musicapp_pipeline.fetching.s3 import fetch_s3

                fetch_s3(address, settings, sink)
            else:
                address = _http(address, private, sink)
        content = sniff(dest, kinds, field=field)
    except BaseException:
        with suppress(FileNotFoundError):
            dest.unlink()
        raise
    return FetchedFile(dest, address.shown, sink.bytes, sink.sha256.hexdigest(), content)


class _Sink:
    """Takes chunks until a cap is reached."""

    def __init__(
        self,
        out: BinaryIO,
        caps: Caps,
        address: Address,
        field: str,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.sha256 = hashlib.sha256()
        self.bytes = 0
        self.field = field
        self.caps = caps
        self._out = out
        self._deadline = time.monotonic() + caps.seconds
        self._shown = address.shown
        self._cancelled = cancelled

    def __call__(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        self.check_size(self.bytes)
        if time.monotonic() > self._deadline:
            raise self.unreachable(f"did not finish within {self.caps.seconds:g} s")
        if self._cancelled is not None and self._cancelled():
            raise self.unreachable("was not fetched to its end, because it was cancelled")
        self.sha256.update(chunk)
        self._out.write(chunk)

    def check_size(self, size: int) -> None:
        """Refuse a file that says or shows that it is too large."""
        if size > self.caps.bytes:
            raise FetchTooLarge(
                f"{self._shown} is larger than {self.caps.bytes} bytes",
                field=self.field,
                value=self._shown,
                allowed=f"up to {self.caps.bytes} bytes",
            )

    def unreachable(self, why: str) -> Unreachable:
        """Nobody answered, or not in time."""
        return Unreachable(f"{self._shown} {why}", field=self.field, value=self._shown)

    def refused(self, why: str) -> FetchRefused:
        """The server answered with something else."""
        return FetchRefused(f"{self._shown} {why}", field=self.field, value=self._shown)


def _http(address: Address, private: bool, sink: _Sink) -> Address:
    """Follow redirects by hand: each new address is parsed, resolved and checked again."""
    with guarded_client(allow_private=private) as client:
        for _ in range(MAX_REDIRECTS + 1):
            onward = _get(client, address, sink)
            if onward is None:
                return address
            address = parse(urljoin(address.url, onward), allow_private=private, field=sink.field)
            if address.scheme == "s3":
                raise BadUrl(
                    "a web address may not lead into a bucket",
                    field=sink.field,
                    value=address.shown,
                )
    raise sink.refused(f"leads on more than {MAX_REDIRECTS} times")


def _get(client: httpx.Client, address: Address, sink: _Sink) -> str | None:
    """Fetch one address; answers where it leads instead, if it does."""
    try:
        with client.stream("GET", address.url) as response:
            if response.status_code in _REDIRECTS:
                return response.headers.get("location") or ""
            if response.status_code != 200:
                raise sink.refused(f"answered {response.status_code}")
            stated = response.headers.get("content-length", "")
            if stated.isdigit():
                sink.check_size(int(stated))
            # iter_bytes would unpack gzip: a small answer could then become a very large one,
            # and media are not sent packed. Without a chunk size, because that would wait for
            # so many bytes, and a server that drips them would outlast the cap of seconds.
            for chunk in response.iter_raw():
                sink(chunk)
            if stated.isdigit() and sink.bytes != int(stated):
                raise sink.unreachable(f"ended after {sink.bytes} of {stated} bytes")
    except httpx.TimeoutException as error:
        raise sink.unreachable("did not answer in time") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise sink.unreachable(f"could not be fetched ({type(error).__name__})") from error
    return None
