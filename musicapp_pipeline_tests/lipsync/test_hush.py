"""Native libraries' chatter goes to the log, and nothing else is lost on the way."""

import logging
import os
import subprocess
import sys
import threading

import pytest

from musicapp_pipeline.lipsync.mouth.hush import chatter_to_log

LOG = "musicapp_pipeline.lipsync.mouth.hush"
NOISE = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"W0000 00:00:1795366701.924583   16882 inference_feedback_manager.cc:114] Feedback\n"
    b"I0000 00:00:1795366701.924583   16882 gl_context_egl.cc:85] Successfully initialized EGL\n"
    b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"
)


def written(capfd, *chunks):
    with chatter_to_log():
        for chunk in chunks:
            os.write(2, chunk)
    return capfd.readouterr().err


def test_chatter_is_kept_off_standard_error_and_logged(capfd, caplog):
    caplog.set_level(logging.DEBUG, LOG)
    assert written(capfd, NOISE) == ""
    assert len(caplog.records) == 4
    assert {r.levelno for r in caplog.records} == {logging.DEBUG}
    assert "XNNPACK" in caplog.text


@pytest.mark.parametrize(
    "line",
    [
        b"musicapp: something went wrong\n",
        b"F0000 00:00:1795366701.924583 16882 fatal.cc:1] the end\n",
        b"E0000 00:00:1795366701.924583 16882 calculator.cc:1] a true error\n",
        b"no newline at the end",
        "ünïcode and \x00 bytes\n".encode(),
    ],
)
def test_everything_else_comes_out_unchanged(capfd, line):
    assert written(capfd, NOISE, line, NOISE if line.endswith(b"\n") else b"") == line.decode()


def test_python_s_own_words_come_out_too(capfd):
    with chatter_to_log():
        print("from a thread", file=sys.stderr)
    print("after", file=sys.stderr)
    assert capfd.readouterr().err == "from a thread\nafter\n"


def test_an_error_inside_restores_standard_error(capfd):
    with pytest.raises(ValueError, match="inside"), chatter_to_log():
        os.write(2, NOISE + b"told before the error\n")
        raise ValueError("inside")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "told before the error\nafter\n"


def test_many_threads_leave_standard_error_where_it_was(capfd):
    before = os.fstat(2).st_ino

    def chatter():
        for _ in range(20):
            with chatter_to_log():
                os.write(2, NOISE + b"kept\n")

    threads = [threading.Thread(target=chatter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.fstat(2).st_ino == before
    assert capfd.readouterr().err == "kept\n" * 80


SCRIPT = """
import sys
from musicapp_pipeline.lipsync.mouth.faces import FaceTracker
from musicapp_pipeline_tests.lipsync import clips
with FaceTracker() as tracker:
    for shift in (None, None, None, None, None, None, 0, 0, 0.25, 0.25, -0.25, None):
        frame = clips.landscape() if shift is None else clips.sitter(at=(0.5 + shift, 0.5))
        print("nobody" if tracker(frame) is None else "somebody")
print("heard", file=sys.stderr)
"""


def test_finding_losing_and_following_a_face_is_silent_in_a_real_process():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stderr == "heard\n"
    assert done.stdout.split() == ["nobody"] * 6 + ["somebody"] * 5 + ["nobody"]


def test_a_closed_standard_error_is_no_obstacle():
    script = (
        "import os; os.close(2)\n"
        "from musicapp_pipeline.lipsync.mouth.hush import chatter_to_log\n"
        "with chatter_to_log(): print('inside')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "inside\n"
