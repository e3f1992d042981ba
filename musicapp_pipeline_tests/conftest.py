"""What all tests share: no way out of this machine, limited time, and the order they start in."""

from pathlib import PurePath

import pytest
from hypothesis import settings

from musicapp_pipeline_tests import limit
from musicapp_pipeline_tests.generation import guard

LONGEST = (
    "test_walkthrough",
    "test_kill",
    "test_up",
    "test_kill_points",
    "test_make",
    "test_random_faults",
    "test_openapi",
)
"""Modules that take minutes start first, so that no worker is left with one at the end."""


def pytest_configure(config: pytest.Config) -> None:
    """Whoever runs tests is guarded; a process that only hands them to workers is not, or they
    would begin with a guard that is not the one they look at."""
    config.pluginmanager.register(limit, "limit")
    _choose_examples(config.option.markexpr)
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        guard.install()


def _choose_examples(marks: str) -> None:
    """The same generated examples in every run, so that a change is what fails it; the nightly run
    looks for new ones. None is given up because the machine is slow."""
    steady = marks.strip() != "nightly"
    settings.register_profile("ours", deadline=None, derandomize=steady, print_blob=True)
    settings.load_profile("ours")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules stay whole, and the order inside each stays as written."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    name = PurePath(item.path).stem
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)
