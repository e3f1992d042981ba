"""A project with scenes, a provider that bills, and dispatchers between the two."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select, true, update

from musicapp_pipeline.generation import admission, ledger, states
from musicapp_pipeline.generation.admission import Admitted
from musicapp_pipeline.generation.crew import Crew
from musicapp_pipeline.generation.dispatcher import Dispatcher, DispatcherOptions
from musicapp_pipeline.generation.port import VideoProvider
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media_local import LocalMediaStore
from musicapp_pipeline.store.models import (
    GenerationAttempt,
    ProcessingJob,
    SceneVersion,
    SpendEntry,
    now,
)
from musicapp_pipeline_tests.databases import Kind, open_database
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import client_of
from musicapp_pipeline_tests.store.rows import new_project

QUICK = DispatcherOptions(
    poll=0.02,
    max_in_flight=8,
    list_lag=0.05,
    job_timeout=3600.0,
    doubtful=0.0,
    max_retries=3,
    tick=0.03,
    retry=0.03,
    longest_look=0.05,
    longest_store=0.1,
    download_wait=0.01,
    straggle=0.0,
    stuck_look=60.0,
    grace=5.0,
)
PATIENCE = 600.0
"""Seconds a test waits for something that takes a fraction of one on an idle machine."""
AGES = timedelta(minutes=10)
FOUR_SECONDS = Decimal("0.24")
"""What a scene's take costs here: four seconds at six cents."""


class MoneyWorld:
    """Everything between an admission and a landed clip.

    Args:
        scenes: how many; each with a prompt of its own, so that bills can be told apart.
        cap: of the project, in dollars.
    """

    def __init__(
        self, database: Database, folder: Path, server: FaultServer, scenes: int, cap: str
    ) -> None:
        self.database = database
        self.folder = folder
        self.media = LocalMediaStore(folder / "media")
        self.server = server
        self.landings: list[str] = []
        with database.write() as session:
            project, made = new_project(session, scenes, budget_cap_usd=Decimal(cap))
            for number, scene in enumerate(made):
                scene.prompt_override = f"a lighthouse, view {number}"
            self.project_id = project.id
            self.scene_ids = [scene.id for scene in made]

    # Admitting and looking

    def admit(
        self,
        *numbers: int,
        each: int = 1,
        provider: VideoProvider | None = None,
        **changes: Any,
    ) -> list[Admitted]:
        """Takes of the scenes with these numbers (all when none is named), with jobs."""
        chosen = [self.scene_ids[n] for n in numbers or range(len(self.scene_ids))]
        provider = provider or self.provider(**changes)
        with self.database.write() as session:
            project = projects.get(session, self.project_id, lock=True)
            wanted = [(scenes.get(session, scene_id), each) for scene_id in chosen]
            return admission.admit(session, project, wanted, provider, with_jobs=True)

    def take(self, version_id: str) -> SceneVersion:
        with self.database.read() as session:
            return takes.get(session, version_id)

    def takes(self) -> list[SceneVersion]:
        query = select(SceneVersion).order_by(SceneVersion.key)
        with self.database.read() as session:
            return list(session.scalars(query))

    def attempts(self) -> list[GenerationAttempt]:
        """In the order they were made."""
        query = select(GenerationAttempt).order_by(
            GenerationAttempt.created_at, GenerationAttempt.number, GenerationAttempt.id
        )
        with self.database.read() as session:
            return list(session.scalars(query))

    def attempt(self) -> GenerationAttempt:
        """The only one."""
        (one,) = self.attempts()
        return one

    def jobs(self) -> list[ProcessingJob]:
        with self.database.read() as session:
            return list(session.scalars(select(ProcessingJob).order_by(ProcessingJob.created_at)))

    def states(self) -> list[str]:
        return [attempt.state for attempt in self.attempts()]

    def statuses(self) -> list[str]:
        return [version.status for version in self.takes()]

    def money(self) -> tuple[Decimal, Decimal]:
        """Held and spent."""
        with self.database.read() as session:
            return (
                ledger.held(session, self.project_id),
                ledger.spent(session, self.project_id),
            )

    def resting(self) -> bool:
        """Has every attempt ended, or been left to a person or to a later look?"""
        return all(
            a.state in states.FINAL
            or a.state == "stuck"
            or (a.state == "unknown" and a.next_action_at is None)
            for a in self.attempts()
        )

    # Driving

    def provider(self, **changes: Any) -> VideoProvider:
        return client_of(self.server, **changes)

    def dispatcher(self, provider: VideoProvider | None = None, **options: Any) -> Dispatcher:
        async def heard(key: str) -> None:
            self.landings.append(key)

        return Dispatcher(
            self.database,
            self.media,
            provider or self.provider(),
            replace(QUICK, **options),
            on_landed=heard,
        )

    def drive(
        self,
        until: Callable[[], bool] | None = None,
        *,
        dispatchers: int = 1,
        provider: VideoProvider | None = None,
        **options: Any,
    ) -> None:
        """Run dispatchers until something is so; until every attempt rests if nothing is said."""
        crew = [self.dispatcher(provider, **options) for _ in range(dispatchers)]
        asyncio.run(run_until(crew, until or self.resting))

    def die(self, owner: str | None = None) -> None:
        """What a kill leaves behind, some minutes later: leases that nobody renews, and nothing
        on its way any more.

        Args:
            owner: the dispatcher that was killed; all of them when none is named.
        """
        theirs = GenerationAttempt.lease_owner == owner if owner else true()
        sent = GenerationAttempt.state == "submitting"
        with self.database.write() as session:
            session.execute(
                update(GenerationAttempt).where(theirs, sent).values(submitted_at=now() - AGES)
            )
            session.execute(
                update(GenerationAttempt).where(theirs).values(lease_until=now() - AGES)
            )

    def time_passes(self) -> None:
        """Whatever waits for a moment is due, and every lease is over."""
        moment = now() - timedelta(seconds=1)
        with self.database.write() as session:
            session.execute(update(GenerationAttempt).values(lease_until=moment))
            session.execute(
                update(GenerationAttempt)
                .where(GenerationAttempt.next_action_at.is_not(None))
                .values(next_action_at=moment)
            )

    def hold(self) -> None:
        """Jobs take for ever from now on."""
        self.server.job_seconds = 3600.0

    def let_go(self) -> None:
        """Every job is done, and whatever waits is due."""
        self.server.job_seconds = 0.0
        for job in self.server.jobs.values():
            job.seconds_to_do = 0.0
        self.time_passes()

    # The two ledgers

    def check_books(self) -> None:
        """Our ledger says what the provider's says, and no take was paid twice."""
        check_entries(self.database, self.project_id)
        held, spent = self.money()
        assert held + spent <= self.cap()
        charged = {charge.job_id for charge in self.server.ledger.charges}
        ours = {a.provider_job_id for a in self.attempts() if a.provider_job_id}
        assert ours == charged, "a job was paid that no take knows, or known and never paid"
        for job_id in charged:
            owners = [a for a in self.attempts() if a.provider_job_id == job_id]
            assert len(owners) == 1

    def check_settled(self) -> None:
        """With nothing open, what is spent is the provider's invoice to the cent."""
        self.check_books()
        assert self.money() == (Decimal(0), self.server.ledger.total())

    def cap(self) -> Decimal:
        with self.database.read() as session:
            return projects.get(session, self.project_id).budget_cap_usd


def check_entries(database: Database, project_id: str) -> None:
    """The lines of the ledger add up to its sums."""
    with database.read() as session:
        held, spent = ledger.held(session, project_id), ledger.spent(session, project_id)
        assert ledger.committed(session, project_id) == held + spent
        lines = ledger.entries(session, project_id)
    assert _sum(lines, "reserve", "release") == held + spent
    assert _sum(lines, "settle") == spent


def _sum(lines: Sequence[SpendEntry], *kinds: str) -> Decimal:
    return sum((line.amount_usd for line in lines if line.kind in kinds), Decimal(0))


async def run_until(crew: Sequence[Dispatcher | Crew], so: Callable[[], bool]) -> None:
    """Run dispatchers together until something is so, then stop them."""
    running = [asyncio.create_task(dispatcher.run()) for dispatcher in crew]
    try:
        await wait_for(so)
    finally:
        for dispatcher in crew:
            dispatcher.stop()
        await asyncio.gather(*running)


async def wait_for(so: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Until something that happens elsewhere has happened."""
    deadline = time.monotonic() + patience
    while not await asyncio.to_thread(so):
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.03)


@contextmanager
def money_world(
    kind: Kind, folder: Path, *, scenes: int = 1, cap: str = "25", **server: Any
) -> Iterator[MoneyWorld]:
    """A world with a database and a provider of its own."""
    with open_database(kind, folder) as database, FaultServer(**server) as running:
        yield MoneyWorld(database, folder, running, scenes, cap)
