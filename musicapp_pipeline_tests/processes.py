"""Processes that a test starts, watches and ends."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

PATIENCE = 600.0


@contextmanager
def running(argv: Sequence[str], count: int = 1, **more: Any) -> Iterator[list[Any]]:
    """So many of one command, with their output to read; ended by SIGTERM where they still live.

    Args:
        more: for ``Popen``.
    """
    start = {"stdout": subprocess.PIPE, "text": True, **more}
    started = [subprocess.Popen(argv, **start) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.communicate(timeout=PATIENCE)


def wait(so: Callable[[], bool]) -> None:
    """Until something that happens elsewhere has happened."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
