"""The second protocol: submit → request id → status → result."""

import asyncio
import base64
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from musicapp_pipeline.generation import buying, errors, ledger, submission
from musicapp_pipeline.generation.config import spec_for
from musicapp_pipeline.generation.providers.fal_queue import FalQueue
from musicapp_pipeline.generation.registry import catalogue, provider_from_settings
from musicapp_pipeline.store import projects, takes
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.fal_server import KEY, FalServer
from musicapp_pipeline_tests.generation.helpers import extra, png, request, settings
from musicapp_pipeline_tests.generation.money_world import money_world
from musicapp_pipeline_tests.generation.tiny_http import Response


@pytest.fixture
def fal():
    with FalServer() as server:
        yield server


def talk(server: FalServer, work: Any, **env: Any) -> Any:
    known = catalogue(settings(use_sora_mock=False), extra(fal_key=KEY, **env))

    async def main() -> Any:
        client = FalQueue(
            server.url, KEY, known.capabilities, lambda name: spec_for(known.models, name)
        )
        try:
            return await work(client)
        finally:
            await client.aclose()

    return asyncio.run(main())


def clip(model: str = "seedance-2.0", **changes: Any):
    return request(model=model, **changes)


def test_a_clip_is_bought_watched_and_fetched(fal, tmp_path):
    async def whole(client):
        job = await client.submit(clip())
        status = await client.status(job.id)
        await client.download(job.id, tmp_path / "clip.part")
        return job, status

    job, status = talk(fal, whole)
    assert job.id == "bytedance/seedance-2.0/requests/req-1"
    assert (job.status, status.status) == ("queued", "completed")
    assert (tmp_path / "clip.part").read_bytes() == clip_bytes(4)
    assert len(fal.jobs) == 1


def test_text_to_video_is_sent_as_the_model_page_says(fal):
    talk(fal, lambda c: c.submit(clip(seed=5, size="720x1280")))
    job = fal.jobs["req-1"]
    assert job.endpoint == "bytedance/seedance-2.0/text-to-video"
    assert job.input == {
        "prompt": "a lighthouse at dusk", "duration": "4", "resolution": "720p",
        "aspect_ratio": "9:16", "generate_audio": False, "seed": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "endpoint", "field", "duration"),
    [
        ("seedance-2.0", "bytedance/seedance-2.0/image-to-video", "image_url", "4"),
        ("kling-3.0-pro", "fal-ai/kling-video/v3/pro/image-to-video", "start_image_url", "4"),
        ("wan-2.7", "fal-ai/wan/v2.7/image-to-video", "image_url", 4),
        ("veo-3.1", "fal-ai/veo3.1/image-to-video", "image_url", "4s"),
    ],
)
def test_an_image_leads_to_the_image_endpoint_with_the_image_at_the_clips_size(
    fal, model, endpoint, field, duration
):
    talk(fal, lambda c: c.submit(clip(model, reference_png=png(640, 640))))
    job = fal.jobs["req-1"]
    assert (job.endpoint, job.input["duration"]) == (endpoint, duration)
    head, _, data = job.input[field].partition(",")
    with Image.open(BytesIO(base64.b64decode(data))) as image:
        assert (head, image.size) == ("data:image/png;base64", (1280, 720))


def test_a_new_model_is_one_configuration_line(fal):
    line = (
        '[{"name":"hailuo-3","provider":"fal","durations":"5-6","usd_per_second":"0.08",'
        '"text_endpoint":"fal-ai/minimax/hailuo-3/text-to-video","resolution_field":""}]'
    )
    talk(fal, lambda c: c.submit(clip("hailuo-3", seconds=6)), musicapp_models=line)
    job = fal.jobs["req-1"]
    assert job.endpoint == "fal-ai/minimax/hailuo-3/text-to-video"
    assert job.input == {
        "prompt": "a lighthouse at dusk", "duration": "6", "aspect_ratio": "16:9",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429", errors.RateLimited),
        ("balance", errors.QuotaExhausted),
        ("422", errors.NotAccepted),
        ("lose_response", errors.AmbiguousSubmit),
        ("500", errors.AmbiguousSubmit),
    ],
)
def test_outcomes_are_classified_and_never_sent_again(fal, fault, kind):
    fal.submit_faults.append(fault)
    with pytest.raises(kind) as caught:
        talk(fal, lambda c: c.submit(clip()))
    assert sum(r.method == "POST" for r in fal.http.log) == 1
    if fault == "429":
        assert caught.value.retry_after == 3
    if fault == "422":
        assert "duration: unexpected value" in caught.value.message


def test_progress_is_told_as_far_as_it_is_known(fal):
    fal.job_seconds = 60

    async def follow(client):
        job = await client.submit(clip())
        first = await client.status(job.id)
        fal.jobs["req-1"].created -= 40
        return first, await client.status(job.id)

    first, second = talk(fal, follow)
    assert (first.status, second.status) == ("queued", "in_progress")


@pytest.mark.parametrize(
    ("fate", "code"), [("moderated", "content_policy_violation"), ("fail", "internal_error")]
)
def test_a_run_that_ended_badly_is_failed_although_the_queue_says_completed(fal, fate, code):
    fal.fates.append(fate)

    async def ask(client):
        return await client.status((await client.submit(clip())).id)

    job = talk(fal, ask)
    assert (job.status, job.error_code) == ("failed", code)


@pytest.mark.parametrize("body", [b"", {"detail": "upstream connect error"}, {"error": "oops"}])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 409, 425, 429, 401])
def test_an_outage_of_the_result_is_not_a_failed_run(fal, status, body):
    """Its clip is there and charged: taken for a failure it would be bought again."""
    fal.result_faults.append(Response(status, body))

    async def ask(client):
        job = await client.submit(clip())
        with pytest.raises(errors.StatusUnavailable):
            await client.status(job.id)
        return await client.status(job.id)

    assert talk(fal, ask).status == "completed"


def test_a_run_that_ended_well_without_a_clip_is_charged_and_not_failed(fal, tmp_path):
    fal.result_faults.extend([Response(200, {"seed": 1}), Response(200, {"seed": 1})])

    async def ask(client):
        job = await client.status((await client.submit(clip())).id)
        with pytest.raises(errors.DownloadFailed, match="names no clip"):
            await client.download(job.id, tmp_path / "clip.part")
        return job

    assert talk(fal, ask).status == "completed"


@pytest.mark.parametrize("answer", [Response(200, b"<html>"), Response(200, [1])])
def test_a_result_that_is_no_result_is_asked_for_again(fal, answer):
    fal.result_faults.append(answer)

    async def ask(client):
        return await client.status((await client.submit(clip())).id)

    with pytest.raises(errors.StatusUnavailable):
        talk(fal, ask)


def test_an_outage_of_the_result_buys_nothing_and_loses_nothing(fal, tmp_path):
    fal.result_faults.append(Response(503, {"detail": "upstream connect error"}))
    with money_world("sqlite", tmp_path) as world:
        provider = _used_by(world, fal)
        (one,) = world.admit(provider=provider)
        world.drive(provider=provider)
        assert world.states() == ["settled"] and world.statuses() == ["landed"]
        assert world.money() == (0, one.attempt.reserved_usd)
    assert len(fal.jobs) == 1


@pytest.mark.parametrize("job_id", ["req-1", "a/b/requests/../../x", "https://evil.example/x", ""])
def test_an_id_that_is_no_request_of_the_queue_never_becomes_a_url(fal, job_id):
    with pytest.raises(errors.JobVanished):
        talk(fal, lambda c: c.status(job_id))
    assert fal.http.log == []


def test_there_is_no_list_and_no_remix(fal):
    with pytest.raises(errors.ListingUnsupported):
        talk(fal, lambda c: c.list_recent(datetime.now(UTC)))
    with pytest.raises(errors.RemixUnsupported):
        talk(fal, lambda c: c.remix("a/b/requests/c", "x"))


@pytest.mark.parametrize(("age", "status"), [(0, None), (40, "in_progress"), (61, "completed")])
def test_cancel_takes_back_what_has_not_begun_and_nothing_else(fal, age, status):
    fal.job_seconds = 60

    async def cancel(client):
        job = await client.submit(clip())
        fal.jobs["req-1"].created -= age
        await client.cancel(job.id)
        return await client.status(job.id)

    if status is None:
        with pytest.raises(errors.JobVanished):
            talk(fal, cancel)
    else:
        assert talk(fal, cancel).status == status
    assert fal.cancelled == ["req-1"]


def test_a_cancelled_take_is_taken_back_from_the_queue_and_not_paid(fal, tmp_path):
    fal.job_seconds = 3600
    with money_world("sqlite", tmp_path) as world:
        _called_off_at_the_provider(world, fal)
        world.time_passes()
        world.drive(provider=_used_by(world, fal))
        assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
        assert world.money() == (0, 0)
    assert fal.cancelled and not fal.jobs
    assert sum(r.method == "POST" for r in fal.http.log) == 1


def test_what_was_removed_is_known_to_whoever_asks_next(fal, tmp_path):
    """The process that asked for it is gone before it saw the answer's effect."""
    fal.job_seconds = 3600
    with money_world("sqlite", tmp_path) as world:
        _called_off_at_the_provider(world, fal)
        world.time_passes()
        world.drive(lambda: bool(fal.cancelled), provider=_used_by(world, fal), poll=3600.0)
        assert world.states() == ["submitted"]
        world.time_passes()
        world.drive(provider=_used_by(world, fal))
        assert (world.states(), world.statuses()) == (["released"], ["cancelled"])
        assert world.money() == (0, 0)


def test_a_job_that_is_gone_after_it_began_is_left_to_a_person(fal, tmp_path):
    """It may be charged, however much its take was to be cancelled."""
    fal.job_seconds = 3600
    with money_world("sqlite", tmp_path) as world:
        made = _called_off_at_the_provider(world, fal)
        with world.database.write() as session:
            attempt = ledger.locked(session, made.attempt.id)
            attempt.error, attempt.progress = {"code": buying.REMOVAL}, 0.5
        fal.jobs.clear()
        world.time_passes()
        world.drive(provider=_used_by(world, fal), vanished_after=0.0)
        assert (world.states(), world.statuses()) == (["stuck"], ["stuck"])


def _called_off_at_the_provider(world, fal):
    """A take whose job the queue has, and which was cancelled since."""
    provider = _used_by(world, fal)
    (made,) = world.admit(provider=provider)
    world.drive(lambda: world.states() == ["submitted"], provider=provider)
    with world.database.write() as session:
        submission.request_cancel(session, takes.get(session, made.version.id))
    return made


def _used_by(world, fal):
    """fal as a provider, for a model that it has."""
    with world.database.write() as session:
        projects.get(session, world.project_id).sora_model = "wan-2.7"
    chosen = settings(use_sora_mock=False, musicapp_allow_private_urls=True)
    return provider_from_settings(chosen, world.folder, extra(fal_key=KEY, fal_queue_url=fal.url))
