"""The servers in the field, recognised without configuration (DESIGN §7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from musicapp_pipeline.generation import errors
from musicapp_pipeline.generation.providers.dialects import (
    identity,
    job_from,
    looks_like_job,
    media_url,
    says_unsupported,
)
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import request, talk
from musicapp_pipeline_tests.generation.tiny_http import Response, TinyServer

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("dialect", ["openai", "sglang", "vllm", "litellm"])
def test_a_clip_is_bought_watched_and_fetched_in_every_dialect(dialect, tmp_path):
    async def whole(client):
        job = await client.submit(request())
        status = await client.status(job.id)
        await client.download(job.id, tmp_path / "clip.part")
        return job, status

    with FaultServer(dialect) as server:
        job, status = talk(server, whole)
        assert status.status == "completed" and status.id == job.id
        assert len(server.ledger.charges) == 1
    assert (tmp_path / "clip.part").read_bytes() == clip_bytes(4)


@pytest.mark.parametrize(
    "words",
    [
        "litellm.APIError: video remix is not supported for fal.ai",
        "NotImplementedError: remix",
        "Unsupported operation 'video_remix'",
        "The remix endpoint is not yet implemented.",
        "video_remix unsupported",
        "This model doesn't support remix",
        "Remix is not supported for this model",
    ],
)
def test_a_server_that_says_so_has_no_remix(words):
    assert says_unsupported(words, "remix")


@pytest.mark.parametrize(
    "words",
    [
        "video_remix: cost calculation failed: unsupported operand type(s) for *: 'NoneType'",
        "remix failed: the codec is not supported by this worker",
        "this size is unsupported. The remix was begun",
        "video_remix accepted upstream (job 77) but logging callback not implemented",
        "NotImplementedError: cost tracking of video_remix",
        "remix",
        "not supported",
    ],
)
def test_other_words_may_come_after_a_purchase(words):
    assert not says_unsupported(words, "remix")


@pytest.mark.parametrize("dialect", ["sglang", "vllm", "litellm"])
def test_where_there_is_no_remix_nothing_is_bought_and_it_is_remembered(dialect):
    async def remix(client):
        job = await client.submit(request())
        for _ in range(2):
            with pytest.raises(errors.RemixUnsupported):
                await client.remix(job.id, "closer")
        return client.capabilities("sora-2").remix

    with FaultServer(dialect) as server:
        assert talk(server, remix) == "emulated"
        assert len(server.ledger.charges) == 1
        assert sum(r.segments[-1] == "remix" for r in server.requests) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (410, "The source video has expired"),
        (400, "Video is not available for remixing any more"),
        (422, "video_id: not found"),
    ],
)
def test_a_source_that_is_gone_is_emulated_and_others_are_asked_for(server, status, words):
    async def gone(*_):
        return Response(status, {"error": {"message": words, "code": "invalid_value"}})

    async def remix(client):
        with pytest.raises(errors.RemixUnsupported):
            await client.remix((await client.submit(request())).id, "closer")
        return client.capabilities("sora-2").remix

    server._remix = gone
    assert talk(server, remix, remix="native") == "native"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("moderated", errors.Refused),
        ("401", errors.CredentialsRejected),
        ("quota", errors.QuotaExhausted),
        ("429", errors.RateLimited),
    ],
)
def test_a_remix_that_is_refused_for_what_a_new_one_would_be_is_not_emulated(server, fault, kind):
    server.script("remix", fault)

    async def remix(client):
        return await client.remix((await client.submit(request())).id, "closer")

    with pytest.raises(kind):
        talk(server, remix)


def test_a_remix_that_fails_for_another_reason_stays_ambiguous(server):
    """A 500 counts as "not bought" only when it says that there is no remix."""
    server.script("remix", "500_before")

    async def remix(client):
        return await client.remix((await client.submit(request())).id, "closer")

    with pytest.raises(errors.AmbiguousSubmit):
        talk(server, remix)


@pytest.mark.parametrize("fate", ["fail", "moderated"])
def test_vllm_reports_failed_jobs_with_http_errors_and_they_are_read_all_the_same(fate):
    async def ask(client):
        return await client.status((await client.submit(request())).id)

    with FaultServer("vllm") as server:
        server.fates.append(fate)
        job = talk(server, ask)
    assert job.status == "failed" and job.error_code in ("400", "500")


def test_sglang_does_not_tell_prompts():
    async def ask(client):
        await client.submit(request())
        return await client.list_recent(LONG_AGO)

    with FaultServer("sglang") as server:
        (job,) = talk(server, ask)
    assert job.prompt is None and job.size == "1280x720"


def test_an_older_sglang_that_takes_forms_only_with_a_file_gets_json():
    async def two(client):
        return [await client.submit(request()) for _ in range(2)]

    with FaultServer("sglang") as server:
        server.form_needs_file = True
        assert len(talk(server, two)) == 2
        kinds = [r.headers["content-type"].partition(";")[0] for r in server.requests]
        assert kinds == ["multipart/form-data", "application/json", "application/json"]
        assert len(server.ledger.charges) == 2


def test_litellm_ids_are_kept_as_first_spelled():
    async def ask(client):
        job = await client.submit(request())
        return job.id, await client.status(job.id), await client.list_recent(LONG_AGO)

    with FaultServer("litellm") as server:
        server.job_seconds = 30
        given, status, listed = talk(server, ask)
    assert status.id == given and status.status == "in_progress"
    assert listed[0].id != given and identity(listed[0].id) == identity(given)


def test_identity_leaves_other_ids_alone():
    assert identity("video_68d7512d07848190b3e45da0ecbebcde") == (
        "video_68d7512d07848190b3e45da0ecbebcde"
    )


def test_a_failed_operation_that_reads_completed_is_caught_by_its_error():
    job = job_from({"id": "v", "status": "completed", "error": {"message": "quota"}})
    assert job is not None and (job.status, job.error_message) == ("failed", "quota")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"id": "v", "status": "queued", "seconds": 8, "progress": 40}, (8, 0.4)),
        ({"id": "v", "status": "queued", "seconds": "8.0", "progress": None}, (8, 0.0)),
        ({"id": "v", "status": "queued", "seconds": "x", "progress": 400}, (None, 1.0)),
        ({"id": "v", "status": "queued", "seconds": None, "progress": "9"}, (None, 0.0)),
        ({"id": "v", "status": "queued", "seconds": 10**400, "progress": 10**400}, (None, 1.0)),
        ({"id": "v", "status": "queued", "seconds": "1e999", "progress": -(10**400)}, (None, 0.0)),
        ({"id": "v", "status": "queued", "seconds": [4], "progress": float("nan")}, (None, 0.0)),
    ],
)
def test_odd_numbers_are_read_or_left_out(body, expected):
    job = job_from(body)
    assert job is not None and (job.seconds, job.progress) == expected


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"id": ""}, {"id": 7.0}, {"id": True}, {"status": "queued"}]
)
def test_what_has_no_id_is_no_job(body):
    assert job_from(body) is None


def test_a_number_is_an_id_as_its_digits():
    body = {"id": 7, "status": "queued"}
    job = job_from(body)
    assert job is not None and job.id == "7"
    assert looks_like_job(body, "7", ok=False)


@pytest.mark.parametrize("job_id", [".", "..", "a\u0000b", "a\ud800", " ", "a\nb", "v" * 5000])
def test_an_id_by_which_nothing_can_be_asked_for_is_none(job_id):
    assert job_from({"id": job_id, "status": "queued"}) is None
    known = job_from({"id": job_id, "status": "queued"}, job_id="video_1")
    assert known is not None and known.id == "video_1"


def test_a_purchase_whose_id_cannot_be_used_is_ambiguous():
    async def serve(_):
        return Response(200, {"id": "..", "status": "queued"})

    with _served(serve) as front, pytest.raises(errors.AmbiguousSubmit, match="usable"):
        talk(front, lambda c: c.submit(request()))


def test_words_of_a_failure_are_such_that_any_database_takes_them():
    error = {"code": "x\u0000y", "message": "a\u0000b\ud800c"}
    job = job_from({"id": "v", "status": "failed", "error": error, "prompt": "p\ud800"})
    assert job is not None
    for text in (job.error_code, job.error_message, job.prompt):
        assert text is not None and "\x00" not in text and text.encode()


DEEP = b'{"id":"v","status":' + b"[" * 100_000


@pytest.mark.parametrize("body", [DEEP, b"[1, 2]", b"1" * 5000, b'"\xff"', b"{}", b'{"id": ""}'])
def test_an_answer_that_is_no_job_is_asked_for_again(body):
    async def serve(_):
        return Response(200, body, {"content-type": "application/json"})

    with _served(serve) as front, pytest.raises(errors.StatusUnavailable):
        talk(front, lambda c: c.status("v"))


def test_addresses_are_not_searched_for_without_end():
    body: dict[str, object] = {"url": "https://cdn.example/c.mp4"}
    for _ in range(900):
        body = {"data": body}
    assert media_url(body) is None
    assert media_url({"data": [{"video": {"url": "https://x.example/c"}}]}) == "https://x.example/c"


@contextmanager
def _served(serve) -> Iterator[TinyServer]:
    front = TinyServer(serve)
    front.start()
    front.url = f"http://127.0.0.1:{front.port}/v1"
    yield front
    front.stop()


def _cloud(files: dict[str, bytes]) -> TinyServer:
    async def serve(req):
        name = req.segments[-1]
        return Response(200, files[name]) if name in files else Response(404, {"detail": "no"})

    return TinyServer(serve)


@pytest.mark.parametrize("named_by", ["content", "status"])
def test_a_clip_in_cloud_storage_is_fetched_from_there_without_credentials(named_by, tmp_path):
    cloud = _cloud({"c.mp4": b"clip"})
    cloud.start()
    where = f"http://127.0.0.1:{cloud.port}/c.mp4"

    async def serve(req):
        if req.segments[-1] == "content" and named_by == "content":
            return Response(400, {"detail": f"Video uploaded to cloud storage: {where}."})
        if req.segments[-1] == "content":
            return Response(404, {"detail": "not here"})
        return Response(200, {"id": "v", "status": "completed", "url": where})

    front = TinyServer(serve)
    front.start()
    front.url = f"http://127.0.0.1:{front.port}/v1"
    talk(front, lambda c: c.download("v", tmp_path / "clip.part"))
    assert (tmp_path / "clip.part").read_bytes() == b"clip"
    assert "authorization" not in cloud.log[-1].headers
    front.stop()
    cloud.stop()
