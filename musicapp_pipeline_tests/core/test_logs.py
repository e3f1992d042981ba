"""What a log may never show, in whichever process the line is written."""

import os
import pty
import subprocess
import sys

import pytest

FAIL = """
log = logs.get("a.module")
def work(signing_key):
    try:
        raise ValueError("nothing worked")
    except ValueError:
        log.exception("it failed", who="me")
work("s3cr3t" + "-of-a-token")
"""
CONFIGURED = "from musicapp_pipeline import logs\nlogs.configure('info')\n"
NEVER_CONFIGURED = "from musicapp_pipeline import logs\n"
IN_A_WORKER = (
    "from musicapp_pipeline import logs\n"
    "from musicapp_pipeline.defs.instance.celery_app import app\n"
    "app.log.setup('WARNING')\n"
)


def told(program: str, *, terminal: bool) -> str:
    """What a process writes, on a terminal or into a pipe."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as reading:
        # Read while it runs: a terminal holds only 4 KB that nobody has read.
        with subprocess.Popen([sys.executable, "-c", program], stdout=theirs, stderr=theirs) as run:
            os.close(theirs)
            said = _all_of(reading.fileno())
        assert run.returncode == 0
        return said.decode()


def _all_of(file: int) -> bytes:
    out = b""
    try:
        while more := os.read(file, 65536):
            out += more
    except OSError:  # how a terminal whose other end was closed says so
        pass
    return out


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("start", [CONFIGURED, NEVER_CONFIGURED])
def test_a_traceback_shows_no_local_variable(start: str, terminal: bool) -> None:
    said = told(start + FAIL, terminal=terminal)
    assert "it failed" in said
    assert "ValueError: nothing worked" in said
    assert "s3cr3t-of-a-token" not in said


def test_a_worker_logs_as_the_other_processes_do(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSICAPP_HOME", str(tmp_path))
    said = told(IN_A_WORKER + FAIL, terminal=False)
    [line] = [line for line in said.splitlines() if "it failed" in line]
    assert line.startswith("{") and '"logger": "a.module"' in line
    assert "s3cr3t-of-a-token" not in said
