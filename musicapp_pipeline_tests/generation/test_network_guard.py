"""No test can reach a real provider, whatever library, thread or process it uses."""

import os
import socket
import subprocess
import sys
import threading
from socket import create_connection, getaddrinfo

import httpx
import openai
import pytest

from musicapp_pipeline.generation.errors import DownloadFailed, Unreachable
from musicapp_pipeline.generation.providers.fal_queue import FalQueue
from musicapp_pipeline_tests.generation import guard
from musicapp_pipeline_tests.generation.guard import NetworkBlocked
from musicapp_pipeline_tests.generation.helpers import record, request, run

pytestmark = pytest.mark.tries_to_leave
PROVIDERS = ("api.openai.com", "queue.fal.run", "v3.fal.media", "example.org")


@pytest.mark.parametrize(
    "address", [("93.184.216.34", 443), ("10.0.0.1", 80), ("2606:4700::1", 443)]
)
def test_a_connection_beyond_loopback_is_refused(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as sock:
        for connect in (sock.connect, sock.connect_ex):
            with pytest.raises(NetworkBlocked):
                connect(address)
    with socket.socket(family, socket.SOCK_DGRAM) as sock, pytest.raises(NetworkBlocked):
        sock.sendto(b"x", address)


@pytest.mark.parametrize("host", PROVIDERS)
def test_a_name_is_not_even_looked_up(host):
    """Nor by a function that was imported before the guard."""
    for look_up in (socket.getaddrinfo, getaddrinfo):
        with pytest.raises(NetworkBlocked):
            look_up(host, 443)
    with pytest.raises(NetworkBlocked):
        socket.gethostbyname(host)
    with pytest.raises(NetworkBlocked):
        create_connection((host, 443), timeout=1)


def test_no_thread_gets_out():
    seen: list[BaseException] = []

    def work() -> None:
        try:
            socket.create_connection(("93.184.216.34", 443), timeout=1)
        except OSError as error:
            seen.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [type(error) for error in seen] == [NetworkBlocked]


def test_no_http_client_gets_out():
    async def ask():
        async with httpx.AsyncClient() as client:
            await client.get("https://queue.fal.run/")

    with pytest.raises(httpx.ConnectError):
        run(ask())
    with pytest.raises(openai.APIConnectionError):
        openai.OpenAI(api_key="x", max_retries=0).videos.list()
    assert any("queue.fal.run" in what for what in guard.refused)


def test_our_own_clients_do_not_get_out():
    from musicapp_pipeline.generation.config import load_models
    from musicapp_pipeline_tests.generation.helpers import extra

    spec = load_models(extra())["seedance-2.0"]
    client = FalQueue(
        "https://queue.fal.run", "key", lambda _: record(durations=(4,)), lambda _: spec
    )
    with pytest.raises(Unreachable):
        run(client.submit(request()))
    with pytest.raises(DownloadFailed):
        run(client.download("fal-ai/x/requests/1", None))


def test_a_process_that_a_test_starts_does_not_get_out():
    script = "import socket; socket.create_connection(('api.openai.com', 443))"
    argv = [sys.executable, "-c", script]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "NetworkBlocked: tests stay on this machine" in done.stderr


def test_no_key_of_a_provider_is_within_reach():
    assert not set(guard.KEYS) & set(os.environ)


def test_this_machine_can_be_talked_to(server):
    with socket.create_connection(("localhost", server._http.port)) as sock:
        assert sock.getpeername()[1] == server._http.port
