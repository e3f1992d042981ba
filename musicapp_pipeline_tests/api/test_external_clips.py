"""External clips: what becomes of a fetch whose process ends."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.api.takes import fetcher
from musicapp_pipeline.fetching.errors import Unreachable
from musicapp_pipeline.store.models import ExternalClip
from musicapp_pipeline_tests.api.client import Client
from musicapp_pipeline_tests.api.steps import planned
from musicapp_pipeline_tests.api.world import World

PATIENCE = 120.0


def test_a_fetch_ends_with_its_process_and_the_next_one_begins_it_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever ends the loop waits for its threads, and a server may take minutes."""
    begun, gave_up = threading.Event(), threading.Event()

    def slow(*_args: Any, cancelled: Callable[[], bool] = lambda: False, **_named: Any) -> None:
        begun.set()
        for _ in range(int(PATIENCE * 100)):
            if cancelled():
                gave_up.set()
                raise Unreachable("it was not fetched to its end")
            threading.Event().wait(0.01)

    monkeypatch.setattr(fetcher, "fetch_to", slow)
    world = World(tmp_path)
    with Client(create_app(world.context)) as client:
        at, scenes = planned(client.http, world)
        body = {"url": "https://example.org/clip.mp4"}
        made = client.http.post(f"{at}/scenes/{scenes[0]['id']}/versions", json=body).json()
        assert begun.wait(PATIENCE)
    assert gave_up.wait(PATIENCE)
    world.database.dispose()
    with Client(create_app(world.context)) as client:
        here = f"{at}/scenes/{scenes[0]['id']}/versions/{made['id']}"
        assert client.http.get(here).json()["status"] == "queued"
        with world.database.read() as session:
            clip = session.get(ExternalClip, made["id"])
            assert clip is not None and clip.state == "waiting"
    world.database.dispose()
