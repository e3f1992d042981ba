"""A hundred takes in flight in one worker, and fifty reservations at once.

The provider is the tests' own, in a process of its own, without hints of when to poll. Its jobs
take ``JOB_SECONDS`` instead of two minutes, so that this ends: what is added after the provider's
own end (the wait for the next poll, download, check, landing) does not depend on how long a job
takes, and is set against 120 s. CPU is that of this process while all takes are only polled.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from musicapp_pipeline.generation.dispatcher import Dispatcher, DispatcherOptions
from musicapp_pipeline.generation.ledger import OverBudget
from musicapp_pipeline.generation.providers.videos_api import VideosApi
from musicapp_pipeline_tests.databases import KINDS, Kind, open_database
from musicapp_pipeline_tests.generation import clips, fault_server
from musicapp_pipeline_tests.generation.fault_server import KEY, FaultServer
from musicapp_pipeline_tests.generation.helpers import record
from musicapp_pipeline_tests.generation.money_world import MoneyWorld, wait_for
from musicapp_pipeline_tests.generation.tiny_http import Response
from musicapp_pipeline_tests.together import together

TAKES = 100
JOB_SECONDS = 45.0
TAKE_SECONDS = 120.0
"""How long a real provider needs."""
POLL = 10.0
PATIENCE = 240.0
"""Seconds for the landing of all, on a machine that has other things to do."""


class Served(FaultServer):
    """Leaves the pace of polling to us."""

    def _job_answer(self, *args: Any, **kwargs: Any) -> Response:
        answer = super()._job_answer(*args, **kwargs)
        answer.headers = {}
        return answer


def serve() -> None:
    """A provider until standard input ends; prints its address."""
    clip = partial(clips.clip_bytes, width=1280, height=720)
    clip(4)
    fault_server.clip_bytes = clip
    with Served(job_seconds=JOB_SECONDS) as server:
        print(server.url, flush=True)
        sys.stdin.read()


@contextmanager
def provider() -> Iterator[str]:
    """The address of a provider in another process."""
    argv = [sys.executable, "-m", __spec__.name, "serve"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        yield child.stdout.readline().strip()
        child.stdin.close()


def resident_mb() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


class Flight:
    """The figures of a batch."""

    def __init__(self, world: MoneyWorld, url: str) -> None:
        self.world = world
        self.provider = VideosApi(url, KEY, record)
        options = DispatcherOptions(poll=POLL, max_in_flight=TAKES)
        self.dispatcher = Dispatcher(world.database, world.media, self.provider, options)
        self.idle = self.flying = self.highest = self.cpu = self.window = 0.0

    async def fly(self) -> None:
        """Idle, in flight, landed."""
        running = asyncio.create_task(self.dispatcher.run())
        await asyncio.sleep(2)
        self.idle = resident_mb()
        watching = asyncio.create_task(self._watch())
        began = time.monotonic()
        await asyncio.to_thread(self.world.admit)
        await wait_for(lambda: not {"reserved", "submitting"} & {*self.world.states()}, PATIENCE)
        await asyncio.sleep(1)
        await self._poll_window(JOB_SECONDS - (time.monotonic() - began) - 2)
        await wait_for(self.world.resting, PATIENCE)
        watching.cancel()
        self.dispatcher.stop()
        await running
        await self.provider.aclose()

    async def _poll_window(self, seconds: float) -> None:
        cpu, moment = time.process_time(), time.monotonic()
        await asyncio.sleep(max(seconds, 1))
        self.cpu, self.window = time.process_time() - cpu, time.monotonic() - moment
        self.flying = resident_mb()

    async def _watch(self) -> None:
        while True:
            self.highest = max(self.highest, resident_mb())
            await asyncio.sleep(0.25)

    def last_landing(self) -> float:
        """Seconds from the provider's own end of a take to its landing, of the latest."""
        rows = self.world.attempts()
        assert [a.state for a in rows] == ["settled"] * TAKES
        ends = [(a.ended_at - a.accepted_at).total_seconds() for a in rows]
        return max(ends) - JOB_SECONDS


def fly() -> bool:
    """A hundred takes; prints the figures and says whether they are within the limits."""
    with tempfile.TemporaryDirectory() as folder, provider() as url:
        home = Path(folder)
        with open_database("sqlite", home) as database, FaultServer() as unused:
            flight = Flight(MoneyWorld(database, home, unused, TAKES, "25"), url)
            asyncio.run(flight.fly())
            late = flight.last_landing()
    share = flight.cpu / flight.window
    ratio = (TAKE_SECONDS + late) / TAKE_SECONDS
    return all(
        (
            line(f"memory with {TAKES} in flight over idle", flight.flying - flight.idle, 60, "MB"),
            line("memory at its highest, landing", flight.highest - flight.idle, 60, "MB"),
            line(
                f"CPU of a core, polling every {POLL:.0f} s ({flight.window:.0f} s)",
                100 * share, 15, "%",
            ),
            line(f"landed after the provider's own {TAKE_SECONDS:.0f} s", ratio, 1.2, "x"),
        )
    )  # fmt: skip


def reserve(kind: Kind) -> bool:
    """Fifty at once on a cap that holds ten."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_database(kind, home) as database, FaultServer() as server:
            world = MoneyWorld(database, home, server, 1, "2.40")
            began = time.monotonic()
            answers = together(50, lambda _: world.admit()[0].version.key)
            seconds = time.monotonic() - began
            held, _ = world.money()
    refused = sum(isinstance(answer, OverBudget) for answer in answers)
    exact = refused == 40 and held == Decimal("2.40")
    print(f"| 50 reservations at once, {kind} | {seconds:.2f} s | cap ${held} kept: {exact} |")
    return exact


def line(what: str, value: float, limit: float, unit: str) -> bool:
    """Print a row; answers whether it is within its limit."""
    print(f"| {what} | {value:.2f} {unit} | {limit} {unit} |", flush=True)
    return value <= limit


def main() -> int:
    print("| what | measured | limit |\n| --- | ---: | ---: |")
    good = [fly(), *(reserve(kind) for kind in KINDS)]
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"\nLoad at the end: {load}; above one a core, the landing tells of the others.")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(serve() if "serve" in sys.argv[1:] else main())
