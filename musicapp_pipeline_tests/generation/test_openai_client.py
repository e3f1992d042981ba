"""The official client agrees with our test server, so that what we test against is honest."""

from io import BytesIO

import openai
import pytest

from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.fault_server import KEY
from musicapp_pipeline_tests.generation.helpers import png


@pytest.fixture
def client(server):
    made = openai.OpenAI(api_key=KEY, base_url=server.url, max_retries=0, timeout=10)
    yield made
    made.close()


def test_create_and_retrieve(server, client):
    video = client.videos.create(prompt="a pier", model="sora-2", seconds="8", size="1280x720")
    assert (video.object, video.seconds, video.size) == ("video", "8", "1280x720")
    again = client.videos.retrieve(video.id)
    assert (again.status, again.progress, again.prompt) == ("completed", 100, "a pier")
    assert again.created_at and again.expires_at and again.error is None


def test_create_with_a_reference_image(server, client):
    file = ("ref.png", BytesIO(png(1280, 720)), "image/png")
    video = client.videos.create(prompt="a pier", size="1280x720", input_reference=file)
    assert server.jobs[video.id].reference == png(1280, 720)


def test_create_and_poll(client):
    assert client.videos.create_and_poll(prompt="a pier", poll_interval_ms=20).status == "completed"


def test_content(client):
    video = client.videos.create(prompt="a pier")
    assert client.videos.download_content(video.id).read() == clip_bytes(4)
    assert client.videos.download_content(video.id, variant="video").read() == clip_bytes(4)


def test_list_pages_through_everything(client):
    made = {client.videos.create(prompt=f"shot {n}").id for n in range(7)}
    assert {video.id for video in client.videos.list(limit=3)} == made
    first = client.videos.list(limit=3, order="asc")
    assert first.has_more and len(first.data) == 3


def test_remix(client):
    source = client.videos.create(prompt="a pier")
    remix = client.videos.remix(source.id, prompt="at night")
    assert (remix.remixed_from_video_id, remix.prompt) == (source.id, "at night")


def test_a_page_begins_where_the_last_one_ended(client):
    made = [client.videos.create(prompt=f"shot {n}").id for n in range(4)]
    newest = client.videos.list(limit=2)
    assert [video.id for video in newest.data] == made[:1:-1]
    older = client.videos.list(limit=2, after=newest.data[-1].id)
    assert [video.id for video in older.data] == made[1::-1]
    assert not older.has_more


def test_a_job_under_way_has_no_content_and_cannot_be_remixed(server, client):
    server.job_seconds = 60.0
    video = client.videos.create(prompt="a pier")
    assert video.status == "queued"
    with pytest.raises(openai.NotFoundError):
        client.videos.download_content(video.id)
    with pytest.raises(openai.NotFoundError):
        client.videos.remix(video.id, prompt="at night")


def test_a_failed_job_has_no_content(server, client):
    server.fates.append("fail")
    video = client.videos.create(prompt="x")
    with pytest.raises(openai.UnprocessableEntityError):
        client.videos.download_content(video.id)


def test_the_client_is_told_when_to_poll_again(client):
    video = client.videos.create(prompt="a pier")
    raw = client.videos.with_raw_response.retrieve(video.id)
    assert raw.headers["openai-poll-after-ms"] == "50"


@pytest.mark.parametrize("fault", ["lose_request", "lose_response"])
def test_a_lost_connection_is_an_error_of_the_connection(server, client, fault):
    server.script("create", fault)
    with pytest.raises(openai.APIConnectionError):
        client.videos.create(prompt="x")


def test_a_remix_can_fail_like_a_create(server, client):
    source = client.videos.create(prompt="a pier")
    server.script("remix", "moderated", "429", "500_before")
    for kind in (openai.BadRequestError, openai.RateLimitError, openai.InternalServerError):
        with pytest.raises(kind):
            client.videos.remix(source.id, prompt="at night")
    assert server.ledger.times_billed("at night") == 0


def test_delete(server, client):
    video = client.videos.create(prompt="a pier")
    gone = client.videos.delete(video.id)
    assert gone.deleted and gone.object == "video.deleted" and video.id not in server.jobs


def test_a_failed_job(server, client):
    server.fates.append("moderated")
    video = client.videos.retrieve(client.videos.create(prompt="x").id)
    assert video.status == "failed" and video.error.code == "moderation_blocked"


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("429", openai.RateLimitError, "rate_limit_exceeded"),
        ("quota", openai.RateLimitError, "insufficient_quota"),
        ("401", openai.AuthenticationError, "invalid_api_key"),
        ("moderated", openai.BadRequestError, "sentinel_block"),
        ("500_before", openai.InternalServerError, None),
        ("409_after", openai.ConflictError, None),
    ],
)
def test_errors(server, client, fault, kind, code):
    server.script("create", fault)
    with pytest.raises(kind) as caught:
        client.videos.create(prompt="x")
    assert caught.value.code == code


def test_an_invalid_value_names_its_parameter(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(prompt="x", seconds="10")
    assert (caught.value.param, caught.value.code) == ("seconds", "invalid_value")


def test_a_missing_job(client):
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve("video_none")


def test_the_official_clients_own_retries_bill_one_create_three_times(server):
    """Why this project does not use it for paid requests (FACTS §0)."""
    server.script("create", "lose_response", "lose_response")
    with openai.OpenAI(api_key=KEY, base_url=server.url, max_retries=2, timeout=10) as client:
        client.videos.create(prompt="one clip")
    assert server.ledger.times_billed("one clip") == 3
