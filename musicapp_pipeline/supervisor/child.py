"""One supervised child process: started, restarted with back-off, stopped; its lines prefixed."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO

from musicapp_pipeline.supervisor.pulse import Pulse

STABLE_AFTER = 60.0
"""Seconds after which earlier deaths are forgiven."""
MAX_BACKOFF = 30.0
PR_SET_PDEATHSIG = 1


class Child:
    """A command that is kept running.

    Args:
        pulse: tells whether it still answers, where it can be asked.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        pulse: Pulse | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self._env = dict(env)
        self._pulse = pulse
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._deaths = 0
        self._restart_at = 0.0

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it in a process group of its own, ending with us."""
        self._process = subprocess.Popen(
            self.command,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # No thread of ours holds a lock that this one call would need.
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
        self._started = time.monotonic()
        if self._pulse is not None:
            self._pulse.begin()
        assert self._process.stdout is not None
        threading.Thread(target=self._relay, args=(self._process.stdout,), daemon=True).start()

    def look(self) -> None:
        """Restart it if it died or hangs, later each time it dies soon."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._end_if_silent(self._process)
            return
        moment = time.monotonic()
        if not self._restart_at:
            self._deaths = 1 if moment - self._started > STABLE_AFTER else self._deaths + 1
            wait = min(0.5 * 2 ** (self._deaths - 1), MAX_BACKOFF)
            self._restart_at = moment + wait
            _say(self.name, f"ended with {self._process.returncode}; again in {wait:.1f} s")
        elif moment >= self._restart_at:
            self._restart_at = 0.0
            self.start()

    def _end_if_silent(self, process: subprocess.Popen[bytes]) -> None:
        if self._pulse is None:
            return
        self._pulse.look()
        if self._pulse.silent:
            _say(self.name, "does not answer any more; killed")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        """Ask it to end."""
        if self.pid is not None and self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Wait for its end, then make it end, with all it started."""
        if self._process is None:
            return
        try:
            self._process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            _say(self.name, "does not end; killed")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _relay(self, stream: IO[bytes]) -> None:
        for line in stream:
            _say(self.name, line.decode(errors="replace").rstrip())


def _say(name: str, text: str) -> None:
    sys.stderr.write(f"{name:>9} | {text}\n")
    sys.stderr.flush()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
