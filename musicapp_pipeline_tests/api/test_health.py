"""What monitors and operators read."""

from dataclasses import replace
from pathlib import Path

import pytest

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.supervisor.api_process import _warnings
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.world import World


def test_ready_names_the_provider_and_what_operators_should_know(world: World) -> None:
    context = replace(world.context, warnings=("prices are only defaults",))
    with Client(create_app(context)) as client:
        answer = client.http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": True,
        "mediaStore": True,
        "dagster": True,
        "provider": "mock",
        "warnings": ["prices are only defaults"],
    }


def test_not_ready_names_the_part_that_is_away(api: Api, world: World) -> None:
    world.launcher.up = False
    answer = api.get("/readyz")
    assert answer.status_code == 503
    assert [e["field"] for e in answer.json()["errors"]] == ["Dagster"]
    assert api.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({"use_sora_mock": True}, 0), ({"sora_api_base_url": "http://127.0.0.1:8000/v1"}, 1)],
)
def test_real_traffic_on_default_prices_is_warned_of(
    tmp_path: Path, settings: dict, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MUSICAPP_MODELS", "MUSICAPP_PRICES", "MUSICAPP_PROVIDER", "FAL_KEY"):
        monkeypatch.delenv(name, raising=False)
    loaded = Settings(
        _env_file=None, musicapp_home=tmp_path, **({"use_sora_mock": False} | settings)
    )
    told = _warnings(loaded, None)
    assert (len(told) > 0) == bool(expected), told
