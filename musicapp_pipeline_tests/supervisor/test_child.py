"""A child that died or hangs is started again, and none outlives its supervisor."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline.supervisor import child as child_module
from musicapp_pipeline.supervisor import pulse
from musicapp_pipeline.supervisor.child import LEASH, Child
from musicapp_pipeline.supervisor.pulse import Pulse
from musicapp_pipeline_tests.api.waiting import until
from musicapp_pipeline_tests.supervisor.clock import LONG, Clock
from musicapp_pipeline_tests.supervisor.stack import has_ended

WAITS = "import signal; signal.pause()"
STARTS_ANOTHER = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {WAITS!r}])
{WAITS}
"""
SUPERVISES = f"""
import os, signal, sys, time
if sys.argv[1:] == ["deaf"]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as Dagster does where SIGINT is ignored
from musicapp_pipeline.supervisor.child import Child
child = Child("one", [sys.executable, "-c", {WAITS!r}], os.environ)
child.start()
print(child.pid, flush=True)
while True:
    time.sleep(1)
"""


@pytest.fixture
def child() -> Iterator[Child]:
    """Something that does nothing until it is ended."""
    made = Child("idle", [sys.executable, "-c", WAITS], os.environ)
    yield made
    made.wait(0.1)


def looked_at(child: Child) -> int | None:
    child.look()
    return child.pid


def off_the_leash(pid: int) -> bool:
    """Has it become its command?"""
    return LEASH.name.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


def grandchildren(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(number) for number in found.split()]


def test_a_child_that_died_is_replaced(child: Child) -> None:
    child.start()
    before = child.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    until(lambda: looked_at(child), lambda pid: pid not in (None, before), LONG)


def test_a_child_that_hangs_is_replaced(child: Child, clock: Clock) -> None:
    """It leaves questions open; a stopped process cannot be told to end."""
    answering = True
    child._pulse = asked = Pulse(lambda: answering, misses=2)
    child.start()
    before = child.pid
    assert before is not None

    def round_() -> int | None:
        clock.now += pulse.EVERY + 1
        child.look()
        until(lambda: asked._asked is None or asked._asked.over, bool, LONG)
        return looked_at(child)

    assert [round_() for _ in range(4)] == [before] * 4
    os.kill(before, signal.SIGSTOP)
    answering = False
    assert [round_() for _ in range(2)] == [before] * 2
    until(round_, lambda pid: pid not in (None, before), LONG)


def test_what_a_dead_child_had_started_ends_too() -> None:
    """An encode of a worker that was killed works for nobody."""
    child = Child("parent", [sys.executable, "-c", STARTS_ANOTHER], os.environ)
    child.start()
    before = child.pid
    assert before is not None
    [grandchild] = until(lambda: grandchildren(before), bool, LONG)
    os.kill(before, signal.SIGKILL)
    until(lambda: (looked_at(child), has_ended(grandchild)), lambda seen: seen[1], LONG)
    child.wait(0.1)


def test_a_child_outlives_the_thread_that_started_it(child: Child) -> None:
    starter = threading.Thread(target=child.start)
    starter.start()
    starter.join()
    assert child._process is not None
    until(lambda: off_the_leash(child._process.pid), bool, LONG)
    with pytest.raises(subprocess.TimeoutExpired):
        child._process.wait(0.5)


def test_nothing_of_ours_runs_between_fork_and_exec(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could wait for ever for a lock that another thread held at the fork."""
    asked: list[dict[str, object]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **kwargs: object) -> None:
            asked.append(kwargs)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(child_module.subprocess, "Popen", Popen)
    child.start()
    assert asked and "preexec_fn" not in asked[0]


@pytest.mark.parametrize("how", [[], ["deaf"]])
def test_a_child_ends_when_its_supervisor_is_killed(how: list[str]) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISES, *how], stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    until(lambda: off_the_leash(pid), bool, LONG)
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    until(lambda: has_ended(pid), bool, LONG)


def test_a_child_whose_supervisor_ended_first_does_not_begin(tmp_path: Path) -> None:
    nobody = str(2**22 + 1)
    touch = [sys.executable, "-c", f"open({str(tmp_path / 'begun')!r}, 'w')"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(LEASH), nobody, "15", *touch],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "the supervisor ended first\n")
    assert not (tmp_path / "begun").exists()
