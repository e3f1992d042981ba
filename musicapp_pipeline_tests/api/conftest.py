"""Fixtures of the facade's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.database.dispose()


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with Client(create_app(world.context)) as made:
        yield made


@pytest.fixture
def api(client: Client) -> Api:
    return client.http
