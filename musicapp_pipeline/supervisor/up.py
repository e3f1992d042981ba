"""Ordered start, health, restart and clean stop of API, webserver, daemon, code server, worker."""

import contextlib
import os
import random
import signal
import socket
import sys
import time
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.supervisor.child import Child
from musicapp_pipeline.supervisor.signs import (
    WorkerPulse,
    code_pulse,
    daemon_pulse,
    web_pulse,
)

START_TIMEOUT = 600.0
STOP_TIMEOUT = 20.0
"""The API ends connections (5 s), then submissions on their way (10 s), and gives leases back."""
OUR_PORTS = range(28_000, 32_000)
"""For the code server. The kernel's own begin at 32,768, nearly everywhere."""


class CannotStart(MusicAppError):
    """A port is taken, or a child never became ready."""

    code = "cannot_start"


class Supervisor:
    """The children and their order."""

    def __init__(
        self,
        settings: Settings,
        host: str,
        port: int,
        dagster_port: int,
        *,
        dispatcher: bool = True,
    ) -> None:
        from musicapp_pipeline.defs.bench import Workbench
        from musicapp_pipeline.defs.instance.home import dagster_home, open_instance

        if not settings.musicapp_api_tokens:
            check_loopback(host)
        for wanted in (port, dagster_port):
            _check_free(host, wanted)
        self._stopping = False
        self._dispatcher = dispatcher
        self._host, self._port, self._dagster_port = host, port, dagster_port
        # One process first: several opening a fresh SQLite home at once break it for good.
        Workbench.open(settings).database.dispose()
        home = dagster_home(settings)
        self._code_port = _free_port()
        workspace = _write_workspace(home, self._code_port)
        env = {
            **os.environ,
            "DAGSTER_HOME": str(home),
            "MUSICAPP_HOME": str(settings.home),
            "DAGSTER_DISABLE_TELEMETRY": "yes",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
        }
        if "backend_api_base" not in settings.model_fields_set:
            env["BACKEND_API_BASE"] = f"http://{_named(host)}:{port}/api"
        self._instance = open_instance(settings)
        self.children = self._children(env, workspace, settings.redis_queue_name)

    def _children(self, env: dict[str, str], workspace: Path, queue: str) -> list[Child]:
        bins = Path(sys.executable).parent
        python = sys.executable
        local = ["-h", "127.0.0.1"]
        web = ["-p", str(self._dagster_port), "--log-level", "warning"]
        alone = ["-P", "solo", "-l", "warning", "--without-gossip", "--without-mingle"]
        code = ["-m", "musicapp_pipeline.definitions", "--location-name", "musicapp"]
        celery = "musicapp_pipeline.defs.instance.celery_app"
        dagster_url = f"http://127.0.0.1:{self._dagster_port}"
        api = ["--host", self._host, "--port", str(self._port), "--dagster-url", dagster_url]
        if not self._dispatcher:
            api.append("--no-dispatcher")
        return [
            Child(
                "code",
                [f"{bins}/dagster", "api", "grpc", *local, "-p", str(self._code_port), *code],
                env,
                code_pulse(self._code_port),
                signal.SIGKILL,
            ),
            Child(
                "web",
                [f"{bins}/dagster-webserver", "-w", str(workspace), *local, *web],
                env,
                web_pulse("127.0.0.1", self._dagster_port, "/server_info"),
                signal.SIGKILL,
            ),
            Child(
                "daemon",
                [f"{bins}/dagster-daemon", "run", "-w", str(workspace), "--log-level", "warning"],
                env,
                daemon_pulse(self._instance),
                signal.SIGKILL,
            ),
            Child(
                "worker",
                [python, "-m", "celery", "-A", celery, "worker", "-Q", queue, *alone],
                env,
                WorkerPulse(),
            ),
            Child(
                "api",
                [python, "-m", "musicapp_pipeline.supervisor.api_process", *api],
                env,
                web_pulse(self._host, self._port, "/healthz"),
            ),
        ]

    def run(self) -> int:
        """Until SIGTERM or Ctrl-C; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            self._start_all()
            while not self._stopping:
                for child in self.children:
                    child.look()
                time.sleep(0.25)
        finally:
            self._stop_all()
        return 0

    def _start_all(self) -> None:
        for child in self.children:
            if self._stopping:
                return
            child.start()
            if child.name == "code":
                self._wait_for("127.0.0.1", self._code_port, child)
        for host, port, name in (
            ("127.0.0.1", self._dagster_port, "web"),
            (self._host, self._port, "api"),
        ):
            self._wait_for(host, port, next(c for c in self.children if c.name == name))
        if not self._stopping:
            print(f"API      http://{self._host}:{self._port}/", flush=True)
            print(f"Dagster  http://127.0.0.1:{self._dagster_port}/", flush=True)

    def _wait_for(self, host: str, port: int, child: Child) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not self._stopping and not _listens(host, port):
            child.look()
            if time.monotonic() > deadline:
                raise CannotStart(f"{child.name} is not ready after {START_TIMEOUT:.0f} s")
            time.sleep(0.1)

    def _stop_all(self) -> None:
        for child in reversed(self.children):
            child.stop()
        deadline = time.monotonic() + STOP_TIMEOUT
        for child in reversed(self.children):
            child.wait(deadline - time.monotonic())
        self._instance.dispose()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def run_all(
    settings: Settings, *, host: str, port: int, dagster_port: int, dispatcher: bool = True
) -> int:
    """``musicapp up``.

    Args:
        dispatcher: whether takes are generated in the API's process.
    """
    return Supervisor(settings, host, port, dagster_port, dispatcher=dispatcher).run()


def _write_workspace(home: Path, port: int) -> Path:
    path = home / "workspace.yaml"
    path.write_text(
        "load_from:\n  - grpc_server:\n      host: 127.0.0.1\n"
        f"      port: {port}\n      location_name: musicapp\n"
    )
    return path


def _named(host: str) -> str:
    """The host as this machine's own addresses name it."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def check_loopback(host: str) -> None:
    """Whoever reaches the API may spend money: without tokens only this machine reaches it.

    Raises:
        CannotStart: the address is another machine's way in.
    """
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise CannotStart(
            f"--host {host} would let other machines in, and anybody there could spend money; set"
            " MUSICAPP_API_TOKENS first",
            field="host",
            value=host,
            allowed="127.0.0.1 or localhost, as long as there are no tokens",
        )


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"port {port} on {host} cannot be used: {error.strerror}; choose others with"
                " --port and --dagster-port",
                field="port",
                value=port,
            ) from error


def _free_port() -> int:
    """Wanted again after each restart, so not one that the kernel gives to whoever connects."""
    for port in random.sample(OUR_PORTS, len(OUR_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise CannotStart(f"all ports from {OUR_PORTS[0]} to {OUR_PORTS[-1]} are taken")


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
