"""What shows of each kind of child that it lives."""

import os
import socket
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from musicapp_pipeline.defs.instance.worker_beat import BEAT_FD
from musicapp_pipeline.supervisor.pulse import Pulse

if TYPE_CHECKING:
    import dagster as dg

PATIENCE = 120.0
"""Seconds that one question waits for its answer."""
ANSWERS_SOON, WORKS_LONG = 8, 20
"""Missed questions: two minutes for what people wait for, five for what may be busy by itself."""
DAEMON_MISSES = 40
"""Ten minutes: a daemon writes twice a minute, but not while it waits for a slow code server."""
CPU_OF_WORK = 1.0
"""Seconds. A thread that only wakes and sleeps uses a hundredth of it in five minutes."""


def web_pulse(host: str, port: int, path: str) -> Pulse:
    """Of a web server.

    Args:
        path: something cheap; any answer will do, an error too.
    """
    asked = f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()

    def question() -> bool:
        with socket.create_connection((host, port), PATIENCE) as connection:
            connection.sendall(asked)
            return connection.recv(1) != b""

    return Pulse(question, ANSWERS_SOON)


def code_pulse(port: int) -> Pulse:
    """Of a code server: its ping waits its turn behind sensors and loading code."""

    def question() -> bool:
        from dagster._grpc.client import DagsterGrpcClient

        DagsterGrpcClient(port=port, host="127.0.0.1").ping("")
        return True

    return Pulse(question, WORKS_LONG)


def daemon_pulse(instance: "dg.DagsterInstance") -> Pulse:
    """Of the daemon: what each of its loops writes into Dagster's storage."""
    return Pulse(_Beats(instance).all_came, DAEMON_MISSES)


class _Beats:
    """Have all loops of the daemon written since they last had? No clock is compared."""

    def __init__(self, instance: "dg.DagsterInstance") -> None:
        self._instance = instance
        self._wanted = set(instance.get_required_daemon_types())
        self._seen: dict[str, float] = self._read()
        self._missing = set(self._wanted)

    def all_came(self) -> bool | None:
        try:
            found = self._read()
        except (SQLAlchemyError, OSError):  # nor can the daemon write then
            return None
        self._missing -= {kind for kind, at in found.items() if self._seen.get(kind) != at}
        self._seen.update(found)
        if self._missing:
            return False
        self._missing = set(self._wanted)
        return True

    def _read(self) -> dict[str, float]:
        beats = self._instance.get_daemon_heartbeats()
        return {kind: beat.timestamp for kind, beat in beats.items()}


class WorkerPulse(Pulse):
    """Of a worker: the bytes it writes into a pipe, see ``defs/instance/worker_beat.py``.

    One that computes without letting go of the interpreter (aligning a long song) cannot write, but
    the processor time it uses shows that it works.
    """

    def __init__(self) -> None:
        super().__init__(self._heard, WORKS_LONG)
        self._ends: tuple[FileIO, FileIO] | None = None
        self._pid = 0
        self._cpu = 0.0

    def prepare(self) -> tuple[Mapping[str, str], tuple[int, ...]]:
        for end in self._ends or ():
            end.close()
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._ends = FileIO(reading), FileIO(writing, "w")
        return {BEAT_FD: str(writing)}, (writing,)

    def begin(self, pid: int) -> None:
        super().begin(pid)
        self._pid, self._cpu = pid, cpu_seconds(pid)

    def _heard(self) -> bool:
        assert self._ends is not None
        beats = self._ends[0].read(4096)  # None while there is nothing
        used = cpu_seconds(self._pid)
        if not beats and used - self._cpu < CPU_OF_WORK:
            return False
        self._cpu = used
        return True


def cpu_seconds(pid: int) -> float:
    """User and system time of a process; 0 where that cannot be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
