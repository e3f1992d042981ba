"""One attempt's way from reservation to a landed clip, from wherever it stands."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.orm import Session

from musicapp_pipeline.generation import (
    buying,
    clock,
    gates,
    landing,
    ledger,
    naming,
    receiving,
    reconcile,
    standing,
    submission,
)
from musicapp_pipeline.generation.errors import JobVanished, StatusUnavailable, UnknownModel
from musicapp_pipeline.generation.naps import Naps
from musicapp_pipeline.generation.port import Capabilities, VideoProvider
from musicapp_pipeline.generation.transactions import Transactions
from musicapp_pipeline.store import jobs, takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import MediaStore
from musicapp_pipeline.store.models import GenerationAttempt

if TYPE_CHECKING:
    from musicapp_pipeline.generation.dispatcher import DispatcherOptions

T = TypeVar("T")
STUCK_LOOK = 10
"""A stuck job is looked at this many times more rarely than a running one."""
SOONEST = 0.1
"""Of the poll interval: a provider that says "now" is not asked in a loop."""
LONGEST, LAST_LEG = 1.6, 1.15
"""Of the poll interval: polls are spread from one to this, so that takes do not ask in step; less
when a job is more than half done, so that its clip does not wait."""
RECEIVING = 8
"""Clips fetched and checked at once; a batch that ends together would fill the memory."""


class Drive:
    """The steps of an attempt; each commits what it learned before the next one starts."""

    def __init__(
        self,
        database: Database,
        media: MediaStore,
        provider: VideoProvider,
        options: "DispatcherOptions",
        *,
        buys: bool = True,
    ) -> None:
        self.database = database
        self.media = media
        self.provider = provider
        self.options = options
        self.buys = buys
        self.polls = gates.Pause()
        self.naps = Naps()
        self.receiving = asyncio.Semaphore(RECEIVING)
        self._transactions = Transactions(database)

    async def settled(self, patience: float) -> None:
        """Wait for transactions that go on after whoever began them was cancelled."""
        await self._transactions.settled(patience)

    def close(self) -> None:
        """Let the threads go; nothing can be driven any more."""
        self._transactions.close()

    async def until_parked(self, attempt_id: str) -> str | None:
        """Go on until the attempt ends or has to wait for long.

        Returns:
            The take's partition key when its clip has landed.
        """
        while True:
            attempt = await self.read(lambda s: ledger.read(s, attempt_id))
            go_on = await self._step(attempt)
            if go_on is None:
                return await self._landed_key(attempt)
            if not go_on:
                return None

    async def _step(self, attempt: GenerationAttempt) -> bool | None:
        """Whether to go on now; False leaves the attempt to a later tick, None says it ended."""
        match attempt.state:
            case "reserved":
                return self.buys and await buying.buy(self, attempt)
            case "submitting":
                return await self._interrupted(attempt)
            case "unknown":
                return await self._reconcile(attempt)
            case "submitted" | "stuck":
                return await self._poll(attempt)
            case "completed":
                return await receiving.receive(self, attempt)
            case _:
                return None

    async def _interrupted(self, attempt: GenerationAttempt) -> bool:
        """Found on its way after a crash: nobody knows whether it arrived, or still will."""
        why = "the process ended while it was being sent"
        await self.write(lambda s: self.doubt(s, attempt, why, sender_lost=True))
        return True

    async def _reconcile(self, attempt: GenerationAttempt) -> bool:
        if attempt.next_action_at is None:
            return False
        wait = (attempt.next_action_at - await self.read(clock.moment)).total_seconds()
        if wait > 0:
            await asyncio.sleep(wait)
        return await reconcile.look(self, attempt)

    async def _poll(self, attempt: GenerationAttempt) -> bool:
        assert attempt.provider_job_id is not None
        await self.polls.over()
        try:
            job = await self.provider.status(attempt.provider_job_id)
        except StatusUnavailable as error:
            await self.slow_down(error)
            if await self._may_be_mistyped(attempt, error):
                why = f"No answer about the id that was attached ({error.message})."
                await self._stuck(attempt, why)
                return False
            return await self._not_yet(attempt, error.retry_after, error.message)
        except JobVanished as error:
            elsewhere = submission.elsewhere(attempt, self.provider.key)
            if buying.was_taken_back(attempt) and elsewhere is None:
                await self.write(lambda s: landing.taken_back(s, attempt.id))
                return False
            if await self.read(age(attempt)) < self.options.vanished_after:
                return await self._not_yet(attempt, None, error.message)
            why = "The provider no longer knows this job"
            why = f"{why}: {elsewhere}." if elsewhere else f"{why}."
            await self._stuck(attempt, why)
            return False
        if attempt.named_by_person:
            named = attempt.provider_job_id
            if not await self.write(lambda s: naming.holds(s, attempt.id, named, job)):
                return False
        if job.status == "completed":
            await self._of_the_same(attempt, lambda s: landing.delivered(s, attempt.id))
            return True
        if job.status == "failed":
            if await self.read(lambda s: naming.may_be_wrong(s, attempt, job)):
                why = naming.failed(job)
                await self._stuck(attempt, why)
                return False
            record, retries = self._record(attempt), self.options.max_retries
            await self.write(lambda s: landing.failed(s, attempt.id, job, record, retries))
            return False
        if job.progress > attempt.progress:
            await self.write(lambda s: landing.progressed(s, attempt.id, job))
        if job.status == "queued":
            await buying.take_back_if_unwanted(self, attempt)
        return await self._not_yet(attempt, job.poll_after, "it did not finish")

    async def _stuck(self, attempt: GenerationAttempt, why: str) -> None:
        stuck = partial(landing.stuck, why=why, look_again=self._rarely())
        await self._of_the_same(attempt, lambda s: stuck(s, attempt.id))

    async def _of_the_same(
        self, attempt: GenerationAttempt, act: Callable[[Session], None]
    ) -> None:
        """Act on what was told of a job, unless a person has named another one meanwhile."""

        def unless_named_anew(session: Session) -> None:
            if ledger.locked(session, attempt.id).provider_job_id == attempt.provider_job_id:
                act(session)

        await self.write(unless_named_anew)

    async def _may_be_mistyped(self, attempt: GenerationAttempt, error: StatusUnavailable) -> bool:
        """Some services answer a wrong id like an outage; a clip waits there for an hour only."""
        named = attempt.named_by_person and attempt.progress == 0 and not error.rate_limited
        return named and await self.read(age(attempt)) >= self.options.vanished_after

    async def _not_yet(self, attempt: GenerationAttempt, wish: float | None, why: str) -> bool:
        left = self.options.job_timeout - await self.read(age(attempt))
        if left <= 0 or attempt.state == "stuck":
            limit = f"{self.options.job_timeout:.0f} s"
            text = f"The provider has not delivered within {limit} ({why})."
            await self._stuck(attempt, text)
            return False
        wait = self.soon(attempt) if wish is None else max(wish, self.options.poll * SOONEST)
        await self.naps.nap(attempt.id, attempt.next_action_at, min(wait, left + self.options.poll))
        return True

    async def unexpected(self, attempt_id: str, error: Exception) -> None:
        """An answer that nobody foresaw, or a bug: not for ever, and not without a word.

        Only the error's kind is told to people; what it says may hold anything.
        """
        why = f"an unexpected {type(error).__name__}; the log says more"
        await self.write(lambda s: self._note_unexpected(s, attempt_id, why))

    def _note_unexpected(self, session: Session, attempt_id: str, why: str) -> None:
        attempt = ledger.locked(session, attempt_id)
        match attempt.state:
            case "submitted" | "stuck":
                overdue = age(attempt)(session) >= self.options.job_timeout
                if overdue or attempt.state == "stuck":
                    text = f"The provider's answers cannot be understood ({why})."
                    landing.stuck(session, attempt_id, text, self._rarely())
            case "unknown":
                reconcile.not_looked(session, attempt_id, why, self.options)
            case "reserved":
                for row in standing.open_jobs(session, attempt.version_id):
                    jobs.progress(session, row.id, 0, f"not sent yet: {why}")
            case _:
                pass  # a submission in doubt and a clip to fetch have limits of their own

    def _record(self, attempt: GenerationAttempt) -> Capabilities | None:
        try:
            return self.provider.capabilities(attempt.model)
        except UnknownModel:
            return None

    async def slow_down(self, error: StatusUnavailable) -> None:
        """A 429 to one question pauses the questions and submissions of all workers."""
        if not error.rate_limited:
            return
        wait = gates.pause(error.retry_after, self.options.retry)
        key, why = self.provider.key, error.message
        self.polls.closed_for(wait)
        await self.write(lambda s: gates.close_all(s, key, wait, why))

    async def _landed_key(self, attempt: GenerationAttempt) -> str | None:
        version = await self.read(lambda s: takes.get(s, attempt.version_id))
        ours = attempt.media_key is not None and version.clip_key == attempt.media_key
        return version.key if ours and version.status == "landed" else None

    def soon(self, attempt: GenerationAttempt) -> float:
        """Seconds until the next poll."""
        longest = LAST_LEG if attempt.progress > 0.5 else LONGEST
        return self.options.poll * random.uniform(1.0, longest)

    def _rarely(self) -> float:
        return max(self.options.stuck_look, self.options.poll * STUCK_LOOK)

    def doubt(
        self,
        session: Session,
        attempt: GenerationAttempt,
        message: str,
        *,
        sender_lost: bool = False,
        under_way: bool = False,
    ) -> None:
        """A submission may or may not have been bought: look for it once lists can show it.

        Args:
            sender_lost: nobody saw it end, so it may even still be on its way.
            under_way: no whole answer came of the service itself, which may still be at it.
        """
        moment = clock.moment(session)
        look_at = moment + timedelta(seconds=self.options.list_lag)
        absent_after = None
        # A simulated purchase is made in the sender itself: nothing of it outlives the process.
        if sender_lost and not attempt.simulated and attempt.submitted_at is not None:
            absent_after = attempt.submitted_at + timedelta(seconds=self.options.send_limit)
        elif under_way and not attempt.simulated:
            absent_after = moment + timedelta(seconds=self.options.straggle)
        submission.ambiguous(
            session,
            attempt.id,
            message,
            look_at,
            sent_at=attempt.submitted_at,
            absent_after=absent_after,
        )

    def postpone(self, session: Session, attempt_id: str, seconds: float) -> None:
        """Leave an attempt alone for a while."""
        attempt = ledger.locked(session, attempt_id)
        if attempt.state == "reserved":  # another dispatcher may have had its turn
            attempt.next_action_at = clock.moment(session) + timedelta(seconds=seconds)

    async def read(self, work: Callable[[Session], T]) -> T:
        """``work`` in a reading transaction, off the event loop."""
        return await self._transactions.read(work)

    async def write(self, work: Callable[[Session], T]) -> T:
        """``work`` in a committed transaction, off the event loop."""
        return await self._transactions.write(work)


def age(attempt: GenerationAttempt) -> Callable[[Session], float]:
    """Seconds since the provider accepted it, asked of a session."""

    def since_accepted(session: Session) -> float:
        moment = clock.moment(session)
        return (moment - (attempt.accepted_at or moment)).total_seconds()

    return since_accepted
