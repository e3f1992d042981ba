"""Outgoing addresses: what is refused, what is connected to, what is capped."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest

from musicapp_pipeline.fetching import fetch_to, guard, urls
from musicapp_pipeline.fetching.errors import (
    BadUrl,
    FetchError,
    FetchRefused,
    FetchTooLarge,
    PrivateAddress,
    Unreachable,
    WrongContent,
)
from musicapp_pipeline.fetching.fetch import Caps
from musicapp_pipeline.settings import Settings
from musicapp_pipeline_tests.api.steps import mp4, png, wav

Answer = Callable[[BaseHTTPRequestHandler], None]


class Web:
    """A web server whose paths are functions."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.hosts: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                web.hosts.append(self.headers["host"])
                web.pages[self.path.partition("?")[0]](self)

            def log_message(self, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(body)

        self.pages[path] = answer
        return self.url + path


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def private(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, musicapp_home=tmp_path, musicapp_allow_private_urls=True)


@pytest.fixture
def public(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, musicapp_home=tmp_path)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://example.org/a", BadUrl),
        ("file:///etc/passwd", BadUrl),
        ("ftp://example.org/a", BadUrl),
        ("gopher://example.org/a", BadUrl),
        ("//example.org/a", BadUrl),
        ("example.org/a", BadUrl),
        ("", BadUrl),
        ("https://", BadUrl),
        ("https:///a", BadUrl),
        ("https://user@example.org/", BadUrl),
        ("https://user:secret@example.org/", BadUrl),
        ("https://example.org:0/", BadUrl),
        ("https://example.org:99999/", BadUrl),
        ("https://exa mple.org/", BadUrl),
        ("https://example.org/\r\nX: y", BadUrl),
        ("https://[::1/", BadUrl),
        ("https://example.org/" + "a" * 5000, BadUrl),
        ("s3://", BadUrl),
        ("s3://bucket", BadUrl),
        ("s3://bucket/", BadUrl),
        ("s3://B/key", BadUrl),
        ("https://127.0.0.1/", PrivateAddress),
        ("https://10.1.2.3/", PrivateAddress),
        ("https://172.16.0.1/", PrivateAddress),
        ("https://192.168.0.1/", PrivateAddress),
        ("https://169.254.169.254/", PrivateAddress),
        ("https://100.64.0.1/", PrivateAddress),
        ("https://0.0.0.0/", PrivateAddress),
        ("https://224.0.0.1/", PrivateAddress),
        ("https://[::1]/", PrivateAddress),
        ("https://[fd00::1]/", PrivateAddress),
        ("https://[fe80::1]/", PrivateAddress),
        ("https://[::ffff:127.0.0.1]/", PrivateAddress),
        ("https://[64:ff9b::7f00:1]/", PrivateAddress),
        ("https://[2002:7f00:1::]/", PrivateAddress),
        ("https://[::127.0.0.1]/", PrivateAddress),
        ("https://[::ffff:0:127.0.0.1]/", PrivateAddress),
        ("https://[fec0::1]/", PrivateAddress),
        ("https://[4000::1]/", PrivateAddress),
    ],
)
def test_addresses_that_are_never_fetched(url: str, error: type[FetchError]) -> None:
    with pytest.raises(error) as caught:
        urls.parse(url, field="audioUrl")
    assert caught.value.field == "audioUrl"
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.mp3?x=1",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07::1]/",
        "https://[64:ff9b::5db8:d70e]/",
        "s3://bucket/a/b c.mp3",
    ],
)
def test_addresses_that_are(url: str) -> None:
    if " " in url:
        with pytest.raises(BadUrl):
            urls.parse(url)
    else:
        assert urls.parse(url).url == url


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
def test_other_spellings_of_this_machine_are_found_out_when_resolved(
    spelling: str, public: Settings, tmp_path: Path
) -> None:
    with pytest.raises((PrivateAddress, Unreachable)):
        fetch_to(f"https://{spelling}/a", tmp_path / "a", public, ("audio",))


def names(table: dict[str, list[str]]) -> Callable[..., list[Any]]:
    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in table:
            raise socket.gaierror(-2, "Name or service not known")
        return [(2, 1, 6, "", (address, port)) for address in table[host]]

    return look_up


def test_one_private_address_among_public_ones_is_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = {"mixed.example.org": ["93.184.215.14", "10.0.0.7"]}
    monkeypatch.setattr(socket, "getaddrinfo", names(table))
    with pytest.raises(PrivateAddress):
        guard.resolve("mixed.example.org", 443)
    with pytest.raises(Unreachable):
        guard.resolve("nobody.example.org", 443)


def test_the_connection_goes_to_the_address_that_was_checked(
    web: Web, private: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to something else the second time gains nothing."""
    port = web.server.server_port
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
        if host == "rebind.example.org":
            asked.append(host)
            return real("127.0.0.1", *args, **kwargs)
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    web.page("/a.wav", wav())
    got = fetch_to(f"http://rebind.example.org:{port}/a.wav", tmp_path / "a", private, ("audio",))
    assert got.content.content_type == "audio/wav"
    assert asked == ["rebind.example.org"], "resolved once, for the check and the connection"
    assert web.hosts == [f"rebind.example.org:{port}"], "the name is still told"


def test_a_file_is_fetched_and_judged_by_its_content(
    web: Web, private: Settings, tmp_path: Path
) -> None:
    url = web.page("/a.mp3", wav(), content_type="audio/mpeg")
    got = fetch_to(url + "?token=secret", tmp_path / "in" / "a", private, ("audio", "video"))
    assert (got.content.content_type, got.content.suffix) == ("audio/wav", ".wav")
    assert got.content.duration == pytest.approx(2.0, abs=0.05)
    assert got.path.read_bytes() == wav()
    assert got.bytes == len(wav())
    assert "secret" not in got.url


@pytest.mark.parametrize(
    ("data", "kinds", "ok"),
    [
        (png(), ("image",), True),
        (png(), ("audio",), False),
        (mp4(), ("video",), True),
        (mp4(), ("audio",), False),
        (wav(), ("video",), False),
        (b"<html></html>", ("audio",), False),
        (b"#EXTM3U\nfile:///etc/passwd", ("audio", "video"), False),
        (b"", ("audio",), False),
    ],
)
def test_content_decides(
    web: Web, private: Settings, tmp_path: Path, data: bytes, kinds: Any, ok: bool
) -> None:
    url = web.page("/song.mp3", data, content_type="audio/mpeg")
    if ok:
        assert fetch_to(url, tmp_path / "a", private, kinds).content.kind in kinds
        return
    with pytest.raises(WrongContent):
        fetch_to(url, tmp_path / "a", private, kinds)
    assert not (tmp_path / "a").exists(), "nothing half-written stays"


def redirect(web: Web, path: str, to: str) -> str:
    return web.page(path, b"", 302, location=to)


def test_redirects_are_followed_a_few_times(web: Web, private: Settings, tmp_path: Path) -> None:
    web.page("/end.wav", wav())
    redirect(web, "/2", "/end.wav")
    url = redirect(web, "/1", f"{web.url}/2")
    assert fetch_to(url, tmp_path / "a", private, ("audio",)).url.endswith("/end.wav")
    loop = redirect(web, "/loop", "/loop")
    with pytest.raises(FetchRefused):
        fetch_to(loop, tmp_path / "a", private, ("audio",))


@pytest.mark.parametrize("to", ["file:///etc/passwd", "s3://bucket/key", "ftp://x/y", ""])
def test_a_redirect_is_checked_like_the_first_address(
    web: Web, private: Settings, tmp_path: Path, to: str
) -> None:
    url = redirect(web, "/out", to)
    with pytest.raises((BadUrl, FetchRefused)):
        fetch_to(url, tmp_path / "a", private, ("audio",))


def test_a_redirect_into_a_private_network_is_refused(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = guard.GuardedTransport()
    first = httpx.Request("GET", "https://public.example.org/a")
    monkeypatch.setattr(socket, "getaddrinfo", names({"public.example.org": ["127.0.0.1"]}))
    with pytest.raises(PrivateAddress):
        transport.handle_request(first)


def test_too_many_bytes_end_the_fetch(web: Web, private: Settings, tmp_path: Path) -> None:
    stated = web.page("/big.wav", wav(10))

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x" * 65536)
        except OSError:
            return

    web.pages["/endless"] = endless
    for url in (stated, web.url + "/endless"):
        with pytest.raises(FetchTooLarge):
            fetch_to(url, tmp_path / "a", private, ("audio",), caps=Caps(bytes=100_000))
        assert not (tmp_path / "a").exists()


def test_too_long_ends_the_fetch(web: Web, private: Settings, tmp_path: Path) -> None:
    done = threading.Event()

    def dripping(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while not done.wait(0.02):
                request.wfile.write(b"x")
        except OSError:
            return

    web.pages["/slow"] = dripping
    with pytest.raises(Unreachable):
        fetch_to(web.url + "/slow", tmp_path / "a", private, ("audio",), caps=Caps(seconds=0.2))
    done.set()


def test_a_body_that_ends_early_is_not_kept(web: Web, private: Settings, tmp_path: Path) -> None:
    def short(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-length", "100000")
        request.end_headers()
        request.wfile.write(wav()[:500])
        request.close_connection = True

    web.pages["/short"] = short
    with pytest.raises(Unreachable):
        fetch_to(web.url + "/short", tmp_path / "a", private, ("audio",))


@pytest.mark.parametrize("status", [404, 403, 500, 204, 206])
def test_other_answers_are_refused(
    web: Web, private: Settings, tmp_path: Path, status: int
) -> None:
    url = web.page("/a", b"" if status == 204 else b"no", status)
    with pytest.raises(FetchRefused) as caught:
        fetch_to(url + "?token=secret", tmp_path / "a", private, ("audio",), field="audioUrl")
    assert str(status) in caught.value.message
    assert "secret" not in str(caught.value.as_dict())
    assert caught.value.field == "audioUrl"


def test_packed_answers_are_not_unpacked(web: Web, private: Settings, tmp_path: Path) -> None:
    """A few packed kilobytes could become gigabytes."""
    url = web.page("/bomb", gzip.compress(bytes(50_000_000)), content_encoding="gzip")
    with pytest.raises(WrongContent):
        fetch_to(url, tmp_path / "a", private, ("audio",))


def test_a_cancelled_fetch_stops(web: Web, private: Settings, tmp_path: Path) -> None:
    url = web.page("/a.wav", wav())
    with pytest.raises(Unreachable, match="cancelled"):
        fetch_to(url, tmp_path / "a", private, ("audio",), cancelled=lambda: True)


def test_a_bucket_that_cannot_be_read_is_an_error_for_people(tmp_path: Path, web: Web) -> None:
    web.page("/bucket/a.mp3", b"<Error><Code>AccessDenied</Code></Error>", 403)
    settings = Settings(
        _env_file=None,
        musicapp_home=tmp_path,
        aws_region="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="very-secret",
        aws_endpoint_url_s3=web.url,
    )
    with pytest.raises(FetchError) as caught:
        fetch_to("s3://bucket/a.mp3", tmp_path / "a", settings, ("audio",), field="audioUrl")
    assert "very-secret" not in str(caught.value.as_dict())


def test_public_addresses_are_public() -> None:
    guard.check_address(ip_address("93.184.215.14"), "x")
    guard.check_address(ip_address("2606:2800:21f:cb07:6820:80da:af6b:8b2c"), "x")
