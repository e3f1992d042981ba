"""Writing a remote clip to a file, whole as far as HTTP can tell."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from musicapp_pipeline.generation.errors import DownloadFailed, StorageFailed
from musicapp_pipeline.generation.providers.exchange import (
    Answer,
    read_json,
    read_limited,
    retry_after,
    words_of,
)
from musicapp_pipeline.generation.providers.outward import Outward

MAX_CLIP_BYTES = 2 * 1024**3
WHOLE_CLIP = 1800.0
"""Seconds for one download; a few that drip in would hold all others up."""
_MAX_REDIRECTS = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WRITE_AT = 1 << 20
_TELLING = 8
"""Bytes that tell a clip from words."""


async def stream_to(
    client: httpx.AsyncClient, outward: Outward, request: httpx.Request, dest: Path
) -> Answer | None:
    """Fetch a clip, following redirects that may be followed.

    Returns:
        None when the clip is in ``dest``; otherwise the answer that was no clip.

    Raises:
        DownloadFailed: it did not arrive whole.
        StorageFailed: this machine could not keep it.
    """
    try:
        async with asyncio.timeout(WHOLE_CLIP):
            return await _follow(client, outward, request, dest)
    except TimeoutError as error:
        raise DownloadFailed(
            f"{request.url.host} gave no whole clip within {WHOLE_CLIP:.0f} s"
        ) from error


async def _follow(
    client: httpx.AsyncClient, outward: Outward, request: httpx.Request, dest: Path
) -> Answer | None:
    for _ in range(_MAX_REDIRECTS + 1):
        try:
            response = await client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DownloadFailed(f"{request.url.host}: {words_of(error)}") from error
        try:
            if response.status_code in _REDIRECTS and "location" in response.headers:
                target = _target(request, response)
            elif response.status_code == 200:
                body = _Body(response)
                if not _is_text(response) or _is_clip(await body.peek()):
                    await _write(response, body, dest)
                    return None
                return await _answer(response, body)
            else:
                return await _answer(response, _Body(response))
        finally:
            await response.aclose()
        request = await outward.request(client, target)
    raise DownloadFailed("the provider redirects in circles", permanent=True)


def _target(request: httpx.Request, response: httpx.Response) -> httpx.URL:
    # A bound request carries the number in its URL and the name in Host.
    named = request.url.copy_with(
        host=request.headers["Host"].rpartition(":")[0] or request.url.host
    )
    base = request.url if "sni_hostname" not in request.extensions else named
    try:
        return base.join(response.headers["location"])
    except httpx.InvalidURL as error:
        raise DownloadFailed(f"the provider redirects to nowhere: {error}") from error


def _is_text(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return bool(kind.startswith("text/") or kind.endswith("json"))


class _Body:
    """A response's body, whose beginning may be looked at before it is read."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.aiter_bytes()
        self._head = b""

    async def peek(self) -> bytes:
        """The first bytes, as many as tell what it is."""
        try:
            while len(self._head) < _TELLING and (chunk := await anext(self._chunks, b"")):
                self._head += chunk
        except httpx.HTTPError as error:
            raise DownloadFailed(f"the download broke off: {words_of(error)}") from error
        return self._head[:_TELLING]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._head:
            yield self._head
        async for chunk in self._chunks:
            yield chunk


def _is_clip(head: bytes) -> bool:
    """Whether these are the first bytes of MP4, MOV or WebM, whatever the label says."""
    return head[4:8] == b"ftyp" or head.startswith(b"\x1a\x45\xdf\xa3")


async def _answer(response: httpx.Response, body: _Body) -> Answer:
    try:
        text = (await read_limited(body, 1 << 20)).decode("utf-8", "replace")
    except (httpx.HTTPError, ValueError) as error:
        raise DownloadFailed(f"no readable answer: {error}") from error
    return Answer(response.status_code, response.headers, read_json(text), text)


async def _write(response: httpx.Response, body: _Body, dest: Path) -> None:
    """Stream the body to ``dest`` and compare its length with what was announced."""
    total = 0
    buffer = bytearray()
    try:
        with dest.open("wb") as file:
            async for chunk in body:
                total += len(chunk)
                if total > MAX_CLIP_BYTES:
                    raise DownloadFailed(
                        f"the clip is larger than {MAX_CLIP_BYTES >> 20} MiB", permanent=True
                    )
                buffer += chunk
                if len(buffer) >= _WRITE_AT:
                    await asyncio.to_thread(file.write, bytes(buffer))
                    buffer.clear()
            await asyncio.to_thread(file.write, bytes(buffer))
    except httpx.HTTPError as error:
        raise DownloadFailed(
            f"the download broke off after {total} bytes: {words_of(error)}",
            retry_after=retry_after(response.headers),
        ) from error
    except OSError as error:
        raise StorageFailed(f"the clip could not be stored: {error}") from error
    announced = response.headers.get("content-length", "")
    encoded = response.headers.get("content-encoding", "identity") != "identity"
    if announced.isdigit() and not encoded and total != int(announced):
        raise DownloadFailed(f"{total} of {announced} bytes arrived")
    if not total:
        raise DownloadFailed("an empty file arrived")
