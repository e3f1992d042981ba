"""A child that died or hangs is started again."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline.supervisor import pulse
from musicapp_pipeline.supervisor.child import Child
from musicapp_pipeline.supervisor.pulse import Pulse
from musicapp_pipeline.supervisor.up import _free_port, _listens
from musicapp_pipeline_tests.api.waiting import until


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(pulse, "EVERY", 0.5)
    return _free_port()


@pytest.fixture
def asked(port: int) -> Pulse:
    return Pulse("127.0.0.1", port, "/")


@pytest.fixture
def web(port: int, asked: Pulse, tmp_path: Path) -> Iterator[Child]:
    """A web server under supervision."""
    serve = [sys.executable, "-m", "http.server", str(port), "-b", "127.0.0.1", "-d", str(tmp_path)]
    child = Child("web", serve, os.environ, asked)
    child.start()
    until(lambda: _listens("127.0.0.1", port), bool)
    yield child
    child.wait(0.1)


def looked_at(child: Child) -> int | None:
    child.look()
    return child.pid


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_child_that_died_or_hangs_is_replaced(
    web: Child, asked: Pulse, port: int, number: int
) -> None:
    before = web.pid
    assert before is not None
    until(lambda: (looked_at(web), asked.answers), lambda seen: seen[1])
    os.kill(before, number)
    until(lambda: looked_at(web), lambda pid: pid not in (None, before))
    until(lambda: _listens("127.0.0.1", port), bool)


def test_a_child_that_answers_is_left_alone(web: Child, asked: Pulse) -> None:
    before = web.pid
    until(lambda: (looked_at(web), asked.answers), lambda seen: seen[1] > pulse.MISSES)
    assert web.pid == before
    assert not asked.silent


def test_a_held_up_supervisor_blames_nobody(
    web: Child, asked: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asked nothing meanwhile, so nobody failed to answer."""
    until(lambda: (looked_at(web), asked.answers), lambda seen: seen[1])
    later = time.monotonic() + 3600
    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic", lambda: later)
        asked.look()
    assert not asked.silent
