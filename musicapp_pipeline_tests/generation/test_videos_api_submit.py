"""What every outcome of a paid request means for the money, over real sockets."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from musicapp_pipeline.generation import errors
from musicapp_pipeline.generation.providers import videos_api
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import client_of, png, request, run, talk

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOT_BOUGHT = [
    ("429", errors.RateLimited, False),
    ("quota", errors.QuotaExhausted, True),
    ("moderated", errors.Refused, True),
    ("401", errors.CredentialsRejected, True),
]
UNKNOWN = [
    ("lose_request", 0, True),
    ("lose_response", 1, True),
    ("500_before", 0, False),
    ("500_after", 1, False),
    ("503_before", 0, True),
    ("502_after", 1, True),
    ("408_before", 0, True),
    ("409_after", 1, False),
    ("garbage_after", 1, False),
    ("empty_after", 1, False),
]
"""Faults, the bills they leave, and whether the service may still be at it when its answer is here.
"""


def test_an_accepted_request_is_billed_once_and_its_id_is_kept(server):
    job = talk(server, lambda c: c.submit(request()))
    assert job.id in server.jobs
    assert job.prompt == "a lighthouse at dusk" and job.seconds == 4 and job.size == "1280x720"
    assert len(server.ledger.charges) == 1


def test_a_key_that_cannot_be_sent_shows_in_no_error(server):
    """Errors go to takes, jobs and the ledger, which many may read."""

    async def both(client):
        told = []
        for work in (client.submit(request()), client.status("v"), client.list_recent(LONG_AGO)):
            with pytest.raises((errors.NotAccepted, errors.StatusUnavailable)) as caught:
                await work
            told.append(caught.value.message)
        return told

    client = client_of(server, "sk-SECRET\n")
    for message in run(both(client)):
        assert "SECRET" not in message and "LocalProtocolError" in message
    run(client.aclose())


@pytest.mark.parametrize(("fault", "kind", "permanent"), NOT_BOUGHT)
def test_a_clear_refusal_buys_nothing(server, fault, kind, permanent):
    server.script("create", fault)
    with pytest.raises(kind) as caught:
        talk(server, lambda c: c.submit(request()))
    assert caught.value.permanent is permanent
    assert server.ledger.charges == [] and len(server.requests) == 1


@pytest.mark.parametrize(("fault", "bills", "under_way"), UNKNOWN)
def test_whatever_may_have_been_bought_is_ambiguous_and_never_sent_again(
    server, fault, bills, under_way
):
    server.script("create", fault)
    with pytest.raises(errors.AmbiguousSubmit) as caught:
        talk(server, lambda c: c.submit(request()))
    assert caught.value.under_way is under_way
    assert len(server.ledger.charges) == bills
    assert len(server.requests) == 1


def test_an_answer_that_never_comes_is_ambiguous(server, monkeypatch):
    monkeypatch.setattr(videos_api, "_SUBMIT_TIMEOUT", 0.2)
    server.script("create", "hang_after")
    with pytest.raises(errors.AmbiguousSubmit) as caught:
        talk(server, lambda c: c.submit(request()))
    assert caught.value.under_way
    assert len(server.ledger.charges) == 1 and len(server.requests) == 1


def test_no_connection_means_not_accepted():
    with FaultServer() as gone:
        pass
    with pytest.raises(errors.Unreachable) as caught:
        talk(gone, lambda c: c.submit(request()))
    assert not caught.value.permanent


def test_a_rate_limit_tells_how_long_to_wait(server):
    server.script("create", "429")
    with pytest.raises(errors.RateLimited) as caught:
        talk(server, lambda c: c.submit(request()))
    assert caught.value.retry_after == pytest.approx(0.08)


def test_a_refusal_names_the_field_and_the_providers_code(server):
    with pytest.raises(errors.NotAccepted) as caught:
        talk(server, lambda c: c.submit(request(seconds=5)), durations=(5,))
    assert (caught.value.field, caught.value.provider_code) == ("seconds", "invalid_value")
    assert caught.value.permanent and "'4', '8', and '12'" in caught.value.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seconds": 5}, "seconds"),
        ({"size": "1920x1080"}, "size"),
        ({"prompt": "x" * 32_001}, "prompt"),
    ],
)
def test_what_the_model_does_not_offer_is_refused_before_sending(server, changes, field):
    with pytest.raises(errors.UnsupportedRequest) as caught:
        talk(server, lambda c: c.submit(request(**changes)))
    assert caught.value.field == field and caught.value.permanent
    assert server.requests == []


@pytest.mark.parametrize("size", ["1280x720", "720x1280"])
def test_a_reference_image_arrives_as_png_of_exactly_the_clips_size(server, size):
    job = talk(server, lambda c: c.submit(request(size=size, reference_png=png(500, 333))))
    part = server.requests[0].form()["input_reference"]
    with Image.open(BytesIO(part.data)) as image:
        assert (f"{image.width}x{image.height}", image.format) == (size, "PNG")
    assert part.content_type == "image/png" and part.filename
    assert job.id


def test_a_reference_that_is_no_image_is_refused_before_sending(server):
    with pytest.raises(errors.UnsupportedRequest):
        talk(server, lambda c: c.submit(request(reference_png=b"GIF89a nonsense")))
    assert server.requests == []


def test_only_the_contracts_fields_are_sent_and_seconds_is_a_string(server):
    talk(server, lambda c: c.submit(request(seed=7)))
    sent = {name: part.data.decode() for name, part in server.requests[0].form().items()}
    assert sent == {
        "model": "sora-2", "prompt": "a lighthouse at dusk", "seconds": "4", "size": "1280x720",
    }  # fmt: skip


def test_a_seed_goes_where_one_is_accepted():
    with FaultServer("vllm") as vllm:
        talk(vllm, lambda c: c.submit(request(seed=7)), accepts_seed=True)
        assert vllm.requests[0].form()["seed"].data == b"7"


def test_a_redirected_base_url_says_where_to_go():
    from musicapp_pipeline_tests.generation.tiny_http import Response, TinyServer

    async def elsewhere(_request):
        return Response(308, {}, {"location": "https://new.example/v1/videos"})

    moved = TinyServer(elsewhere)
    moved.start()
    moved.url = f"http://127.0.0.1:{moved.port}"
    with pytest.raises(errors.NotAccepted, match=r"new\.example"):
        talk(moved, lambda c: c.submit(request()))
    moved.stop()


def test_the_version_is_added_to_a_bare_address(server):
    server_url = server.url
    bare = type("Bare", (), {"url": server_url.removesuffix("/v1")})()
    assert talk(bare, lambda c: c.submit(request())).id in server.jobs


def test_every_paid_request_opens_its_own_connection(server):
    """On a kept connection a server's idle close cannot be told from a lost answer."""

    async def twice(client):
        await client.submit(request())
        await client.submit(request())

    talk(server, twice)
    assert server.connections == 2
