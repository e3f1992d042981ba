"""Sends webhook deliveries, in the application's lifespan, with back-off and a lease a try."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx
from sqlalchemy import delete, select, update
from sqlalchemy.engine import CursorResult

from musicapp_pipeline import logs
from musicapp_pipeline.api.webhooks import outbox, signing
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.fetching.guard import guarded_client
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import WebhookDelivery, WebhookEndpoint, now

log = logs.get(__name__)
TICK = 1.0
TIMEOUT = 15.0
LEASE = timedelta(seconds=60)
AT_ONCE = 8


@dataclass(frozen=True)
class _Turn:
    """A delivery whose next try is ours."""

    id: str
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

    async def run(self) -> None:
        """Collect what ended and send what is due."""
        while True:
            try:
                read = await asyncio.to_thread(outbox.collect, self._database)
                turns = await asyncio.to_thread(self._lease)
                async with asyncio.TaskGroup() as group:
                    for turn in turns:
                        group.create_task(asyncio.to_thread(self._try, turn))
                busy = read >= outbox.BATCH or len(turns) == AT_ONCE
            except Exception:  # the database may be away for a moment
                log.exception("could not send webhooks")
                busy = False
            await asyncio.sleep(0 if busy else TICK)

    def _lease(self) -> list[_Turn]:
        moment = now()
        due = (WebhookDelivery.state == "waiting") & (WebhookDelivery.next_try_at <= moment)
        with self._database.read() as session:
            ids = list(session.scalars(select(WebhookDelivery.id).where(due).limit(AT_ONCE)))
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
                turns.append(
                    _Turn(row.id, endpoint.url, endpoint.secret, row.event_id, body, row.tries)
                )
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


def forget_old_deliveries(database: Database) -> None:
    """Drop what ended a month ago."""
    with database.write() as session:
        session.execute(
            delete(WebhookDelivery).where(
                WebhookDelivery.state != "waiting",
                WebhookDelivery.created_at < now() - outbox.KEPT,
            )
        )
