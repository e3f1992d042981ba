"""One attempt's way from reservation to a landed clip, from wherever it stands."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.orm import Session

from musicapp_pipeline.generation import buying, landing, ledger, receiving, reconcile, submission
from musicapp_pipeline.generation.errors import JobVanished, StatusUnavailable
from musicapp_pipeline.generation.port import VideoProvider
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import MediaStore
from musicapp_pipeline.store.models import GenerationAttempt, now

if TYPE_CHECKING:
    from musicapp_pipeline.generation.dispatcher import DispatcherOptions

T = TypeVar("T")
STUCK_LOOK = 10
"""A stuck job is looked at this many times more rarely than a running one."""
SOONEST = 0.1
"""Of the poll interval: a provider that says "now" is not asked in a loop."""
OTHERS_WAIT = 30.0
"""Seconds between looks whether another provider's attempt can go on."""


class Drive:
    """The steps of an attempt; each commits what it learned before the next one starts."""

    def __init__(
        self,
        database: Database,
        media: MediaStore,
        provider: VideoProvider,
        options: "DispatcherOptions",
    ) -> None:
        self.database = database
        self.media = media
        self.provider = provider
        self.options = options

    async def until_parked(self, attempt_id: str) -> str | None:
        """Go on until the attempt ends or has to wait for long.

        Returns:
            The take's partition key when its clip has landed.
        """
        while True:
            attempt = await self.read(lambda s: ledger.locked(s, attempt_id))
            if attempt.provider != self.provider.name:
                await self.write(lambda s: self.postpone(s, attempt_id, OTHERS_WAIT))
                return None
            go_on = await self._step(attempt)
            if go_on is None:
                return await self._landed_key(attempt)
            if not go_on:
                return None

    async def _step(self, attempt: GenerationAttempt) -> bool | None:
        """Whether to go on now; False leaves the attempt to a later tick, None says it ended."""
        match attempt.state:
            case "reserved":
                return await buying.buy(self, attempt)
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
        """Found on its way after a crash: nobody knows whether it arrived."""
        why = "the process ended while it was being sent"
        await self.write(lambda s: self.doubt(s, attempt, why))
        return True

    async def _reconcile(self, attempt: GenerationAttempt) -> bool:
        if attempt.next_action_at is None:
            return False
        wait = (attempt.next_action_at - now()).total_seconds()
        if wait > 0:
            await asyncio.sleep(wait)
        return await reconcile.look(self, attempt)

    async def _poll(self, attempt: GenerationAttempt) -> bool:
        assert attempt.provider_job_id is not None
        try:
            job = await self.provider.status(attempt.provider_job_id)
        except StatusUnavailable as error:
            return await self._not_yet(attempt, error.retry_after, error.message)
        except JobVanished as error:
            if self._age(attempt) < self.options.vanished_after:
                return await self._not_yet(attempt, None, error.message)
            why = "The provider no longer knows this job."
            await self.write(lambda s: landing.stuck(s, attempt.id, why, self._rarely()))
            return False
        if job.status == "completed":
            await self.write(lambda s: landing.delivered(s, attempt.id))
            return True
        if job.status == "failed":
            capabilities = self.provider.capabilities(attempt.model)
            retries = self.options.max_retries
            await self.write(lambda s: landing.failed(s, attempt.id, job, capabilities, retries))
            return False
        if job.progress > attempt.progress:
            await self.write(lambda s: landing.progressed(s, attempt.id, job))
        return await self._not_yet(attempt, job.poll_after, "it did not finish")

    async def _not_yet(self, attempt: GenerationAttempt, wish: float | None, why: str) -> bool:
        left = self.options.job_timeout - self._age(attempt)
        if left <= 0 or attempt.state == "stuck":
            limit = f"{self.options.job_timeout:.0f} s"
            text = f"The provider has not delivered within {limit} ({why})."
            await self.write(lambda s: landing.stuck(s, attempt.id, text, self._rarely()))
            return False
        wait = self.soon() if wish is None else max(wish, self.options.poll * SOONEST)
        await asyncio.sleep(min(wait, left + self.options.poll))
        return True

    async def _landed_key(self, attempt: GenerationAttempt) -> str | None:
        version = await self.read(lambda s: takes.get(s, attempt.version_id))
        ours = attempt.media_key is not None and version.clip_key == attempt.media_key
        return version.key if ours and version.status == "landed" else None

    def soon(self) -> float:
        """Seconds until the next poll, spread so that takes do not ask in step."""
        return self.options.poll * random.uniform(0.7, 1.3)

    def _rarely(self) -> float:
        return max(self.options.stuck_look, self.options.poll * STUCK_LOOK)

    @staticmethod
    def _age(attempt: GenerationAttempt) -> float:
        return (now() - (attempt.accepted_at or now())).total_seconds()

    def doubt(self, session: Session, attempt: GenerationAttempt, message: str) -> None:
        """A submission may or may not have been bought: look for it once lists can show it."""
        look_at = now() + timedelta(seconds=self.options.list_lag)
        submission.ambiguous(session, attempt.id, message, look_at, sent_at=attempt.submitted_at)

    def postpone(self, session: Session, attempt_id: str, seconds: float) -> None:
        """Leave an attempt alone for a while."""
        ledger.locked(session, attempt_id).next_action_at = now() + timedelta(seconds=seconds)

    async def read(self, work: Callable[[Session], T]) -> T:
        """``work`` in a reading transaction, off the event loop."""
        return await asyncio.to_thread(self._in, work, False)

    async def write(self, work: Callable[[Session], T]) -> T:
        """``work`` in a committed transaction, off the event loop."""
        return await asyncio.to_thread(self._in, work, True)

    def _in(self, work: Callable[[Session], T], writing: bool) -> T:
        with self.database.write() if writing else self.database.read() as session:
            return work(session)
