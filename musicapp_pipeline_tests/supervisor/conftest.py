"""Fixtures of the supervisor's tests."""

import pytest

from musicapp_pipeline.supervisor import pulse
from musicapp_pipeline_tests.supervisor.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every pulse."""
    made = Clock()
    monkeypatch.setattr(pulse, "time", made)
    return made
