"""One attempt's way from reservation to a landed clip, from wherever it stands."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.generation import landing, ledger, reconcile, submission
from musicapp_pipeline.generation.errors import (
    AmbiguousSubmit,
    DownloadFailed,
    JobVanished,
    NotAccepted,
    RemixUnsupported,
    StatusUnavailable,
)
from musicapp_pipeline.generation.port import ProviderJob, VideoProvider
from musicapp_pipeline.generation.requests import build_request
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import MediaStore, sha256_file
from musicapp_pipeline.store.models import GenerationAttempt, now

if TYPE_CHECKING:
    from musicapp_pipeline.generation.dispatcher import DispatcherOptions

log = logs.get(__name__)
T = TypeVar("T")
VANISHED_AFTER = timedelta(seconds=120)
"""Younger jobs may be missing for a moment after their creation."""
STUCK_LOOK = 10
"""A stuck job is looked at this many times more rarely than a running one."""


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
                await self.write(lambda s: self._postpone(s, attempt_id, 30))
                return None
            step = {
                "reserved": self._submit,
                "submitting": self._interrupted,
                "unknown": self._reconcile,
                "submitted": self._poll,
                "stuck": self._poll,
                "completed": self._download,
            }.get(attempt.state)
            if step is None:
                return await self._landed_key(attempt)
            if not await step(attempt):
                return None

    # Each step answers whether to go on now; False leaves the attempt to a later tick.

    async def _submit(self, attempt: GenerationAttempt) -> bool:
        cancelled = await self.write(lambda s: _release_if_cancelled(s, attempt.id))
        if cancelled:
            return False
        try:
            request = await asyncio.to_thread(build_request, self.database, self.media, attempt)
            self.provider.capabilities(attempt.model).check(request)
        except NotAccepted as error:
            refusal = error
            await self.write(lambda s: self._refuse(s, attempt.id, refusal))
            return False
        turn = await self.write(
            lambda s: submission.begin(s, attempt.id, self.provider.key, self.options.max_in_flight)
        )
        if not turn.go:
            await self.write(lambda s: self._postpone(s, attempt.id, turn.wait))
            return False
        try:
            job = await self._send(attempt, request)
        except NotAccepted as error:
            refusal = error
            await self.write(lambda s: self._refuse(s, attempt.id, refusal))
            return False
        except AmbiguousSubmit as error:
            log.warning("submission unknown", attempt=attempt.id, why=error.message)
            message = error.message
            await self.write(lambda s: self._ambiguous(s, attempt.id, message))
            return True
        await asyncio.shield(self.write(lambda s: submission.accepted(s, attempt.id, job)))
        return True

    async def _send(self, attempt: GenerationAttempt, request: object) -> ProviderJob:
        from musicapp_pipeline.generation.port import ClipRequest

        assert isinstance(request, ClipRequest)
        source = attempt.request.get("remix_of")
        if source:
            try:
                return await self.provider.remix(str(source), request.prompt)
            except RemixUnsupported:
                # Provably not bought: generate from the source's first frame instead.
                await self.write(lambda s: _emulate(s, attempt.id))
        return await self.provider.submit(request)

    async def _interrupted(self, attempt: GenerationAttempt) -> bool:
        """Found on its way after a crash: nobody knows whether it arrived."""
        await self.write(
            lambda s: self._ambiguous(s, attempt.id, "the process ended while it was being sent")
        )
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
        late = attempt.state == "stuck"
        try:
            job = await self.provider.status(attempt.provider_job_id)
        except StatusUnavailable as error:
            return await self._not_yet(attempt, error.retry_after, late, error.message)
        except JobVanished as error:
            age = now() - (attempt.accepted_at or now())
            if age < VANISHED_AFTER:
                return await self._not_yet(attempt, None, late, error.message)
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
        return await self._not_yet(attempt, job.poll_after, late, "it did not finish")

    async def _not_yet(
        self, attempt: GenerationAttempt, wish: float | None, late: bool, why: str
    ) -> bool:
        age = (now() - (attempt.accepted_at or now())).total_seconds()
        if age > self.options.job_timeout or late:
            limit = f"{self.options.job_timeout:.0f} s"
            text = f"The provider has not delivered within {limit} ({why})."
            await self.write(lambda s: landing.stuck(s, attempt.id, text, self._rarely()))
            return False
        await asyncio.sleep(wish if wish is not None else self._soon())
        return True

    async def _download(self, attempt: GenerationAttempt) -> bool:
        from musicapp_pipeline.generation.download import fetch_clip

        version = await self.read(lambda s: takes.get(s, attempt.version_id))
        key = landing.clip_key(attempt, version)
        assert attempt.provider_job_id is not None
        try:
            with self.media.writing(key) as path:
                clip = await fetch_clip(
                    self.provider,
                    attempt.provider_job_id,
                    path.parent,
                    seconds=attempt.seconds,
                    size=attempt.size,
                    tries=self.options.download_tries,
                )
                await asyncio.to_thread(Path(clip.path).replace, path)
                digest = await asyncio.to_thread(sha256_file, path)
        except DownloadFailed as error:
            lost = error
            await self.write(lambda s: landing.lost(s, attempt.id, lost))
            return False
        facts = clip.facts
        await self.write(lambda s: landing.landed(s, attempt.id, key, digest, facts))
        return True

    async def _landed_key(self, attempt: GenerationAttempt) -> str | None:
        version = await self.read(lambda s: takes.get(s, attempt.version_id))
        return version.key if attempt.media_key and version.status == "landed" else None

    def _soon(self) -> float:
        return self.options.poll * random.uniform(0.7, 1.3)

    def _rarely(self) -> float:
        return max(60.0, self.options.poll * STUCK_LOOK)

    def _refuse(self, session: Session, attempt_id: str, error: NotAccepted) -> None:
        submission.turned_down(session, attempt_id, error, self.provider.key, self.options.retry)

    def _ambiguous(self, session: Session, attempt_id: str, message: str) -> None:
        look_at = now() + timedelta(seconds=self.options.list_lag)
        submission.ambiguous(session, attempt_id, message, look_at)

    def _postpone(self, session: Session, attempt_id: str, seconds: float) -> None:
        ledger.locked(session, attempt_id).next_action_at = now() + timedelta(seconds=seconds)

    async def read(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._in, work, False)

    async def write(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._in, work, True)

    def _in(self, work: Callable[[Session], T], writing: bool) -> T:
        with self.database.write() if writing else self.database.read() as session:
            return work(session)


def _release_if_cancelled(session: Session, attempt_id: str) -> bool:
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "reserved" or not takes.get(session, attempt.version_id).cancel_requested:
        return False
    ledger.release(session, attempt, "cancelled before it was sent")
    submission.end_take(session, attempt, "cancelled", None)
    return True


def _emulate(session: Session, attempt_id: str) -> None:
    ledger.locked(session, attempt_id).remix_mode = "emulated"
