"""``/media/…``: whole files and ranges of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import (
    FileResponse,
    MalformedRangeHeader,
    RangeNotSatisfiable,
    RedirectResponse,
    Response,
)

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.deps import Context, Who
from musicapp_pipeline.api.errors import ApiError
from musicapp_pipeline.api.problems import problems
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.media import CONTENT_TYPES, checked, content_type
from musicapp_pipeline.store.models import Project, Upload

router = APIRouter(tags=["media"])
PRESIGNED_SECONDS = 3600
HEADERS = {
    "Cache-Control": "private, max-age=3600",
    # An uploaded file must never run as a page of this origin.
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
MEDIA: dict[str, dict[str, Any]] = {
    kind.partition(";")[0]: {}
    for kind in sorted({*CONTENT_TYPES.values(), "application/octet-stream"})
}
"""Every kind of file that may lie in the media store."""


class OutsideFile(ApiError):
    """A ``Range`` that begins after the file's end."""

    code = "range_not_satisfiable"
    status = 416


class MediaFile(FileResponse):
    """A file; a ``Range`` that cannot be read is none (RFC 9110, 14.2), and one outside the file
    is answered like every other error."""

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []
        except RangeNotSatisfiable as error:
            raise OutsideFile(
                f"the file has {file_size} bytes; {http_range!r} begins after them",
                field="Range",
                value=http_range,
                allowed=f"bytes 0 to {file_size - 1}",
                headers={"Content-Range": f"bytes */{file_size}"},
            ) from error


@router.head("/media/{key:path}", include_in_schema=False)
@router.get(
    "/media/{key:path}",
    response_class=FileResponse,
    responses={
        200: {"description": "The whole file.", "content": MEDIA},
        206: {
            "description": "The part that `Range` asked for.",
            "content": {**MEDIA, "multipart/byteranges": {}},
        },
        307: {"description": "With S3: where the file is served from."},
        **problems(404, 416),
    },
)
def get_media(
    key: Annotated[str, Path(max_length=500, examples=["uploads/u-k3m9x2p7qa4t.mp3"])],
    context: Context,
    who: Who,
    download: Annotated[
        str | None,
        Query(max_length=200, pattern=r"^[\w. ()\-]+$", description="Save under this name."),
    ] = None,
) -> Response:
    """A song, clip, picture or finished video. Honours `Range`, so players can seek; one that
    cannot be read is ignored."""
    with context.database.read() as session:
        _check_owner(session, who, checked(key))
    # Asked first: with S3 this redirects to an object, and a missing one should be our 404.
    if not context.media.exists(key):
        raise NotFound("media", key)
    url = context.media.public_url(key, PRESIGNED_SECONDS)
    if url is not None:
        return RedirectResponse(url, 307, {"Cache-Control": "private, max-age=600"})
    path = context.media.fetch(key)
    return MediaFile(path, 200, HEADERS, content_type(key), filename=download)


def _check_owner(session: Session, who: Caller, key: str) -> None:
    """Raise NotFound unless the file is the caller's."""
    if who.owners is None:
        return
    kind, _, rest = key.partition("/")
    owner: str | None = None
    if kind == "projects":
        query = select(Project.owner).where(Project.id == rest.partition("/")[0])
        owner = session.scalar(query)
    elif kind == "uploads":
        owner = session.scalar(select(Upload.owner).where(Upload.media_key == key))
    if owner is None or not who.owns(owner):
        raise NotFound("media", key)
