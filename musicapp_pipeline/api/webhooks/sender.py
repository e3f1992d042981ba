"""Sends webhook deliveries, in the application's lifespan, with back-off and a lease a try.

An endpoint that does not answer holds a thread for up to its time-out. So each endpoint has one
try at a time, in threads of their own, and nobody's delivery waits for another's end.
"""

import asyncio
import json
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import httpx
from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from musicapp_pipeline import logs
from musicapp_pipeline.api.access.tokens import Token
from musicapp_pipeline.api.webhooks import outbox, signing
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.fetching.guard import guarded_client
from musicapp_pipeline.generation import waiting
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import WebhookDelivery, WebhookEndpoint, now

log = logs.get(__name__)
TICK = 1.0
TIMEOUT = 15.0
LEASE = timedelta(seconds=60)
AT_ONCE = 16


@dataclass(frozen=True)
class _Turn:
    """A delivery whose next try is ours."""

    id: str
    endpoint_id: str
    url: str
    secret: str
    event_id: str
    body: bytes
    tries: int


class WebhookSender:
    """Runs until cancelled.

    Args:
        waits: seconds before the second, third, … try; then it is given up.
    """

    def __init__(self, database: Database, settings: Settings, waits: Sequence[float]) -> None:
        self._database = database
        self._private = settings.musicapp_allow_private_urls
        self._waits = waits
        tokens = settings.musicapp_api_tokens
        self._adopter = Token.of(tokens[0].get_secret_value()).owner if tokens else ""
        self._busy: dict[str, asyncio.Task[None]] = {}
        """The tries under way, by their endpoints."""
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Collect what ended and send what is due."""
        threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        try:
            while True:
                self._ended.clear()
                more = await self._look(threads)
                await waiting.told(self._ended, 0 if more else TICK)
        finally:
            for task in self._busy.values():
                task.cancel()
            threads.shutdown(wait=False, cancel_futures=True)

    async def _look(self, threads: ThreadPoolExecutor) -> bool:
        """Begin what can begin now; True when there are more events to be read."""
        try:
            read = await asyncio.to_thread(outbox.collect, self._database, self._adopter)
            for turn in await asyncio.to_thread(self._lease, set(self._busy)):
                self._busy[turn.endpoint_id] = asyncio.create_task(self._take(turn, threads))
            return read >= outbox.BATCH
        except Exception:  # the database may be away for a moment
            log.exception("could not send webhooks")
            return False

    async def _take(self, turn: _Turn, threads: ThreadPoolExecutor) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(threads, self._try, turn)
        except Exception:  # it is tried again when its lease ends
            log.exception("could not send a webhook", delivery=turn.id)
        finally:
            del self._busy[turn.endpoint_id]
            self._ended.set()

    def _lease(self, busy: Collection[str]) -> list[_Turn]:
        """The next delivery of each endpoint that has none under way."""
        moment = now()
        due = (WebhookDelivery.state == "waiting") & (WebhookDelivery.next_try_at <= moment)
        with self._database.read() as session:
            ids = list(session.scalars(_first_of_each(due, busy, AT_ONCE - len(busy))))
        if not ids:
            return []
        turns = []
        with self._database.write() as session:
            for id_ in ids:
                taken = session.execute(
                    update(WebhookDelivery)
                    .where(WebhookDelivery.id == id_, due)
                    .values(next_try_at=moment + LEASE)
                )
                assert isinstance(taken, CursorResult)
                row = session.get(WebhookDelivery, id_) if taken.rowcount else None
                if row is None:
                    continue
                endpoint = session.get(WebhookEndpoint, row.endpoint_id)
                if endpoint is None or not endpoint.active:
                    row.state, row.problem = "given_up", "the webhook is switched off"
                    continue
                body = json.dumps(row.payload, separators=(",", ":")).encode()
                known = (endpoint.id, endpoint.url, endpoint.secret)
                turns.append(_Turn(row.id, *known, row.event_id, body, row.tries))
        return turns

    def _try(self, turn: _Turn) -> None:
        status, problem = self._send(turn)
        with self._database.write() as session:
            row = session.get(WebhookDelivery, turn.id)
            if row is None:
                return
            row.tries, row.answer_status, row.problem = turn.tries + 1, status, problem
            if status is not None and 200 <= status < 300:
                row.state, row.delivered_at, row.next_try_at = "delivered", now(), None
            elif status == 410 or turn.tries >= len(self._waits):
                row.state, row.next_try_at = "given_up", None
                endpoint = session.get(WebhookEndpoint, row.endpoint_id)
                if status == 410 and endpoint is not None:
                    endpoint.active, endpoint.problem = False, "it answered 410 Gone"
            else:
                row.next_try_at = now() + timedelta(seconds=self._waits[turn.tries])
            if status is None:
                self._leave_alone(session, row.endpoint_id, self._waits[turn.tries :][:1])

    def _leave_alone(self, session: Session, endpoint_id: str, wait: Sequence[float]) -> None:
        """What else is due to an endpoint that did not answer would only wait for it again."""
        until = now() + timedelta(seconds=(*wait, *self._waits[-1:], 0.0)[0])
        session.execute(
            update(WebhookDelivery)
            .where(
                WebhookDelivery.endpoint_id == endpoint_id,
                WebhookDelivery.state == "waiting",
                WebhookDelivery.next_try_at < until,
            )
            .values(next_try_at=until)
        )

    def _send(self, turn: _Turn) -> tuple[int | None, str]:
        signed = signing.headers(turn.secret, turn.event_id, int(time.time()), turn.body)
        headers = {"Content-Type": "application/json", **signed}
        try:
            with (
                guarded_client(allow_private=self._private, timeout=TIMEOUT) as client,
                client.stream("POST", turn.url, content=turn.body, headers=headers) as response,
            ):
                ok = response.is_success
                return response.status_code, "" if ok else f"answered {response.status_code}"
        except MusicAppError as error:
            return None, error.message
        except httpx.HTTPError as error:
            return None, f"no answer ({type(error).__name__})"


def _first_of_each(
    due: ColumnElement[bool], busy: Collection[str], count: int
) -> Select[tuple[str]]:
    """The oldest due delivery of each endpoint, the longest due first."""
    place = func.row_number().over(
        partition_by=WebhookDelivery.endpoint_id,
        order_by=(WebhookDelivery.next_try_at, WebhookDelivery.id),
    )
    free = due & WebhookDelivery.endpoint_id.not_in(busy)
    rows = select(WebhookDelivery.id, WebhookDelivery.next_try_at, place.label("place"))
    lines = rows.where(free).subquery()
    return select(lines.c.id).where(lines.c.place == 1).order_by(lines.c.next_try_at).limit(count)


def forget_old_deliveries(database: Database) -> None:
    """Drop what ended a month ago."""
    with database.write() as session:
        session.execute(
            delete(WebhookDelivery).where(
                WebhookDelivery.state != "waiting",
                WebhookDelivery.created_at < now() - outbox.KEPT,
            )
        )
