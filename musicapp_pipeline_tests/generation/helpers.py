"""What several tests here use."""

import asyncio
from collections.abc import Coroutine
from functools import cache
from io import BytesIO
from typing import Any, TypeVar

from PIL import Image

from musicapp_pipeline.generation.config import GenerationSettings
from musicapp_pipeline.generation.port import Capabilities, ClipRequest
from musicapp_pipeline.generation.providers.videos_api import VideosApi
from musicapp_pipeline.generation.registry import Catalogue, catalogue
from musicapp_pipeline.settings import Settings
from musicapp_pipeline_tests.generation.fault_server import KEY, FaultServer

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def extra(**values: Any) -> GenerationSettings:
    return GenerationSettings(_env_file=None, **values)


def png(width: int, height: int, colour: str = "teal") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, format="PNG")
    return buffer.getvalue()


def request(**changes: Any) -> ClipRequest:
    values: dict[str, Any] = {
        "prompt": "a lighthouse at dusk", "seconds": 4, "size": "1280x720", "model": "sora-2",
    }  # fmt: skip
    return ClipRequest(**(values | changes))


@cache
def _known() -> Catalogue:
    """Read once: a dispatcher asks for a model's record again and again."""
    real = settings(use_sora_mock=False, sora_api_base_url="http://127.0.0.1:9/v1")
    return catalogue(real, extra())


def record(model: str = "sora-2", **changes: Any) -> Capabilities:
    """Of a model as a person has entered it who knows that the server's list is good."""
    return _known().capabilities(model).model_copy(update={"can_list": True, **changes})


def client_of(server: FaultServer, key: str | None = KEY, **changes: Any) -> VideosApi:
    return VideosApi(server.url, key, lambda model: record(model, **changes))


def talk(server: FaultServer, work: Any, **changes: Any) -> Any:
    """Run ``await work(client)`` with a client of ``server`` that is closed afterwards."""

    async def main() -> Any:
        client = client_of(server, **changes)
        try:
            return await work(client)
        finally:
            await client.aclose()

    return asyncio.run(main())
