"""A test that hangs fails, says where, and does not hold up the others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
HANGING = """
import threading
import pytest

def stands_elsewhere():
    threading.Event().wait()

@pytest.mark.limit(0.5)
def test_hangs():
    threading.Thread(target=stands_elsewhere, daemon=True).start()
    try:
        threading.Event().wait()
    except Exception:
        pass

@pytest.fixture
def hangs():
    threading.Event().wait()

@pytest.mark.limit(0.5)
def test_never_begins(hangs):
    pass

def test_goes_on():
    pass
"""

DEAF = """
import signal
import threading
import pytest

def waits_in_c():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    threading.Event().wait()

@pytest.mark.limit(2, 1)
def test_hangs():
    waits_in_c()

def test_goes_on():
    pass
"""


def run(folder: Path, tests: str, *options: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_it.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = limit(seconds)\n")
    plugins = ["-p", "musicapp_pipeline_tests.limit", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *options, "test_it.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", ([], ["-n", "1"]), ids=("alone", "on a worker"))
def test_a_test_that_hangs_fails_alone(tmp_path: Path, workers: list[str]) -> None:
    done = run(tmp_path, HANGING, *workers)
    assert "1 failed, 1 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("still not done after 0.5 s") >= 2
    assert "in stands_elsewhere" in done.stdout


def test_a_test_that_cannot_be_interrupted_ends_its_worker_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    done = run(tmp_path, DEAF, "-n", "1")
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "crashed while running 'test_it.py::test_hangs'" in done.stdout
    assert "in waits_in_c" in done.stderr
