"""Leaving the dispatcher of a process that does other work."""

import asyncio
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from musicapp_pipeline.defs.background import BackgroundDispatcher
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.inprocess import _own_signals
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import settings
from musicapp_pipeline_tests.generation.money_world import MoneyWorld, money_world
from musicapp_pipeline_tests.processes import wait


class Slow(FaultServer):
    """Makes and bills a job at once and answers when it is let."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(**changes)
        self.may_answer = threading.Event()

    async def _create(self, request: Any) -> Any:
        answer = await super()._create(request)
        await asyncio.to_thread(self.may_answer.wait)
        return answer


def bench_of(world: MoneyWorld, folder: Path) -> Workbench:
    chosen = settings(musicapp_home=folder, sora_poll_seconds=600)
    return Workbench(chosen, world.database, world.media, world.provider())


def test_the_answers_to_paid_requests_are_waited_for_when_somebody_interrupts(
    tmp_path: Path,
) -> None:
    with money_world("sqlite", tmp_path, scenes=2) as world, Slow() as server:
        world.server = server
        server.job_seconds = 3600.0
        world.admit()
        said: list[str] = []

        def say(text: str) -> None:
            said.append(text)
            server.may_answer.set()

        with pytest.raises(KeyboardInterrupt), BackgroundDispatcher(bench_of(world, tmp_path), say):
            wait(lambda: len(server.ledger.charges) == 2)
            raise KeyboardInterrupt
        assert len(said) == 1
        assert said[0].startswith("the answers to 2 paid requests are waited for")
        assert world.states() == ["submitted", "submitted"]
        assert all(a.provider_job_id and a.lease_owner is None for a in world.attempts())


def test_nothing_is_said_when_nothing_is_on_its_way(tmp_path: Path) -> None:
    with money_world("sqlite", tmp_path) as world:
        said: list[str] = []
        bench = bench_of(world, tmp_path)
        with pytest.raises(KeyboardInterrupt), BackgroundDispatcher(bench, said.append):
            raise KeyboardInterrupt
        assert said == []


def test_a_run_in_this_process_leaves_sigterm_as_it_was() -> None:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _own_signals():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as Dagster does where SIGINT is ignored
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)
