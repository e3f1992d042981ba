"""No test holds up a run for ever: after a quarter of an hour it fails and shows all threads.

The alarm interrupts whatever the main thread waits for in Python. What hangs in C and never comes
back is ended a little later, process and all; a worker of pytest-xdist is then replaced, the test
is failed as one that crashed its worker, and the run goes on.
"""

import faulthandler
import os
import signal
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

SECONDS = 900.0
"""For each of a test's set-up, call and teardown; another with ``@pytest.mark.limit(seconds)``."""
GRACE = 300.0
"""Until the process is ended; the mark's second number."""

_STDERR = pytest.StashKey[int]()


class TooLong(pytest.fail.Exception):
    """A failure that no ``except Exception`` swallows."""


def pytest_configure(config: pytest.Config) -> None:
    """Output is not captured yet, so that what is written here last is seen."""
    shown = os.dup(2)
    config.stash[_STDERR] = shown
    config.add_cleanup(lambda: os.close(shown))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    with limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    with limited(item):
        return (yield)


@contextmanager
def limited(item: pytest.Item) -> Iterator[None]:
    """Only the main thread can be interrupted; tests run there, with xdist, too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    mark = item.get_closest_marker("limit")
    seconds, grace = (*mark.args, GRACE)[:2] if mark else (SECONDS, GRACE)

    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise TooLong(f"still not done after {seconds:g} s\n{stacks()}", pytrace=True)

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    end = item.config.stash[_STDERR]
    faulthandler.dump_traceback_later(seconds + grace, exit=True, file=end)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def stacks() -> str:
    """Where every thread is."""
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return file.read().decode(errors="replace")
