"""Uploads and media: sniffed content, ranges, names that are only names."""

from dataclasses import replace
from pathlib import Path

import pytest

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.steps import mp4, png, upload, wav
from musicapp_pipeline_tests.api.world import World


def test_an_upload_is_what_its_bytes_are(api: Api) -> None:
    table = [
        ("song.mp3", wav(), "audio/wav", 2.0),
        ("notes.txt", png(), "image/png", None),
        ("x", mp4(), "video/mp4", 2.0),
    ]
    for name, data, kind, seconds in table:
        sent = upload(api, name, data)
        assert (sent["contentType"], sent["bytes"]) == (kind, len(data))
        assert sent.get("duration") == (pytest.approx(seconds, abs=0.1) if seconds else None)
        assert sent["filename"] == name
        assert api.get(sent["url"]).content == data
        assert api.get(f"/api/uploads/{sent['id']}").json() == sent


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.mp3", b""),
        ("page.mp3", b"<html><script>alert(1)</script></html>"),
        ("list.m3u8", b"#EXTM3U\nfile:///etc/passwd\n"),
        ("noise.png", b"\x89PNG\r\n\x1a\n" + b"broken" * 40),
        ("text.wav", b"RIFF" + b"nothing like sound" * 10),
    ],
)
def test_what_is_no_media_is_refused(api: Api, world: World, name: str, data: bytes) -> None:
    answer = api.post("/api/uploads", files={"file": (name, data)})
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["field"] == "file"
    assert not (world.media.root / "uploads").exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c.wav", "\x00.wav", "<b>.wav", "ä.wav"])
def test_a_clients_file_name_is_never_a_path(api: Api, world: World, name: str) -> None:
    sent = upload(api, name, wav())
    assert "/" not in sent["filename"]
    assert sent["url"].startswith(f"/media/uploads/{sent['id']}.")


def test_a_form_without_a_file_is_refused(api: Api) -> None:
    assert api.post("/api/uploads").status_code == 422
    assert api.post("/api/uploads", data={"file": "text"}).status_code == 422


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=5-2", 200, slice(None)),
        ("bytes=x-y", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes", 200, slice(None)),
    ],
)
def test_ranges_are_served_and_what_is_none_is_ignored(
    api: Api, wanted: str, status: int, part: slice
) -> None:
    data = wav()
    url = upload(api, "a.wav", data)["url"]
    answer = api.get(url, headers={"Range": wanted})
    assert answer.status_code == status
    assert answer.content == data[part]
    if status == 206:
        assert answer.headers["content-range"].endswith(f"/{len(data)}")


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0"])
def test_a_range_outside_the_file_is_told_like_every_error(api: Api, wanted: str) -> None:
    data = wav()
    answer = api.get(upload(api, "a.wav", data)["url"], headers={"Range": wanted})
    assert answer.status_code == 416
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-range"] == f"bytes */{len(data)}"
    assert answer.json()["errors"][0]["field"] == "Range"


def test_head_tells_length_and_type_without_a_body(api: Api) -> None:
    data = wav()
    answer = api.head(upload(api, "a.wav", data)["url"])
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(data))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == b""


def test_media_never_run_as_a_page(api: Api) -> None:
    answer = api.get(upload(api, "a.png", png())["url"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    named = api.get(upload(api, "a.png", png())["url"] + "?download=still.png")
    assert 'filename="still.png"' in named.headers["content-disposition"]


@pytest.mark.parametrize(
    "path",
    [
        "/media/uploads/u-nobody.png",
        "/media/..%2fmusicapp.db",
        "/media/%2e%2e/%2e%2e/etc/passwd",
        "/media/uploads/%00.png",
        "/media/.tmp/x",
        "/media/",
        "/media/UPLOADS/x.png",
        "/media//etc/passwd",
    ],
)
def test_only_server_made_keys_lead_to_files(api: Api, path: str) -> None:
    assert api.get(path).status_code == 404


def test_with_a_bucket_media_redirect_to_presigned_addresses(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.media.public_url = lambda key, seconds: f"https://bucket.example.org/{key}?sig=1"
    with Client(create_app(replace(world.context))) as client:
        sent = upload(client.http, "a.png", png())
        answer = client.http.get(sent["url"], follow_redirects=False)
        assert answer.status_code == 307
        assert answer.headers["location"].startswith("https://bucket.example.org/uploads/")
