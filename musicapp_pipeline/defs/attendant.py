"""Looks after runs: parked ones, dead ones, and takes whose recording run got lost.

Runs beside the dispatcher. Everything it does is idempotent; several may run.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from math import inf

import dagster as dg
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES, RunsFilter

from musicapp_pipeline import logs
from musicapp_pipeline.defs import heartbeat
from musicapp_pipeline.defs.abandoned import end_abandoned_jobs, unrecorded_takes
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.instance.coordinator import is_released, release
from musicapp_pipeline.defs.instance.keys import RANGE_START, is_generation, keys_of
from musicapp_pipeline.defs.jobhook import LANDED_TAG
from musicapp_pipeline.defs.questions import Questions
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.generation.admission import admit_key
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.models import now

log = logs.get(__name__)
TICK = 2.0
PARKED = dg.DagsterRunStatus.QUEUED
UNRECORDED_AFTER = timedelta(seconds=15)
SWEEP = 10.0
"""Seconds between looks for jobs that nobody works on."""
COMB = 60.0
"""Seconds between looks for takes that no job waits for, and after which a run that has not brought
one on is followed by another; twice as many after each."""
AT_MOST = 7
"""Such runs that count."""
STARTS_WITHIN = timedelta(seconds=90)
"""A launched run that has not begun by then may have lost its message; a second one is harmless."""


class Attendant:
    """``tick`` every two seconds until cancelled.

    Args:
        landed: launches the recording run of a take (the launcher's method).
        told_of_landings: whether a dispatcher of this process calls it by itself; where they work
            elsewhere, what they fetched is noticed here.
    """

    def __init__(
        self,
        bench: Workbench,
        instance: dg.DagsterInstance,
        landed: Callable[[str], Awaitable[None]],
        *,
        told_of_landings: bool = True,
    ) -> None:
        self._bench = bench
        self._instance = instance
        self._landed = landed
        self._told = told_of_landings
        self._refused: dict[str, str] = {}
        self._questions = Questions(bench.database, instance, bench.settings.backend_api_base)
        self._swept = self._combed = -inf

    async def run(self) -> None:
        """Forever; a failing tick is logged and the next one tries again."""
        while True:
            try:
                await asyncio.to_thread(self.tick)
                for key in await asyncio.to_thread(self._unrecorded):
                    await self._landed(key)
            except Exception:  # one bad tick must not end the looking-after
                log.exception("attendant tick failed")
            await asyncio.sleep(TICK)

    def tick(self) -> None:
        """Admit and release parked runs; report dead ones; end what nobody works on."""
        parked = RunsFilter(statuses=[PARKED])
        for run in self._instance.get_runs(parked, ascending=True):  # who asked first comes first
            if is_generation(run) and not is_released(run):
                self._look_after(run)
        for run_id in heartbeat.silent(self._bench.database):
            self._bury(run_id)
        if time.monotonic() > self._swept + SWEEP:
            self._swept = time.monotonic()
            for job_id in end_abandoned_jobs(self._bench.database, self._instance):
                log.warning("job abandoned", job=job_id)
            self._questions.report()

    def _look_after(self, run: dg.DagsterRun) -> None:
        keys = keys_of(self._instance, run.tags)
        for key in keys:
            self._admit(key)
        with self._bench.database.read() as session:
            known = [k for k in keys if k not in self._refused]
            ended = not known or ledger.all_takes_ended(session, known)
        if ended:
            # A refused take fails in the body, with the reason, beside those that succeed.
            release(self._instance, run)
            for key in keys:
                self._refused.pop(key, None)

    def _admit(self, key: str) -> None:
        if key in self._refused:
            return
        try:
            with self._bench.database.write() as session:
                admit_key(session, key, self._bench.provider)
        except MusicAppError as error:
            log.warning("take refused", take=key, why=error.message)
            self._refused[key] = error.message

    def _bury(self, run_id: str) -> None:
        run = self._instance.get_run_by_id(run_id)
        alive = run is not None and run.status in IN_PROGRESS_RUN_STATUSES
        if heartbeat.forget(self._bench.database, run_id) and alive and run is not None:
            log.warning("worker lost", run=run_id)
            self._instance.report_run_failed(run, message="The worker was lost: no heartbeat.")

    def _unrecorded(self) -> list[str]:
        """Takes whose clip is here and whose short run nobody has launched, or was lost."""
        combs = time.monotonic() > self._combed + COMB
        jobless: list[str] = []
        with self._bench.database.read() as session:
            lately = now() - UNRECORDED_AFTER if self._told else now()
            keys = unrecorded_takes(session, lately)
            if combs or not self._told:
                jobless += takes.landed_before(session, lately)
            if combs:
                # Ordered in Dagster, with nobody to conform them: rare, and a look at every take.
                self._combed = time.monotonic()
                jobless += takes.unconformed_before(session, now() - UNRECORDED_AFTER)
        if jobless:
            in_ranges = self._in_ranges()
            keys += [k for k in jobless if k not in in_ranges and not self._had_run_lately(k)]
        return [key for key in dict.fromkeys(keys) if not self._has_run(key)]

    def _in_ranges(self) -> set[str]:
        """Takes of runs over a whole range, which conform theirs by and by."""
        running = RunsFilter(statuses=list(IN_PROGRESS_RUN_STATUSES))
        ranges = (r for r in self._instance.get_runs(running) if RANGE_START in r.tags)
        return {key for run in ranges for key in keys_of(self._instance, run.tags)}

    def _had_run_lately(self, key: str) -> bool:
        """Whether a run that did not help is too young for another one."""
        ended = self._instance.get_run_records(RunsFilter(tags={LANDED_TAG: key}), limit=AT_MOST)
        if not ended:
            return False
        last = max(record.update_timestamp for record in ended)
        return now() - last < timedelta(seconds=COMB * 2 ** (len(ended) - 1))

    def _has_run(self, key: str) -> bool:
        started = [s for s in IN_PROGRESS_RUN_STATUSES if s != dg.DagsterRunStatus.STARTING]
        busy = [*started, PARKED]
        launched = now() - STARTS_WITHIN
        for tags in ({LANDED_TAG: key}, {"dagster/partition": key}):
            starting = RunsFilter(
                tags=tags, statuses=[dg.DagsterRunStatus.STARTING], updated_after=launched
            )
            for wanted in (RunsFilter(tags=tags, statuses=busy), starting):
                if self._instance.get_runs(wanted, limit=1):
                    return True
        return False
