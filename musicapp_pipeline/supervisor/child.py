"""One supervised child process: started, restarted with back-off, stopped; its lines prefixed."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from musicapp_pipeline.supervisor.pulse import Pulse

STABLE_AFTER = 60.0
"""Seconds after which earlier deaths are forgiven."""
MAX_BACKOFF = 30.0
LEASH = Path(__file__).with_name("leash.py")
_starter = ThreadPoolExecutor(1, thread_name_prefix="starter")
"""The kernel ends a child when the thread that started it ends. This one lasts as long as we do."""


class Child:
    """A command that is kept running.

    Args:
        pulse: tells whether it still lives.
        orphaned: what the kernel sends it when we are killed. SIGTERM lets it see to what it has
            started itself, such as an ffmpeg; SIGKILL ends one that hangs, too.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        pulse: Pulse | None = None,
        orphaned: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.command = list(command)
        self._env = dict(env)
        self._pulse = pulse
        self._orphaned = orphaned
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
        told, kept = self._pulse.prepare() if self._pulse else ({}, ())
        process = _starter.submit(
            subprocess.Popen[bytes],
            self._leashed(),
            env={**self._env, **told},
            pass_fds=kept,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ).result()
        self._process = process
        self._started = time.monotonic()
        if self._pulse is not None:
            self._pulse.begin(process.pid)
        assert process.stdout is not None
        threading.Thread(target=self._relay, args=(process.stdout,), daemon=True).start()

    def _leashed(self) -> list[str]:
        if sys.platform != "linux":
            return self.command
        leash = [sys.executable, "-I", "-S", str(LEASH), f"{os.getpid()}"]
        return [*leash, f"{self._orphaned.value}", *self.command]

    def look(self) -> None:
        """Restart it if it died or hangs, later each time it dies soon."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._end_if_silent(self._process)
            return
        moment = time.monotonic()
        if not self._restart_at:
            _end_group(self._process)  # what it had started works for nobody any more
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
            _end_group(process)
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
        _end_group(self._process)
        self._process.wait()

    def _relay(self, stream: IO[bytes]) -> None:
        for line in stream:
            _say(self.name, line.decode(errors="replace").rstrip())


def _say(name: str, text: str) -> None:
    sys.stderr.write(f"{name:>9} | {text}\n")
    sys.stderr.flush()


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
