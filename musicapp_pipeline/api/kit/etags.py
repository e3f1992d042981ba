"""ETags from revisions, and ``If-Match``: two tabs cannot overwrite each other."""

import re
from typing import Annotated, Protocol

from fastapi import Header, Response

from musicapp_pipeline.api.errors import ApiError, Stale

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


class Revised(Protocol):
    """A record as it is shown, with the revision that its tag is made of."""

    @property
    def revision(self) -> int: ...


class BadIfMatch(ApiError):
    """An ``If-Match`` that is not an entity tag."""

    code = "bad_if_match"
    status = 400


IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The `ETag` this change is based on; another one answers 412.",
        max_length=1000,
    ),
]


def etag(revision: int | str) -> str:
    """The entity tag of a revision."""
    return f'"{revision}"'


def tag(response: Response, revision: int | str) -> None:
    """Send a revision's ``ETag``."""
    response.headers["ETag"] = etag(revision)


def tagged(made: Revised) -> dict[str, str]:
    """The same as headers of a record that was just made or changed."""
    return {"ETag": etag(made.revision)}


def check_match(if_match: str | None, revision: int | str) -> None:
    """Refuse a change that is based on another revision.

    Raises:
        Stale, BadIfMatch
    """
    if if_match is None or if_match.strip() == "*":
        return
    tags = _TAG.findall(if_match)
    if not tags:
        raise BadIfMatch(
            f"If-Match {if_match!r} is not an entity tag",
            field="If-Match",
            value=if_match,
            allowed='the ETag of an earlier answer, for example "3"',
        )
    if str(revision) not in tags:
        raise Stale(
            f"this was changed by somebody else meanwhile: you have {if_match}, now it is"
            f" {etag(revision)}; read it again and repeat your change",
            field="If-Match",
            value=if_match,
            allowed=etag(revision),
        )
