"""Addresses that a provider names are judged before anybody goes there."""

import httpx
import pytest

from musicapp_pipeline.generation.errors import DownloadFailed
from musicapp_pipeline.generation.providers import outward
from musicapp_pipeline.generation.providers.outward import Outward
from musicapp_pipeline_tests.generation.helpers import run, talk
from musicapp_pipeline_tests.generation.tiny_http import Response, TinyServer

PUBLIC = "93.184.216.34"


@pytest.fixture
def names(monkeypatch):
    """A name service of our own."""
    table = {"api.example": PUBLIC, "cdn.example": PUBLIC, "inside.example": "10.1.2.3"}

    async def resolve(url):
        import ipaddress

        return [ipaddress.ip_address(table.get(url.host, url.host))]

    monkeypatch.setattr(outward, "_resolve", resolve)


def asked(url: str, base: str = "https://api.example/v1", **options: bool) -> httpx.Request:
    async def main():
        async with httpx.AsyncClient(headers={"Authorization": "Bearer k"}) as client:
            return await Outward(httpx.URL(base), **options).request(client, httpx.URL(url))

    return run(main())


def test_a_public_address_is_connected_to_as_judged_under_its_own_name(names):
    request = asked("https://cdn.example/a.mp4?sig=1")
    assert request.url.host == PUBLIC and request.url.raw_path == b"/a.mp4?sig=1"
    assert request.headers["host"] == "cdn.example"
    assert request.extensions["sni_hostname"] == "cdn.example"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x", "http://169.254.169.254/latest/meta-data", "http://[::1]/x",
        "https://inside.example/x", "http://192.168.1.1/x", "http://0.0.0.0/x",
    ],
)  # fmt: skip
def test_private_addresses_are_not_followed_from_a_public_provider(names, url):
    with pytest.raises(DownloadFailed) as caught:
        asked(url)
    assert caught.value.permanent


def test_a_private_provider_may_lead_to_private_addresses(names):
    assert asked("http://10.9.9.9/x", base="http://inside.example/v1").url.host == "10.9.9.9"
    assert asked("http://10.9.9.9/x", allow_private=True).url.host == "10.9.9.9"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://cdn.example/x", "/relative"])
def test_only_http_is_followed(names, url):
    with pytest.raises(DownloadFailed):
        asked(url)


def test_a_redirect_to_storage_is_followed_without_credentials(tmp_path):
    async def storage(_request):
        return Response(200, b"clip")

    store = TinyServer(storage)
    store.start()

    async def serve(_request):
        return Response(302, {}, {"location": f"http://127.0.0.1:{store.port}/clip.mp4"})

    front = TinyServer(serve)
    front.start()
    front.url = f"http://127.0.0.1:{front.port}/v1"
    talk(front, lambda c: c.download("v", tmp_path / "x"))
    assert (tmp_path / "x").read_bytes() == b"clip"
    assert "authorization" not in store.log[0].headers
    assert front.log[0].headers["authorization"]
    front.stop()
    store.stop()


def test_redirects_in_circles_end(tmp_path):
    async def serve(_request):
        return Response(302, {}, {"location": "/v1/videos/v/content"})

    front = TinyServer(serve)
    front.start()
    front.url = f"http://127.0.0.1:{front.port}/v1"
    with pytest.raises(DownloadFailed, match="circles"):
        talk(front, lambda c: c.download("v", tmp_path / "x"))
    front.stop()
