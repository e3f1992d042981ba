"""Fixtures of the supervisor's tests."""

from collections.abc import Generator

import pytest

from musicapp_pipeline.supervisor import pulse
from musicapp_pipeline_tests.supervisor.clock import Clock
from musicapp_pipeline_tests.supervisor.stack import Stack


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the stack's processes wrote."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(stack, Stack):
        report.sections.append(("musicapp up", stack.said()))
    return report


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every pulse."""
    made = Clock()
    monkeypatch.setattr(pulse, "time", made)
    return made
