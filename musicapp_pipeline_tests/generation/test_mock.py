"""The local stand-in: jobs on disk, real clips, nothing lost when the process goes."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from musicapp_pipeline.generation import errors
from musicapp_pipeline.generation.download import check_clip
from musicapp_pipeline.generation.port import Capabilities, ClipRequest, VideoProvider
from musicapp_pipeline.generation.providers import mock_jobs, mock_render
from musicapp_pipeline.generation.providers.mock import MockProvider
from musicapp_pipeline.media.probe import probe
from musicapp_pipeline_tests.generation.helpers import png

RECORD = Capabilities(
    provider="mock", model="sora-2", durations=(1, 2), image_reference=True, first_frame=True,
    last_frame=False, remix="native", can_list=True,
)  # fmt: skip


def clip(**changes: Any) -> ClipRequest:
    values: dict[str, Any] = {
        "prompt": "B-roll shot: Wide shot of a pier on a dark ocean; eye level, slow push-in.",
        "seconds": 1, "size": "160x90", "model": "sora-2",
    }  # fmt: skip
    return ClipRequest(**(values | changes))


def play(home: Path, work: Any, **options: Any) -> Any:
    async def main() -> Any:
        provider = MockProvider(home, lambda _model: RECORD, **options)
        try:
            return await work(provider)
        finally:
            await provider.aclose()

    return asyncio.run(main())


async def ended(provider: MockProvider, job_id: str) -> Any:
    while not (job := await provider.status(job_id)).ended:
        await asyncio.sleep(0.02)
    return job


async def made(provider: MockProvider, request: ClipRequest, dest: Path) -> bytes:
    job = await provider.submit(request)
    assert (await ended(provider, job.id)).status == "completed"
    await provider.download(job.id, dest)
    return dest.read_bytes()


def test_it_is_a_video_provider(tmp_path):
    assert isinstance(MockProvider(tmp_path, lambda _model: RECORD), VideoProvider)


@pytest.mark.parametrize(("size", "seconds"), [("160x90", 1), ("90x160", 2)])
def test_a_clip_has_exactly_seconds_times_24_frames_at_its_size(tmp_path, size, seconds):
    play(tmp_path, lambda p: made(p, clip(size=size, seconds=seconds), tmp_path / "c.mp4"))
    facts = check_clip(tmp_path / "c.mp4", seconds, size)
    assert facts["frames"] == 24 * seconds and facts["fps"] == "24" and facts["notes"] == []
    info = probe(tmp_path / "c.mp4")
    assert info.audio is None and info.video is not None
    assert f"{info.video.width}x{info.video.height}" == size


def test_the_same_request_gives_the_same_bytes_anywhere_and_another_seed_does_not(tmp_path):
    one = play(tmp_path / "a", lambda p: made(p, clip(seed=1), tmp_path / "1"))
    two = play(tmp_path / "b", lambda p: made(p, clip(seed=1), tmp_path / "2"))
    other = play(tmp_path / "b", lambda p: made(p, clip(seed=2), tmp_path / "3"))
    assert one == two != other


def test_two_requests_for_one_prompt_are_two_jobs(tmp_path):
    async def twice(provider):
        return {(await provider.submit(clip())).id for _ in range(2)}

    assert len(play(tmp_path, twice)) == 2


def test_a_job_outlives_the_process_and_is_drawn_by_whoever_asks(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(mock_render.Renderers, "ensure", lambda *_: None)  # killed at once
        job = play(tmp_path, lambda p: p.submit(clip()))
    assert job.status == "queued"
    again = play(tmp_path, lambda p: ended(p, job.id))
    assert (again.id, again.status, again.prompt) == (job.id, "completed", clip().prompt)


def test_closing_while_drawing_leaves_nothing_half_written(tmp_path):
    async def leave(provider):
        job = await provider.submit(clip(seconds=2))
        while (await provider.status(job.id)).progress == 0:
            await asyncio.sleep(0.01)
        return job.id

    job_id = play(tmp_path, leave)
    names = {p.name for p in (tmp_path / "mock-provider" / job_id).iterdir()}
    assert names <= {"request.json", "lock", "clip.mp4"}
    assert play(tmp_path, lambda p: ended(p, job_id)).status == "completed"


def test_two_processes_do_not_draw_one_clip_at_the_same_time(tmp_path):
    folder = mock_jobs.JobFolder.create(
        tmp_path,
        mock_jobs.JobRecord(request=clip(), fingerprint="0" * 64, created_at=datetime.now(UTC)),
        None,
    )
    with folder.drawing() as first, folder.drawing() as second:
        assert first and not second
    with folder.drawing() as third:
        assert third


def test_recent_jobs_are_listed_newest_first_with_what_reconciliation_needs(tmp_path):
    async def several(provider):
        for n in range(3):
            await provider.submit(clip(seed=n))
        moment = datetime.now(UTC)
        later = await provider.submit(clip(prompt="later"))
        return (
            later,
            await provider.list_recent(moment),
            await provider.list_recent(moment - timedelta(minutes=1)),
        )

    later, fresh, everything = play(tmp_path, several)
    assert [job.id for job in fresh] == [later.id]
    assert len(everything) == 4 and everything[0].id == later.id
    assert (fresh[0].prompt, fresh[0].seconds, fresh[0].size) == ("later", 1, "160x90")


def test_a_remix_is_a_job_of_its_own_that_names_its_source(tmp_path):
    async def remix(provider):
        source = await made(provider, clip(), tmp_path / "source")
        (job,) = await provider.list_recent(datetime(2020, 1, 1, tzinfo=UTC))
        new = await provider.remix(job.id, "the same in crimson, tighter framing")
        await ended(provider, new.id)
        await provider.download(new.id, tmp_path / "remix")
        return source, job.id, new

    source, source_id, new = play(tmp_path, remix)
    assert new.remixed_from == source_id and new.prompt.startswith("the same in crimson")
    assert (tmp_path / "remix").read_bytes() != source


def test_a_clip_that_is_not_finished_cannot_be_remixed(tmp_path, monkeypatch):
    monkeypatch.setattr(mock_render.Renderers, "ensure", lambda *_: None)

    async def remix(provider):
        await provider.remix((await provider.submit(clip())).id, "x")

    with pytest.raises(errors.NotAccepted):
        play(tmp_path, remix)


def test_a_cancelled_job_ends_without_a_clip(tmp_path, monkeypatch):
    monkeypatch.setattr(mock_render.Renderers, "ensure", lambda *_: None)

    async def cancel(provider):
        job = await provider.submit(clip())
        await provider.cancel(job.id)
        return await provider.status(job.id)

    job = play(tmp_path, cancel)
    assert (job.status, job.error_code) == ("failed", "cancelled")


def test_a_finished_clip_is_not_taken_back_by_cancel(tmp_path):
    async def cancel(provider):
        await made(provider, clip(), tmp_path / "c")
        (job,) = await provider.list_recent(datetime(2020, 1, 1, tzinfo=UTC))
        await provider.cancel(job.id)
        return (await provider.status(job.id)).status

    assert play(tmp_path, cancel) == "completed"


def test_latency_is_rehearsed(tmp_path):
    async def wait(provider):
        job = await provider.submit(clip())
        while not (await asyncio.to_thread((provider._folder(job.id)).clip.exists)):
            await provider.status(job.id)
            await asyncio.sleep(0.02)
        early = await provider.status(job.id)
        provider._latency = 0.01
        return early, await provider.status(job.id)

    early, late = play(tmp_path, wait, latency=3600.0)
    assert early.status == "in_progress" and early.progress < 1 and late.status == "completed"


@pytest.mark.parametrize("job_id", ["mock_0000000000000000_1", "../../etc", "", "mock_x_1"])
def test_an_unknown_job_is_unknown(tmp_path, job_id):
    with pytest.raises(errors.JobVanished):
        play(tmp_path, lambda p: p.status(job_id))


def test_what_is_not_offered_or_cannot_be_drawn_is_refused(tmp_path):
    for bad in (clip(seconds=9), clip(size="161x90"), clip(size="32x32"), clip(size="9000x9000")):
        with pytest.raises(errors.UnsupportedRequest):
            play(tmp_path, lambda p, bad=bad: p.submit(bad))
    assert not (tmp_path / "mock-provider").exists()


def test_a_reference_that_is_no_image_fails_the_job_with_a_reason(tmp_path):
    bad = clip(prompt="Performance shot: she sings", reference_png=b"no image")

    async def try_it(provider):
        return await ended(provider, (await provider.submit(bad)).id)

    job = play(tmp_path, try_it)
    assert (job.status, job.error_code) == ("failed", "bad_image")


def test_an_emulated_remix_starts_from_the_given_first_frame(tmp_path):
    from musicapp_pipeline.media.frames import read_frame

    start = clip(reference_png=png(160, 90, "red"), reference_kind="first_frame")
    play(tmp_path, lambda p: made(p, start, tmp_path / "c.mp4"))
    blue, _, red = read_frame(tmp_path / "c.mp4", 0).reshape(-1, 3).mean(axis=0)
    assert red > 240 and blue < 20


def test_many_jobs_in_flight_leave_the_event_loop_free(tmp_path, monkeypatch):
    """Nothing is drawn before the loop says so, and the loop goes on all the same."""
    draw, real = threading.Event(), mock_render.Renderers._draw

    def late(self, folder):
        draw.wait(600)
        real(self, folder)

    monkeypatch.setattr(mock_render.Renderers, "_draw", late)

    async def many(provider):
        ids = [(await provider.submit(clip(seed=n))).id for n in range(12)]
        before = [(await provider.status(i)).ended for i in ids]
        draw.set()
        return before, [(await ended(provider, i)).status for i in ids]

    before, after = play(tmp_path, many)
    assert not any(before) and set(after) == {"completed"}
