"""Sending one paid request and storing what became of it."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import acceptance, ledger, standing, submission, waiting
from musicapp_pipeline.generation.errors import (
    AmbiguousSubmit,
    NotAccepted,
    RemixUnsupported,
    UnknownModel,
)
from musicapp_pipeline.generation.port import Capabilities, ClipRequest, ProviderJob
from musicapp_pipeline.generation.requests import build_request
from musicapp_pipeline.store import projects, takes
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import GenerationAttempt

if TYPE_CHECKING:
    from musicapp_pipeline.generation.drive import Drive

log = logs.get(__name__)
LONGEST_PAUSE = 5.0
"""Seconds between tries to store the id of a job that is paid for."""
REMOVAL = "removal_asked"
GIVE_UP = 0.9
"""Of the limit of a submission: nothing of it is on its way any more when the limit is reached."""


async def buy(drive: "Drive", attempt: GenerationAttempt) -> bool:
    """Submit a reserved attempt if it is its turn. Answers whether it can go on at once."""
    if await drive.write(lambda s: _release_if_unwanted(s, attempt.id)):
        return False
    try:
        request = await asyncio.to_thread(build_request, drive.database, drive.media, attempt)
        record = drive.provider.capabilities(attempt.model)
        record.check(request)
        record.cost(attempt.seconds, attempt.size)
    except MusicAppError as error:
        # Nothing was sent, and the same would happen again.
        refusal = error if isinstance(error, NotAccepted) else _permanent(error)
        await drive.write(lambda s: _refuse(s, drive, attempt, refusal))
        return False
    sending = _submit(drive, attempt.id, request, record)
    return await waiting.to_the_end(sending, drive.options.grace)


async def take_back_if_unwanted(drive: "Drive", attempt: GenerationAttempt) -> None:
    """Ask the provider to remove a job that has not begun, once nobody wants its take any more.

    What became of it is learned from its status; a job under way is paid for and may go on.
    """
    try:
        if not drive.provider.capabilities(attempt.model).can_cancel:
            return
    except UnknownModel:  # gone from the configuration; its job goes on
        return
    version = await drive.read(lambda s: takes.get(s, attempt.version_id))
    if version.cancel_requested and attempt.provider_job_id is not None:
        # Noted before it is asked: whoever then finds the job gone knows why.
        await drive.write(lambda s: _note_removal(s, attempt.id))
        await drive.provider.cancel(attempt.provider_job_id)


def was_taken_back(attempt: GenerationAttempt) -> bool:
    """Whether a job that is gone was removed as asked; one that had begun may be charged."""
    return (attempt.error or {}).get("code") == REMOVAL and attempt.progress == 0


def _note_removal(session: Session, attempt_id: str) -> None:
    attempt = ledger.locked(session, attempt_id)
    if attempt.state == "submitted" and attempt.error is None:
        attempt.error = {"code": REMOVAL, "message": "asked to be removed from the queue"}


async def _submit(
    drive: "Drive", attempt_id: str, request: ClipRequest, record: Capabilities
) -> bool:
    limit, key, doubtful = drive.options.max_in_flight, drive.provider.key, drive.options.doubtful
    begin = partial(submission.begin, record=record, doubtful=doubtful)
    turn = await drive.write(lambda s: begin(s, attempt_id, key, limit))
    if not turn.go:
        await drive.write(lambda s: drive.postpone(s, attempt_id, turn.wait))
        return False
    attempt = await drive.read(lambda s: submission.still_ours(s, attempt_id, turn))
    if attempt is None:
        return True  # what would be bought now is left to that look
    try:
        async with asyncio.timeout(drive.options.send_limit * GIVE_UP):
            job = await _send(drive, attempt, request)
    except TimeoutError:
        late = f"no answer within {drive.options.send_limit * GIVE_UP:.0f} s"
        await drive.write(lambda s: drive.doubt(s, attempt, late, under_way=True))
        return True
    except NotAccepted as error:
        refusal = error
        await drive.write(lambda s: _refuse(s, drive, attempt, refusal))
        return False
    except AmbiguousSubmit as error:
        log.warning("submission unknown", attempt=attempt_id, why=error.message)
        doubt = partial(drive.doubt, message=error.message, under_way=error.under_way)
        await drive.write(lambda s: doubt(s, attempt))
        return True
    await _store(drive, attempt_id, job)
    return True


async def _send(drive: "Drive", attempt: GenerationAttempt, request: ClipRequest) -> ProviderJob:
    source = attempt.request.get("remix_of")
    if source and attempt.remix_mode != "emulated":
        try:
            return await drive.provider.remix(str(source), request.prompt)
        except RemixUnsupported:
            # Provably not bought: generate from the source's first frame instead.
            await drive.write(lambda s: _emulate(s, attempt.id))
    return await drive.provider.submit(request)


async def _store(drive: "Drive", attempt_id: str, job: ProviderJob) -> None:
    """Keep the id of a job that is paid for, however long the database is away."""
    taken = f"it answered with job {job.id}, which is another take's"
    unfit = "it answered with an id that cannot be stored"
    pause = 0.05
    while True:
        try:
            await drive.write(lambda s: acceptance.accepted(s, attempt_id, job))
        except acceptance.ClaimTaken:
            await drive.write(lambda s: submission.park_unknown(s, attempt_id, taken))
            return
        except (DataError, ValueError):  # such as a NUL: it could not be stored later either
            log.exception("a job's id cannot be stored", attempt=attempt_id)
            await drive.write(lambda s: submission.park_unknown(s, attempt_id, unfit))
            return
        except SQLAlchemyError:  # also when no connection was free for long
            log.exception("could not store a paid job yet", attempt=attempt_id, job=job.id)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            return


def _permanent(error: MusicAppError) -> NotAccepted:
    return NotAccepted(
        error.message,
        permanent=True,
        field=error.field,
        value=error.value,
        allowed=error.allowed,
    )


def _refuse(
    session: Session, drive: "Drive", attempt: GenerationAttempt, error: NotAccepted
) -> None:
    sent_at = attempt.submitted_at if attempt.state == "submitting" else None
    submission.turned_down(
        session, attempt.id, error, drive.provider.key, drive.options.retry, sent_at=sent_at
    )


def _release_if_unwanted(session: Session, attempt_id: str) -> bool:
    attempt = ledger.locked(session, attempt_id)
    if attempt.state != "reserved":
        return False
    if not takes.get(session, attempt.version_id).cancel_requested:
        try:
            projects.get(session, attempt.project_id)
        except NotFound:
            pass
        else:
            return False
    ledger.release(session, attempt, "cancelled before it was sent")
    standing.end_take(session, attempt, "cancelled", None)
    return True


def _emulate(session: Session, attempt_id: str) -> None:
    ledger.locked(session, attempt_id).remix_mode = "emulated"
