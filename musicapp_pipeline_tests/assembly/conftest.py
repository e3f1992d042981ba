"""No program on PATH: ffmpeg comes from the wheel, and there is no ffprobe anywhere."""

import pytest


@pytest.fixture(autouse=True)
def empty_path(monkeypatch):
    monkeypatch.setenv("PATH", "")
