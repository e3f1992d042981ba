"""``Idempotency-Key``: the same request twice creates one thing.

The key is claimed, the work done and the answer kept in one transaction. A second use of the key
therefore waits for the first and replays it, and a crash leaves either both or neither.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from starlette.background import BackgroundTasks
from starlette.responses import JSONResponse, Response

from musicapp_pipeline.api.deps import Context, Who
from musicapp_pipeline.api.errors import KeyReused
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import IdempotencyKey, now

KEPT = timedelta(days=7)
REPLAYED = "Idempotency-Replayed"
FORMS = ("multipart/", "application/x-www-form-urlencoded")

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Makes a repetition safe: the same key and body replays the first answer.",
        examples=["5f0c7a1e-generate-s007"],
    ),
]


class Once:
    """Runs a creating request at most once a key.

    Args:
        body: what must be equal for two uses of a key to mean the same.
    """

    def __init__(
        self, database: Database, owner: str, route: str, key: str | None, body: bytes
    ) -> None:
        self._database = database
        self._id = (owner, route, key)
        self.body = body
        self.after = BackgroundTasks()
        """Runs once the answer has left, if anything was created."""
        self.replayed = False

    def means(self, asked: BaseModel) -> None:
        """Let requests be equal that ask for the same: a body left out is one of defaults."""
        self.body = asked.model_dump_json(by_alias=True).encode()

    def run(
        self,
        status: int,
        work: Callable[[Session], BaseModel],
        headers: Callable[[Any], dict[str, str]] | None = None,
    ) -> Response:
        """Do ``work`` in a write transaction and answer with what it returns."""
        with self._database.write() as session:
            kept = self._claim(session)
            if kept is not None and kept.answer is not None:
                self.replayed = True
                return self._replay(kept)
            made = work(session)
            answer = {
                "body": made.model_dump(mode="json", by_alias=True),
                "headers": headers(made) if headers else {},
            }
            if kept is not None:
                kept.status_code, kept.answer = status, answer
        return JSONResponse(answer["body"], status, answer["headers"], background=self.after)

    def _claim(self, session: Session) -> IdempotencyKey | None:
        owner, route, key = self._id
        if key is None:
            return None
        digest = hashlib.sha256(self.body).hexdigest()
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(IdempotencyKey)
        # On PostgreSQL this waits for another transaction that has just inserted the same key.
        session.execute(
            insert.values(
                owner=owner, route=route, key=key, body_sha256=digest, created_at=now()
            ).on_conflict_do_nothing()
        )
        row = session.get(IdempotencyKey, (owner, route, key))
        assert row is not None
        if row.body_sha256 != digest:
            raise KeyReused(
                f"the Idempotency-Key {key!r} was used before with another body; a new request"
                " needs a new key",
                field="Idempotency-Key",
                value=key,
            )
        return row

    @staticmethod
    def _replay(row: IdempotencyKey) -> Response:
        assert row.answer is not None and row.status_code is not None
        headers = {**row.answer["headers"], REPLAYED: "true"}
        return JSONResponse(row.answer["body"], row.status_code, headers)


async def _once(request: Request, context: Context, who: Who, key: Key = None) -> Once:
    kind = request.headers.get("content-type", "")
    # A form's boundary differs from one try to the next; what its fields hold is added by its
    # endpoint.
    body = b"" if kind.startswith(FORMS) else _canonical(await request.body())
    route = f"{request.method} {request.url.path}"
    return Once(context.database, who.owner, route, key, body)


def _canonical(body: bytes) -> bytes:
    """The same JSON is the same request, however it is spaced or ordered."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):  # not JSON, or nested too deeply to be anybody's
        return body


def forget_old_keys(session: Session) -> None:
    """Drop keys whose request nobody repeats any more."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - KEPT))


OnlyOnce = Annotated[Once, Depends(_once)]
