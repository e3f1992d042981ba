"""A test that tries to leave this machine fails, even where nobody noticed the refusal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline.generation import download
from musicapp_pipeline_tests.generation import guard
from musicapp_pipeline_tests.generation.chaos import byte_check
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.money_world import MoneyWorld, money_world


@pytest.fixture(autouse=True)
def network_guard(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A test that tries to leave fails, even where the refusal was swallowed."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    before = len(guard.refused)
    yield
    if request.node.get_closest_marker("tries_to_leave") is None:
        assert guard.refused[before:] == []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tries_to_leave: it is refused, and that is the test")
    config.addinivalue_line("markers", "decodes: clips are decoded, not compared byte by byte")


@pytest.fixture
def quick_check(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips are compared by their bytes, which takes a hundredth of decoding them."""
    if request.node.get_closest_marker("decodes") is None:
        monkeypatch.setattr(download, "check_clip", byte_check)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path) -> Iterator[MoneyWorld]:
    """A project of one scene on SQLite, and a provider that bills."""
    with money_world("sqlite", tmp_path) as made:
        yield made
