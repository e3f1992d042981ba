"""Asking, listing, fetching and remixing at a ``/v1/videos`` server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from musicapp_pipeline.generation import errors
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import request, talk
from musicapp_pipeline_tests.generation.tiny_http import Response

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def _made(client, **changes):
    return (await client.submit(request(**changes))).id


def test_a_job_goes_from_queued_to_completed(server):
    server.job_seconds = 60

    async def follow(client):
        job_id = await _made(client)
        seen = []
        for age in (0, 30, 61):
            server.jobs[job_id].created -= age
            seen.append(await client.status(job_id))
        return seen

    first, second, third = talk(server, follow)
    assert [j.status for j in (first, second, third)] == ["queued", "in_progress", "completed"]
    assert 0 < second.progress < 1 and third.progress == 1
    assert first.poll_after == pytest.approx(0.05)
    assert third.expires_at is not None and third.ended and not second.ended


def test_a_moderated_job_fails_with_the_providers_code(server):
    server.fates.append("moderated")

    async def failed(client):
        return await client.status(await _made(client))

    job = talk(server, failed)
    assert (job.status, job.error_code) == ("failed", "moderation_blocked")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("500", errors.StatusUnavailable),
        ("429", errors.StatusUnavailable),
        ("reset", errors.StatusUnavailable),
        ("garbage", errors.StatusUnavailable),
        ("404", errors.JobVanished),
    ],
)
def test_a_failed_question_says_nothing_about_the_job(server, fault, kind):
    server.script("status", fault)

    async def ask(client):
        return await client.status(await _made(client))

    with pytest.raises(kind):
        talk(server, ask)


def test_an_unknown_status_is_not_terminal(server):
    server.script("status", "unknown")

    async def ask(client):
        return await client.status(await _made(client))

    job = talk(server, ask)
    assert (job.status, job.raw_status, job.ended) == ("unknown", "warming_up", False)


def test_the_list_is_read_page_by_page_back_to_the_moment_asked_for(server):
    async def many(client):
        for index in range(3):
            await _made(client, prompt=f"shot {index}")
        old = next(iter(server.jobs.values()))
        for index in range(230):
            server._bill({"prompt": f"bulk {index}"}, None)
        old.created -= 3600
        return await client.list_recent(datetime.now(UTC) - timedelta(minutes=5))

    jobs = talk(server, many)
    assert len(jobs) == 232 and "shot 0" not in {j.prompt for j in jobs}
    assert all(j.model and j.size and j.seconds for j in jobs)


@pytest.mark.parametrize("sorts", [True, False])
@pytest.mark.parametrize("page", [100, 20])
@pytest.mark.parametrize("tells_more", [True, False])
def test_no_job_is_missed_whatever_the_lists_pages_are_like(server, sorts, page, tells_more):
    server.list_sorts, server.list_page, server.list_tells_more = sorts, page, tells_more
    for index in range(150):
        job = server._bill({"prompt": f"shot {index}"}, None)
        job.created -= 3600 if index < 110 else 0
    since = datetime.now(UTC) - timedelta(minutes=5)
    jobs = talk(server, lambda c: c.list_recent(since))
    assert {j.prompt for j in jobs} == {f"shot {index}" for index in range(110, 150)}


def test_a_list_that_always_gives_its_first_page_is_not_relied_on(server):
    server._bill({"prompt": "a shot"}, None)
    server.list_tells_more = False
    page = server._list
    server._list = lambda request: page(replace(request, query={}))
    with pytest.raises(errors.ListingUnsupported, match="same jobs on every page"):
        talk(server, lambda c: c.list_recent(LONG_AGO))


def test_a_list_that_holds_something_unreadable_settles_nothing(server):
    server._list = lambda _: Response(200, {"data": [{"object": "video"}], "has_more": False})
    with pytest.raises(errors.StatusUnavailable):
        talk(server, lambda c: c.list_recent(LONG_AGO))


@pytest.mark.parametrize("status", [401, 403])
def test_a_list_that_this_key_may_not_read_is_no_list(server, status):
    server.list_refused = status
    with pytest.raises(errors.ListingUnsupported):
        talk(server, lambda c: c.list_recent(LONG_AGO))


def test_jobs_that_the_list_does_not_show_yet_are_not_invented(server):
    server.list_lag = 60

    async def ask(client):
        await _made(client)
        return await client.list_recent(LONG_AGO)

    assert talk(server, ask) == []


@pytest.mark.parametrize("fault", ["500", "429", "reset"])
def test_a_list_that_fails_is_asked_again_later(server, fault):
    server.script("list", fault)
    with pytest.raises(errors.StatusUnavailable):
        talk(server, lambda c: c.list_recent(LONG_AGO))


def test_the_clip_arrives_byte_for_byte_and_no_variant_is_asked_for(server, tmp_path):
    async def fetch(client):
        await client.download(await _made(client), tmp_path / "clip.part")

    talk(server, fetch)
    assert (tmp_path / "clip.part").read_bytes() == clip_bytes(4)
    assert server.requests[-1].query == {}


@pytest.mark.parametrize("fault", ["500", "404", "429", "reset", "truncate", "json", "empty"])
def test_a_download_that_breaks_off_is_told_and_may_be_repeated(server, tmp_path, fault):
    server.script("content", fault)

    async def fetch(client):
        await client.download(await _made(client), tmp_path / "clip.part")

    with pytest.raises(errors.DownloadFailed) as caught:
        talk(server, fetch)
    assert not caught.value.permanent


def test_a_job_that_only_claims_to_be_completed_has_no_clip(server, tmp_path):
    server.fates.append("fake_complete")

    async def fetch(client):
        await client.download(await _made(client), tmp_path / "clip.part")

    with pytest.raises(errors.DownloadFailed) as caught:
        talk(server, fetch)
    assert caught.value.permanent


@pytest.mark.parametrize("label", ["text/plain", "application/json"])
def test_a_clip_is_known_by_its_first_bytes_whatever_its_label_says(server, tmp_path, label):
    real = server._content

    def mislabelled(asked, job_id):
        answer = real(asked, job_id)
        return replace(answer, headers={**answer.headers, "content-type": label})

    server._content = mislabelled

    async def fetch(client):
        await client.download(await _made(client), tmp_path / "clip.part")

    talk(server, fetch)
    assert (tmp_path / "clip.part").read_bytes() == clip_bytes(4)


def test_an_address_in_what_is_no_text_is_not_gone_to(server, tmp_path):
    junk = b"\x00\xff\xfe http://www.videolan.org/x264.html \xff"
    server._content = lambda *_: Response(200, junk, {"content-type": "text/plain"})

    async def fetch(client):
        await client.download(await _made(client), tmp_path / "clip.part")

    with pytest.raises(errors.DownloadFailed) as caught:
        talk(server, fetch)
    assert caught.value.message.startswith("no clip came")


def test_a_remix_sends_the_prompt_alone_and_names_its_source(server):
    async def remix(client):
        source = await _made(client)
        return source, await client.remix(source, "tighter framing")

    source, job = talk(server, remix)
    assert (job.remixed_from, job.prompt) == (source, "tighter framing")
    assert server.requests[-1].json() == {"prompt": "tighter framing"}
    assert len(server.ledger.charges) == 2


@pytest.mark.parametrize("fault", ["lose_response", "500_after", "garbage_after"])
def test_a_remix_whose_answer_is_lost_is_ambiguous(server, fault):
    server.script("remix", fault)

    async def remix(client):
        return await client.remix(await _made(client), "darker")

    with pytest.raises(errors.AmbiguousSubmit):
        talk(server, remix)
    assert len(server.ledger.charges) == 2


def test_cancel_sends_nothing_that_could_discard_a_paid_clip(server):
    async def cancel(client):
        job_id = await _made(client)
        await client.cancel(job_id)
        return (await client.status(job_id)).status

    assert talk(server, cancel) == "completed"
    assert {r.method for r in server.requests} == {"POST", "GET"}


def test_ids_are_sent_so_that_a_slash_stays_inside_them():
    with FaultServer() as server:
        with pytest.raises(errors.JobVanished):
            talk(server, lambda c: c.status("video_a/b+c=="))
        assert server.requests[-1].segments[2] == "video_a/b+c=="
