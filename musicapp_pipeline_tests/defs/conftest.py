"""Fixtures of the orchestrator's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline_tests.defs.world import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.instance.dispose()
    made.database.dispose()
