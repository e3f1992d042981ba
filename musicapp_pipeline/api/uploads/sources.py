"""Addresses that people give: our own uploads and media, or somewhere outside."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.access.ownership import project_of
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import Invalid
from musicapp_pipeline.fetching import urls
from musicapp_pipeline.fetching.sniff import Kind
from musicapp_pipeline.store.errors import NotFound, StoreError
from musicapp_pipeline.store.media import checked, content_type
from musicapp_pipeline.store.models import Upload

OURS = ("uploads/", "projects/")
"""Where the media store keeps what belongs to somebody."""


@dataclass(frozen=True)
class Source:
    """Where a file comes from: ``key`` when it is already in the media store."""

    url: str
    key: str | None = None
    duration: float | None = None


def source_of(
    session: Session,
    context: AppContext,
    who: Caller,
    url: str,
    kinds: Sequence[Kind],
    *,
    field: str,
    own_hosts: Collection[str] = (),
) -> Source:
    """Check an address somebody gave; outside ones are only checked by their shape here.

    Args:
        kinds: what the content may be; checked here for our own files, on fetching for others.
        own_hosts: names under which this service was reached.

    Raises:
        Invalid, BadUrl, PrivateAddress
    """
    path = _own_path(url, context, who, own_hosts)
    if path is None:
        urls.parse(url, allow_private=context.settings.musicapp_allow_private_urls, field=field)
        return Source(url)
    key = path.removeprefix("/media/")
    upload = session.scalar(select(Upload).where(Upload.media_key == key))
    if upload is None:
        _check_project_media(session, context, who, key, url, field)
        kind, duration = content_type(key), None
    elif who.owns(upload.owner):
        kind, duration = upload.content_type, upload.duration
    else:
        raise _unknown(url, field)
    family = kind.partition("/")[0]
    if family not in kinds and not (family == "video" and "audio" in kinds):
        raise Invalid(
            f"{field} is {kind}; expected {' or '.join(kinds)}",
            field=field,
            value=kind,
            allowed=", ".join(kinds),
        )
    return Source(f"/media/{key}", key, duration)


def _own_path(url: str, context: AppContext, who: Caller, own_hosts: Collection[str]) -> str | None:
    """The path of an address of ours, without its signature; None for others."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme == "s3" and parts.netloc == context.settings.aws_s3_bucket:
        # It would be read with the service's credentials, which may read everybody's files.
        key = unquote(parts.path.removeprefix("/"))
        return f"/media/{key}" if who.owners is not None and key.startswith(OURS) else None
    if not parts.path.startswith("/media/"):
        return None
    ours = {"", urlsplit(context.settings.backend_api_base).netloc, *own_hosts}
    same = parts.scheme in ("", "http", "https") and parts.netloc in ours
    return unquote(parts.path) if same else None


def _check_project_media(
    session: Session, context: AppContext, who: Caller, key: str, url: str, field: str
) -> None:
    """Media of one's own projects may be used again."""
    parts = key.split("/")
    try:
        if parts[0] != "projects" or len(parts) < 3:
            raise _unknown(url, field)
        project_of(session, who, parts[1])
        if not context.media.exists(checked(key)):
            raise NotFound("media", key)
    except StoreError as error:
        raise _unknown(url, field) from error


def _unknown(url: str, field: str) -> Invalid:
    return Invalid(
        f"{field} names no upload of yours; send the file to POST /api/uploads first",
        field=field,
        value=url.partition("?")[0],
        allowed="the url of an upload, https://… or s3://bucket/key",
    )
