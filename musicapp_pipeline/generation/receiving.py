"""Bringing a finished clip into the media store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from musicapp_pipeline import logs
from musicapp_pipeline.generation import landing, naming, submission
from musicapp_pipeline.generation.errors import DownloadFailed, StorageFailed, TooShort
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.media import MediaStore, sha256_file
from musicapp_pipeline.store.models import GenerationAttempt

if TYPE_CHECKING:
    from musicapp_pipeline.generation.drive import Drive

log = logs.get(__name__)
BACKOFF = 4
"""Each round of downloads waits this many times longer than the one before."""


async def receive(drive: "Drive", attempt: GenerationAttempt) -> bool:
    """One round of downloads. Answers whether the attempt can go on at once."""
    from musicapp_pipeline.generation.download import fetch_clip

    assert attempt.provider_job_id is not None
    if attempt.named_by_person and await _is_anothers(drive, attempt):
        return False
    version = await drive.read(lambda s: takes.get(s, attempt.version_id))
    key = landing.clip_key(attempt, version)
    try:
        async with drive.receiving, _writing(drive.media, key) as path:
            try:
                clip = await fetch_clip(
                    drive.provider,
                    attempt.provider_job_id,
                    path.parent,
                    seconds=attempt.seconds,
                    size=attempt.size,
                    tries=drive.options.download_tries,
                    first_wait=drive.options.download_wait,
                )
            except TooShort as error:
                await _keep(drive.media, key, error)
                raise
            await asyncio.to_thread(clip.path.replace, path)
            digest = await asyncio.to_thread(sha256_file, path)
    except DownloadFailed as error:
        problem = error
        elsewhere = submission.elsewhere(attempt, drive.provider.key)
        if elsewhere is not None:  # that it is not there says nothing
            retry, longest = drive.options.retry, drive.options.longest_store
            told = partial(landing.unstored, why=error.message, what=elsewhere)
            await drive.write(lambda s: told(s, attempt.id, retry=retry, longest=longest))
            return False
        wait = drive.options.retry * BACKOFF**attempt.download_tries
        rounds = drive.options.download_rounds
        await drive.write(lambda s: landing.undelivered(s, attempt.id, problem, wait, rounds))
        return False
    except Exception as error:  # the store's own, of whatever kind: it is ours to put right
        log.exception("could not keep a paid clip", attempt=attempt.id)
        why = error.message if isinstance(error, StorageFailed) else f"{type(error).__name__}."
        retry, longest = drive.options.retry, drive.options.longest_store
        await drive.write(lambda s: landing.unstored(s, attempt.id, why, retry, longest))
        return False
    await drive.write(lambda s: landing.landed(s, attempt.id, key, digest, clip.facts))
    return True


async def _is_anothers(drive: "Drive", attempt: GenerationAttempt) -> bool:
    """Whether a job that a person named is another take's; then it is not fetched for this one."""
    assert attempt.provider_job_id is not None
    await drive.polls.over()
    try:
        job = await drive.provider.status(attempt.provider_job_id)
    except Exception:  # of whatever kind; its download says more
        log.exception("a named job was not told", attempt=attempt.id)
        return False
    named = attempt.provider_job_id
    return not await drive.write(lambda s: naming.holds(s, attempt.id, named, job))


async def _keep(media: MediaStore, key: str, error: TooShort) -> None:
    """It is not what was bought, but it was paid, and a person may have a use for it."""
    if error.path is None or not error.permanent:
        return
    kept = key.removesuffix(".mp4") + "-short.mp4"
    await asyncio.to_thread(media.put, kept, error.path)
    error.message += (
        f", each time; it is kept as /media/{kept}, which can be added as a take of a clip made"
        " elsewhere"
    )


@asynccontextmanager
async def _writing(media: MediaStore, key: str) -> AsyncIterator[Path]:
    """``media.writing`` with its slow ends (flushing, uploading) off the event loop."""
    manager = media.writing(key)
    path = await asyncio.to_thread(manager.__enter__)
    try:
        yield path
    except BaseException as error:
        await asyncio.to_thread(manager.__exit__, type(error), error, error.__traceback__)
        raise
    await asyncio.to_thread(manager.__exit__, None, None, None)
