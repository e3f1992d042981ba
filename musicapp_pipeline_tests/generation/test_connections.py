"""What a server and an event loop can do to connections."""

import asyncio

import pytest

from musicapp_pipeline.generation import errors
from musicapp_pipeline.generation.providers import exchange, streaming
from musicapp_pipeline.generation.registry import provider_from_settings
from musicapp_pipeline_tests.generation.fal_server import KEY, FalServer
from musicapp_pipeline_tests.generation.helpers import client_of, extra, request, settings, talk
from musicapp_pipeline_tests.generation.money_world import money_world
from musicapp_pipeline_tests.generation.tiny_http import Response


def test_a_provider_outlives_an_event_loop(server):
    """A `clip` body drives takes in a loop of its own each, all with one provider."""
    client = client_of(server)

    async def buy() -> str:
        job = await client.submit(request())
        return (await client.status(job.id)).id

    job_id = asyncio.run(buy())
    for _ in range(3):
        assert asyncio.run(client.status(job_id)).id == job_id


def test_so_does_fals(tmp_path):
    with FalServer() as fal:
        chosen = settings(use_sora_mock=False, musicapp_allow_private_urls=True)
        own = extra(fal_key=KEY, fal_queue_url=fal.url)
        client = provider_from_settings(chosen, tmp_path, own)
        job = asyncio.run(client.submit(request(model="wan-2.7", seconds=5)))
        for _ in range(3):
            assert asyncio.run(client.status(job.id)).id == job.id


def test_connections_are_kept_within_a_loop(server):
    async def ask(client) -> None:
        job = await client.submit(request())
        for _ in range(5):
            await client.status(job.id)

    talk(server, ask)
    assert server.connections < 6, "one for what was paid, and not one for each question"


def hangs(server) -> None:
    async def hang(_):
        return Response(hang=True)

    server._http._handler = hang


def test_an_answer_that_drips_in_does_not_hold_a_take_up(server, monkeypatch):
    """Each byte comes before the client loses patience, and the last one never."""
    monkeypatch.setattr(exchange, "WHOLE_ANSWER", 0.1)
    hangs(server)
    with pytest.raises(errors.StatusUnavailable, match="no whole answer"):
        talk(server, lambda c: c.status("video_1"))


def test_nor_does_a_clip(server, tmp_path, monkeypatch):
    monkeypatch.setattr(streaming, "WHOLE_CLIP", 0.1)
    hangs(server)
    with pytest.raises(errors.DownloadFailed, match="no whole clip") as caught:
        talk(server, lambda c: c.download("video_1", tmp_path / "clip.mp4"))
    assert not caught.value.permanent


@pytest.mark.usefixtures("quick_check")
def test_a_job_whose_status_never_arrives_whole_is_stuck_in_time(tmp_path, monkeypatch):
    with money_world("sqlite", tmp_path) as world:
        world.hold()
        world.admit()
        world.drive(lambda: world.states() == ["submitted"])
        monkeypatch.setattr(exchange, "WHOLE_ANSWER", 0.05)
        hangs(world.server)
        world.drive(job_timeout=0.2)
        assert (world.states(), world.statuses()) == (["stuck"], ["stuck"])
