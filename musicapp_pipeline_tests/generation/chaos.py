"""One randomised run: takes, faults, kills and cancels, then the two ledgers side by side."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.generation import questions, resolving, submission
from musicapp_pipeline.generation.dispatcher import Dispatcher
from musicapp_pipeline.generation.errors import MediaInvalid
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.media_local import LocalMediaStore
from musicapp_pipeline.store.models import GenerationAttempt, now
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.money_world import MoneyWorld, wait_for
from musicapp_pipeline_tests.generation.mortal import RandomLife, mortal

FATES = ("complete",) * 9 + ("fail", "moderated", "stuck", "vanish", "fake_complete", "short")
DIALECTS = ("openai",) * 6 + ("litellm", "litellm", "vllm", "sglang")
PACE: dict[str, Any] = {
    "tick": 0.05,
    "poll": 0.04,
    "list_lag": 0.08,
    "job_timeout": 0.8,
    "vanished_after": 0.2,
    "send_limit": 0.6,
    "straggle": 0.6,
    "grace": 0.5,
    "retry": 0.02,
    "download_tries": 4,
    "download_rounds": 4,
    "max_in_flight": 4,
    "doubtful": 0.4,
}
KILLS = 4
"""Of a run, at most; later ones would only make it longer."""
ROUNDS = 12
"""Looks at a take that is late, at most; any may meet with another fault."""


class FullNowAndThen(LocalMediaStore):
    """A folder on a disk that others fill and empty."""

    def __init__(self, root: Path, dice: random.Random, probability: float) -> None:
        super().__init__(root)
        self._dice, self._probability = dice, probability

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        with super().writing(key) as path:
            yield path
            if self._dice.random() < self._probability:
                raise OSError(28, "No space left on device")


class Chaos:
    """A world, and the dice that decide what happens in it."""

    def __init__(self, world: MoneyWorld, dice: random.Random) -> None:
        self.world, self.dice = world, dice
        self.kills = 0
        self.mortality = dice.choice([0.0, 0.02, 0.06])
        world.server.list_sorts = dice.random() < 0.7
        world.server.list_tells_more = dice.random() < 0.7
        world.server.list_page = dice.choice([1, 2, 100])
        world.media = FullNowAndThen(world.media.root, dice, dice.choice([0.0, 0.2]))
        self.fetched_again: set[str] = set()
        world.server.fates.extend(dice.choices(FATES, k=30))
        world.server.play_dice(dice.randrange(2**32), dice.choice([0.0, 0.1, 0.25]))

    @staticmethod
    def server(dice: random.Random) -> dict[str, Any]:
        """How the provider is."""
        return {
            "dialect": dice.choice(DIALECTS),
            "job_seconds": dice.choice([0.0, 0.03, 0.1]),
            "list_lag": dice.choice([0.0, 0.04]),
            "visible_after": dice.choice([0.0, 0.0, 0.05]),
        }

    def play(self) -> None:
        """From the admission to the invoice."""
        self.world.admit(each=self.dice.randint(1, 2))
        asyncio.run(self._live())
        for _ in range(ROUNDS):
            if not self._clear_up():
                break
            self.world.time_passes()
            asyncio.run(self._live())
        self.check()

    async def _live(self) -> None:
        """A crew drives the takes; whoever is killed is replaced."""
        places = [asyncio.create_task(self._place()) for _ in range(self.dice.randint(1, 3))]
        try:
            if self.dice.random() < 0.3:
                self._cancel_one()
            await wait_for(lambda: self._at_rest() or any(p.done() for p in places))
        finally:
            for place in places:
                place.cancel()
            ended = await asyncio.gather(*places, return_exceptions=True)
        assert all(isinstance(e, asyncio.CancelledError) for e in ended), f"ended early: {ended}"

    def _at_rest(self) -> bool:
        """Everything rests, and every stuck take has been looked at again."""
        stuck = [a.next_action_at for a in self.world.attempts() if a.state == "stuck"]
        return self.world.resting() and all(due is not None and due > now() for due in stuck)

    async def _place(self) -> None:
        """One dispatcher after the other, until cancelled."""
        while True:
            life = RandomLife(self.dice, self.mortality if self.kills < KILLS else 0.0)
            dispatcher = mortal(self.world.dispatcher(**PACE), life)
            running = asyncio.create_task(dispatcher.run())
            try:
                while not life.dead:
                    await asyncio.sleep(0.01)
                self.kills += 1
            finally:
                await self._end(dispatcher, running)
            self.world.die(dispatcher.owner)

    async def _end(self, dispatcher: Dispatcher, running: "asyncio.Task[None]") -> None:
        dispatcher.stop()
        await asyncio.gather(running, return_exceptions=True)

    def _cancel_one(self) -> None:
        with self.world.database.write() as session:
            version = takes.get(session, self.dice.choice(self.world.takes()).id)
            submission.request_cancel(session, version)

    # What a person does who can see the provider's console

    def _clear_up(self) -> bool:
        """Answer every open question. Whether there is something to drive again."""
        attached = False
        for attempt in self.world.attempts():
            with self.world.database.write() as session:
                asked = questions.open_question(session, attempt.version_id)
                if self._fetch_again(session, attempt):
                    attached = True
                    continue
                if asked is None or asked.id != attempt.id:
                    continue
                if attempt.state == "stuck" and self._failed(attempt):
                    resolving.not_charged(session, attempt.version_id)
                elif attempt.state == "stuck" and self._late(attempt):
                    attached = True  # it only took longer than we waited
                elif attempt.state == "stuck":
                    resolving.charged(session, attempt.version_id)
                elif (found := self._in_console(attempt)) is not None:
                    resolving.attach(session, attempt.version_id, found)
                    attached = True
                else:
                    resolving.not_charged(session, attempt.version_id)
        return attached

    def _fetch_again(self, session: Session, attempt: GenerationAttempt) -> bool:
        """Once a take, whether that can help or not; the money must not notice."""
        if attempt.version_id in self.fetched_again or attempt.state != "settled":
            return False
        try:
            resolving.fetch_again(session, attempt.version_id)
        except resolving.NothingToResolve:
            return False
        self.fetched_again.add(attempt.version_id)
        return True

    def _failed(self, attempt: GenerationAttempt) -> bool:
        """Only a person says so of a job that a person named; failures are not charged here."""
        job = self.world.server._find(str(attempt.provider_job_id))
        failed = job is not None and job.fate in ("fail", "moderated")
        return failed and attempt.named_by_person

    def _late(self, attempt: GenerationAttempt) -> bool:
        job = self.world.server._find(str(attempt.provider_job_id))
        return job is not None and job.fate not in ("stuck", "vanish")

    def _in_console(self, attempt: GenerationAttempt) -> str | None:
        """A job with the take's prompt that no take has."""
        prompt = self.world.take(attempt.version_id).prompt
        find = self.world.server._find
        owned = {
            job.id
            for a in self.world.attempts()
            if (job := find(str(a.provider_job_id))) is not None
        }
        jobs = self.world.server.jobs.values()
        return next(
            (j.id for j in jobs if j.request["prompt"] == prompt and j.id not in owned), None
        )

    # The invoice

    def check(self) -> None:
        """No purchase twice, none unknown to us, and the same sum to the millionth."""
        world, find = self.world, self.world.server._find
        rows = world.attempts()
        jobs = {a.id: find(a.provider_job_id) for a in rows if a.provider_job_id}
        assert sorted(j.id for j in jobs.values() if j) == sorted(
            charge.job_id for charge in world.server.ledger.charges
        ), "each purchase is one attempt's"
        for version in world.takes():
            mine = [a for a in rows if a.version_id == version.id]
            whole = [a for a in mine if (j := jobs.get(a.id)) and j.fate == "complete"]
            assert len(whole) <= 1, f"{version.key} was bought {len(whole)} times"
            assert all(a.media_key is not None for a in whole), f"{version.key}: paid and lost"
            assert (version.status == "landed") == bool(whole)
        assert world.money() == (Decimal(0), world.server.ledger.total())
        assert all(a.state in ("settled", "released") for a in rows)
        held, spent = world.money()
        assert held + spent <= world.cap()


def byte_check(path: Path, seconds: int, size: str) -> dict[str, object]:
    """Is it the clip that the test provider sells?"""
    if path.read_bytes() != clip_bytes(seconds):
        raise MediaInvalid("not the clip")
    return {}
