"""A clip is here whole and checked, or not at all; fetching again never buys again."""

import asyncio

import pytest

from musicapp_pipeline.generation import errors
from musicapp_pipeline.generation.download import check_clip, fetch_clip
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.helpers import client_of, request


def fetch(server, folder, *, tries=4, **changes):
    async def main():
        client = client_of(server)
        job = await client.submit(request(**changes))
        try:
            return await fetch_clip(
                client, job.id, folder, seconds=4, size="1280x720", tries=tries, first_wait=0.01
            )
        finally:
            await client.aclose()

    return asyncio.run(main())


def test_a_fetched_clip_is_whole_and_described(server, tmp_path):
    clip = fetch(server, tmp_path)
    assert clip.path.read_bytes() == clip_bytes(4)
    assert (clip.facts["frames"], clip.facts["seconds"], clip.facts["fps"]) == (96, 4.0, "24")
    assert "scaled to 1280x720" in clip.facts["notes"][0]
    assert list(tmp_path.iterdir()) == [clip.path]


@pytest.mark.parametrize(
    "fault", ["500", "404", "429", "reset", "truncate", "silent_truncate", "json", "empty"]
)
def test_a_bad_download_is_repeated_and_the_job_is_billed_once(server, tmp_path, fault):
    server.script("content", fault, fault)
    clip = fetch(server, tmp_path)
    assert clip.path.read_bytes() == clip_bytes(4)
    assert len(server.ledger.charges) == 1
    assert sum(r.segments[-1] == "content" for r in server.requests) == 3


def test_a_silent_truncation_is_noticed_by_decoding(server, tmp_path):
    server.script("content", *["silent_truncate"] * 3)
    with pytest.raises(errors.MediaInvalid):
        fetch(server, tmp_path, tries=3)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_shorter_than_bought_is_not_accepted(server, tmp_path):
    server.fates.append("short")
    with pytest.raises(errors.MediaInvalid, match=r"2\.00 s of the 4 s"):
        fetch(server, tmp_path, tries=2)


def test_a_whole_clip_that_is_as_short_each_time_is_not_asked_for_for_ever(server, tmp_path):
    server.fates.append("short")
    with pytest.raises(errors.TooShort) as caught:
        fetch(server, tmp_path, tries=3)
    assert caught.value.permanent
    assert caught.value.path.read_bytes() == clip_bytes(2)
    assert list(tmp_path.iterdir()) == [caught.value.path]
    assert sum(r.segments[-1] == "content" for r in server.requests) == 3


@pytest.mark.parametrize("other", ["silent_truncate", "500"])
def test_one_that_was_not_the_same_each_time_may_still_come(server, tmp_path, other):
    server.fates.append("short")
    server.script("content", "ok", other)
    with pytest.raises(errors.TooShort) as caught:
        fetch(server, tmp_path, tries=3)
    assert not caught.value.permanent
    assert list(tmp_path.iterdir()) == []


def test_what_the_provider_has_lost_is_not_asked_for_again(server, tmp_path):
    server.script("content", "410")
    with pytest.raises(errors.DownloadFailed) as caught:
        fetch(server, tmp_path)
    assert caught.value.permanent
    assert sum(r.segments[-1] == "content" for r in server.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_provider(server, tmp_path):
    with pytest.raises(errors.StorageFailed, match=r"kept|stored"):
        fetch(server, tmp_path / "missing", tries=2)
    assert len(server.ledger.charges) == 1


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x00" * 5000, b"#EXTM3U\nfile:///etc/passwd\n"])
def test_what_is_no_video_is_not_accepted(tmp_path, data):
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    with pytest.raises(errors.MediaInvalid):
        check_clip(path, 4, "1280x720")


def test_a_clip_of_another_shape_is_kept_with_a_note(tmp_path):
    """It is paid for; cropping it is a matter for later."""
    path = tmp_path / "x.mp4"
    path.write_bytes(clip_bytes(4, 96, 96))
    assert "cropped" in check_clip(path, 4, "1280x720")["notes"][0]
