"""Long lists a page at a time: bare arrays, the way to the next page in ``Link``."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from musicapp_pipeline.api.errors import ApiError
from musicapp_pipeline.api.kit.models import plain_text


class BadCursor(ApiError):
    """A cursor that no earlier answer gave."""

    code = "bad_cursor"
    status = 400


class Page:
    """Which part of a list was asked for; lists go from newest to oldest."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=200, description="Entries on a page.")] = 50,
        cursor: Annotated[
            str | None, Query(max_length=400, description="From the `Link` of the page before.")
        ] = None,
    ) -> None:
        self.limit = limit
        self.after = _decode(cursor) if cursor is not None else None

    def link(
        self, request: Request, response: Response, ends: Sequence[tuple[datetime, str]]
    ) -> None:
        """Send the way to the next page when there may be one.

        Args:
            ends: ``(created_at, id)`` of the entries on this page.
        """
        if len(ends) < self.limit:
            return
        query = dict(request.query_params) | {"cursor": _encode(*ends[-1]), "limit": self.limit}
        response.headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'


Paging = Annotated[Page, Depends()]


def _encode(at: datetime, id_: str) -> str:
    text = json.dumps([at.isoformat(), id_])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at, id_ = json.loads(text)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not isinstance(id_, str):
            raise ValueError
        # The database compares in UTC, and not every moment of another zone has one there.
        return moment.astimezone(UTC), plain_text(id_)
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise BadCursor(
            f"cursor {cursor!r} was not given by this API",
            field="cursor",
            value=cursor,
            allowed='the cursor in the Link header with rel="next"',
        ) from error
