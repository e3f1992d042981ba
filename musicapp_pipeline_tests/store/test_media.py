"""One contract for both media stores: whole files under server-made keys, or nothing."""

import os
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.errors import BadMediaKey, MediaMissing
from musicapp_pipeline.store.media import MediaStore, content_type, open_media_store, sha256_file
from musicapp_pipeline.store.media_local import LocalMediaStore
from musicapp_pipeline.store.media_s3 import S3MediaStore

KEY = "projects/song-abc123/s001-x/t01/clip.mp4"


@pytest.fixture(scope="module")
def s3_endpoint():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    if request.param == "local":
        return open_media_store(Settings(_env_file=None, musicapp_home=tmp_path))
    endpoint = request.getfixturevalue("s3_endpoint")
    bucket = f"media-{abs(hash(tmp_path))}"
    made = s3_store(endpoint, bucket, tmp_path)
    made.client.create_bucket(Bucket=bucket)
    return made


def s3_store(endpoint: str, bucket: str, home: Path) -> S3MediaStore:
    made = open_media_store(
        Settings(
            _env_file=None,
            musicapp_home=home,
            aws_s3_bucket=bucket,
            aws_region="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            aws_endpoint_url_s3=endpoint,
        )
    )
    assert isinstance(made, S3MediaStore)
    return made


def write(store: MediaStore, key: str, data: bytes) -> None:
    with store.writing(key) as path:
        path.write_bytes(data)


def leftovers(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


def test_a_file_that_is_in_place_is_there_after_a_power_cut(tmp_path, monkeypatch):
    """Its bytes are on the disk before it gets its name, and so are its folders after it has."""
    synced: list[tuple[int, bool]] = []
    media = LocalMediaStore(tmp_path / "media")
    target = media.path(KEY)

    def seen(file: int, real=os.fsync) -> None:
        synced.append((os.fstat(file).st_ino, target.exists()))
        real(file)

    monkeypatch.setattr(os, "fsync", seen)
    write(media, KEY, b"moving pictures")
    write(media, KEY, b"other pictures")
    folders = [folder.stat().st_ino for folder in target.parents[:5]]
    assert target.parents[4] == tmp_path / "media"
    first, second = synced[:6], synced[6:]
    assert first[0][1] is False and first[1:] == [(folder, True) for folder in folders]
    assert second == [(target.stat().st_ino, True), (folders[0], True)]


class TestEveryMediaStore:
    def test_what_was_written_is_there(self, store):
        write(store, KEY, b"moving pictures")
        assert store.exists(KEY)
        assert store.size(KEY) == 15
        assert store.fetch(KEY).read_bytes() == b"moving pictures"

    def test_a_copy_is_kept_and_the_source_left_alone(self, store, tmp_path):
        source = tmp_path / "given.mp4"
        source.write_bytes(b"given")
        store.put(KEY, source)
        assert store.fetch(KEY).read_bytes() == b"given"
        assert source.exists()

    def test_writing_again_replaces_the_whole(self, store, tmp_path):
        write(store, KEY, b"first, and longer")
        assert store.fetch(KEY).read_bytes() == b"first, and longer"
        write(store, KEY, b"second")
        assert store.fetch(KEY).read_bytes() == b"second"
        source = tmp_path / "third"
        source.write_bytes(b"third")
        store.put(KEY, source)
        assert store.fetch(KEY).read_bytes() == b"third"

    def test_nothing_half_written_is_left_by_an_exception(self, store, tmp_path):
        with pytest.raises(RuntimeError), store.writing(KEY) as path:
            path.write_bytes(b"half")
            raise RuntimeError
        assert not store.exists(KEY)
        assert leftovers(tmp_path) == []

    def test_an_exception_leaves_the_former_content(self, store):
        write(store, KEY, b"whole")
        with pytest.raises(RuntimeError), store.writing(KEY) as path:
            path.write_bytes(b"half")
            raise RuntimeError
        assert store.fetch(KEY).read_bytes() == b"whole"

    def test_nothing_is_seen_before_it_is_whole(self, store):
        with store.writing(KEY) as path:
            path.write_bytes(b"half")
            assert not store.exists(KEY)
        assert store.exists(KEY)

    def test_writing_nothing_is_an_error_not_an_empty_file(self, store):
        with pytest.raises(OSError), store.writing(KEY):
            pass
        assert not store.exists(KEY)

    def test_two_writers_of_one_key_leave_one_of_the_two_whole(self, store):
        gate = threading.Barrier(2)

        def work(letter: bytes) -> None:
            with store.writing(KEY) as path:
                path.write_bytes(letter * 200_000)
                gate.wait(600)

        both = [threading.Thread(target=work, args=(letter,)) for letter in (b"a", b"b")]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(600)
        data = store.fetch(KEY).read_bytes()
        assert len(data) == 200_000
        assert len(set(data)) == 1

    def test_the_ending_is_kept_while_writing_because_tools_go_by_it(self, store):
        with store.writing(KEY) as path:
            assert path.suffix == ".mp4"
            path.write_bytes(b"x")

    def test_what_is_missing_is_named(self, store):
        for ask in (store.fetch, store.size):
            with pytest.raises(MediaMissing) as caught:
                ask(KEY)
            assert caught.value.value == KEY
        assert not store.exists(KEY)

    def test_deleting_is_final_and_may_be_repeated(self, store):
        write(store, KEY, b"x")
        store.delete(KEY)
        store.delete(KEY)
        assert not store.exists(KEY)
        with pytest.raises(MediaMissing):
            store.fetch(KEY)

    @pytest.mark.parametrize(
        "key",
        [
            "", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "A.mp4", "a b", "a\\b", ".hidden",
            "a/.hidden", "a\n", "a\x00b", "é.mp4", "-a", "a/" * 300 + "a",
        ],
    )  # fmt: skip
    def test_keys_that_the_server_did_not_make_are_refused(self, store, key, tmp_path):
        source = tmp_path / "source"
        source.write_bytes(b"x")
        for ask in (store.exists, store.fetch, store.size, store.delete):
            with pytest.raises(BadMediaKey):
                ask(key)
        with pytest.raises(BadMediaKey):
            store.put(key, source)
        with pytest.raises(BadMediaKey), store.writing(key):
            pass

    def test_a_usable_store_says_so(self, store):
        store.check()


def test_a_presigned_url_can_be_fetched_by_anybody(s3_endpoint, tmp_path):
    store = s3_store(s3_endpoint, "presigned", tmp_path)
    store.client.create_bucket(Bucket="presigned")
    write(store, KEY, b"for the browser")
    with urllib.request.urlopen(store.public_url(KEY, 60)) as answer:
        assert answer.read() == b"for the browser"
        assert answer.headers["content-type"] == "video/mp4"


def test_another_machine_finds_what_this_one_wrote(s3_endpoint, tmp_path):
    here = s3_store(s3_endpoint, "shared", tmp_path / "here")
    here.client.create_bucket(Bucket="shared")
    write(here, KEY, b"shared")
    there = s3_store(s3_endpoint, "shared", tmp_path / "there")
    assert there.fetch(KEY).read_bytes() == b"shared"


def test_a_bucket_that_is_not_there_is_found_out_at_the_check(s3_endpoint, tmp_path):
    with pytest.raises(Exception, match=r"404|NoSuchBucket|Not Found"):
        s3_store(s3_endpoint, "no-such-bucket", tmp_path).check()


def test_a_folder_serves_no_urls_itself(tmp_path):
    assert LocalMediaStore(tmp_path).public_url(KEY, 60) is None


@pytest.mark.parametrize(
    ("key", "expected"),
    [("a.mp4", "video/mp4"), ("a/b.png", "image/png"), ("a.bin", "application/octet-stream")],
)
def test_the_media_type_follows_from_the_ending(key, expected):
    assert content_type(key) == expected


def test_the_hash_of_a_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert sha256_file(path).startswith("ba7816bf8f01cfea")


def test_what_a_killed_writer_left_is_swept_a_day_later_and_a_living_one_is_let_be(tmp_path):
    store = LocalMediaStore(tmp_path)
    dead, alive = tmp_path / ".tmp" / "dead", tmp_path / ".tmp" / "alive"
    for folder in (dead, alive):
        folder.mkdir(parents=True)
        (folder / "clip.mp4").write_bytes(b"half")
    yesterday = time.time() - 90_000
    os.utime(dead, (yesterday, yesterday))
    with store.writing("projects/p/new.mp4") as path:
        path.write_bytes(b"whole")
    assert not dead.exists()
    assert alive.exists()
    assert store.fetch("projects/p/new.mp4").read_bytes() == b"whole"
