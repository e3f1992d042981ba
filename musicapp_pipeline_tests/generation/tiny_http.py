"""A very small HTTP/1.1 server that can also misbehave below HTTP: reset, truncate, hang."""

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """Decoded segment by segment; an encoded slash stays inside its segment."""
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, "Part"]:
        """The parts of a multipart body by name."""
        boundary = self.headers["content-type"].partition("boundary=")[2].strip('"').encode()
        parts = {}
        for chunk in self.body.split(b"--" + boundary)[1:-1]:
            head, _, data = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            lower = {name.lower(): value for name, value in lines.items()}
            options = dict(
                item.strip().split("=", 1) for item in lower["content-disposition"].split(";")[1:]
            )
            name = options["name"].strip('"')
            filename = options.get("filename", "").strip('"') or None
            kind = lower.get("content-type")
            parts[name] = Part(data.removesuffix(b"\r\n"), filename, kind)
        return parts


@dataclass(frozen=True)
class Part:
    data: bytes
    filename: str | None
    content_type: str | None


@dataclass
class Response:
    status: int = 200
    body: Any = None
    """bytes are sent as they are, everything else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False
    """Close the connection with RST instead of answering."""
    hang: bool = False
    """Keep the connection open and say nothing until the client gives up."""
    send_only: int | None = None
    """Announce the whole body, send this many bytes, then close."""
    no_length: bool = False
    """Announce no length: the end of the body is the end of the connection."""


Handler = Callable[[Request], Awaitable[Response]]


class TinyServer:
    """Runs a handler on a loopback port in a thread of its own."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.log: list[Request] = []
        self.connections = 0

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connection, "127.0.0.1", 0)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for writer in self._open:
            writer.transport.abort()
        waiting = asyncio.all_tasks(self._loop)
        if waiting:  # each ends by itself, its connection being gone
            self._loop.run_until_complete(asyncio.wait(waiting, timeout=5))
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            while (request := await _read(reader)) is not None:
                self.log.append(request)
                if not await _answer(await self._handler(request), reader, writer):
                    break
        self._open.discard(writer)
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    line = await reader.readline()
    if not line:
        return None
    method, target, _ = line.decode().split(" ", 2)
    headers: dict[str, str] = {}
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        headers[name.strip().lower()] = value.strip()
    body = b""
    if length := int(headers.get("content-length", "0")):
        body = await reader.readexactly(length)
    elif headers.get("transfer-encoding") == "chunked":
        while size := int((await reader.readline()).strip() or b"0", 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    split = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(split.query).items()}
    segments = tuple(unquote(part) for part in split.path.split("/") if part)
    return Request(method, unquote(split.path), segments, query, headers, body)


async def _answer(
    response: Response, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Send it; answers whether the connection can be used again."""
    if response.hang:
        await reader.read(1)
        return False
    if response.reset:
        _reset(writer)
        return False
    raw = isinstance(response.body, bytes)
    data = response.body if raw else json.dumps(response.body).encode()
    headers = {"content-type": "video/mp4" if raw else "application/json"} | response.headers
    if response.no_length:
        headers["connection"] = "close"
    else:
        headers["content-length"] = str(len(data))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {response.status} X\r\n{head}\r\n".encode())
    writer.write(data if response.send_only is None else data[: response.send_only])
    await writer.drain()
    return response.send_only is None and not response.no_length


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
