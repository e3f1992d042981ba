"""`musicapp up` as a test uses it: started on free ports, its children found and killed."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
from filelock import FileLock, Timeout

from musicapp_pipeline_tests.supervisor.clock import LONG

MUSICAPP = [sys.executable, "-m", "musicapp_pipeline.cli.main"]
CHILDREN = {
    "code": "api grpc",
    "web": "dagster-webserver",
    "daemon": "dagster-daemon",
    "worker": "celery",
    "api": "api_process",
}
"""What the command line of each child has in it."""
T = TypeVar("T")
_claimed: list[FileLock] = []
"""Held until this process ends."""


class Stack:
    """All processes of one home."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder, self.home = folder, folder / "home"
        self.port, self.dagster_port = free_port(), free_port()
        self.env = clean_env() | {"MUSICAPP_HOME": str(self.home), "USE_SORA_MOCK": "true"} | env
        self.log = folder / "up.log"
        self.api = f"http://127.0.0.1:{self.port}"
        self.dagster = f"http://127.0.0.1:{self.dagster_port}"
        self.http = httpx.Client(base_url=self.api, timeout=120, trust_env=False)
        ports = ["--port", str(self.port), "--dagster-port", str(self.dagster_port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*MUSICAPP, "up", *ports], env=self.env, cwd=folder, stdout=log, stderr=log
            )

    def wait_until_ready(self) -> None:
        """Every part answers."""
        self.until(lambda: self.http.get("/readyz").status_code == 200, bool)

    def pid(self, name: str) -> int | None:
        """The process that is this child now."""
        for pid in children(self.process.pid):
            if CHILDREN[name] in command_line(pid):
                return pid
        return None

    def kill(self, name: str) -> None:
        """SIGKILL: it has no say in it."""
        pid = self.pid(name)
        assert pid is not None, f"{name} is not running"
        os.kill(pid, signal.SIGKILL)

    def wait_until_replaced(self, name: str, before: int | None) -> None:
        """Another process stands in for the one that died."""
        self.until(lambda: self.pid(name), lambda pid: pid not in (None, before))

    def post(self, path: str, **kwargs: Any) -> Any:
        """Sent again with the same key until somebody answers; the answer's JSON."""
        headers = {"Idempotency-Key": f"{time.monotonic_ns()}"}

        def ask() -> httpx.Response:
            return self.http.post(path, headers=headers, **kwargs)

        answer = self.until(ask, lambda a: a.status_code not in (409, 503))
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        """Asked again until somebody answers; the answer's JSON."""
        answer = self.until(lambda: self.http.get(path), lambda a: a.status_code < 500)
        assert answer.is_success, answer.text
        return answer.json()

    def job(self, job_id: str) -> dict[str, Any]:
        """A job once it has ended."""
        ended = ("completed", "failed", "cancelled")
        job: dict[str, Any] = self.until(
            lambda: self.get(f"/api/jobs/{job_id}"), lambda j: j["status"] in ended
        )
        return job

    def until(self, ask: Callable[[], T], enough: Callable[[T], object]) -> T:
        """The first answer that is enough; nobody answering counts as not enough."""
        deadline = time.monotonic() + LONG
        last: object = None
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                last = answer = ask()
                if enough(answer):
                    return answer
            except httpx.TransportError as error:
                last = error
            time.sleep(0.1)
        ended = self.process.poll()
        why = f"after {LONG} s" if ended is None else f"when `musicapp up` ended with {ended}"
        raise AssertionError(f"still {last!r} {why}")

    def said(self) -> str:
        """The end of what all processes wrote."""
        return self.log.read_text(errors="replace")[-20_000:]

    def stop(self) -> int:
        """As Ctrl-C does; the exit status."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LONG)


@contextmanager
def running(folder: Path, **env: str) -> Iterator[Stack]:
    """A ready stack."""
    stack = Stack(folder, **env)
    try:
        try:
            stack.wait_until_ready()
        except AssertionError as error:
            error.add_note(stack.said())
            raise
        yield stack
    finally:
        stack.stop()


def clean_env() -> Mapping[str, str]:
    """Ours without what would change what is tested."""
    foreign = ("SORA_", "AWS_", "DATABASE", "REDIS", "MUSICAPP_", "DAGSTER_", "FAL_")
    return {k: v for k, v in os.environ.items() if not k.startswith(foreign)}


def free_port() -> int:
    """One nobody listens on, and that stays free until it is used.

    Not one of those that the kernel hands out to whoever connects, and not one that another test
    run has claimed.
    """
    while True:
        port = random.randrange(12_000, 28_000)
        claim = FileLock(Path(tempfile.gettempdir(), f"musicapp-test-port-{port}.lock"))
        with contextlib.suppress(Timeout, OSError):
            claim.acquire(timeout=0)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
            _claimed.append(claim)
            return port


def children(pid: int) -> list[int]:
    """Direct children, whichever thread started them."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it has just ended
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def has_ended(pid: int) -> bool:
    """Gone, or waiting for a parent that never buries anybody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def cpu_of(pid: int) -> float:
    """User and system seconds, of ended children, too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(f) for f in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def command_line(pid: int) -> str:
    """Empty for a process that has just gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
