"""No test here can reach a real provider."""

import socket

import httpx
import openai
import pytest

from musicapp_pipeline_tests.generation.conftest import NetworkBlocked
from musicapp_pipeline_tests.generation.helpers import run


@pytest.mark.parametrize(
    "address", [("93.184.216.34", 443), ("10.0.0.1", 80), ("2606:4700::1", 443)]
)
def test_a_connection_beyond_loopback_is_refused(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(NetworkBlocked):
        sock.connect(address)


def test_a_name_is_not_even_looked_up():
    with pytest.raises(NetworkBlocked):
        socket.getaddrinfo("api.openai.com", 443)


def test_neither_http_client_gets_out():
    async def ask():
        async with httpx.AsyncClient() as client:
            await client.get("https://queue.fal.run/")

    with pytest.raises(NetworkBlocked):
        run(ask())
    with pytest.raises((NetworkBlocked, openai.APIConnectionError)):
        openai.OpenAI(api_key="x", max_retries=0).videos.list()
