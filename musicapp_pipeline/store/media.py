"""Where media live: a folder or an S3 bucket behind one interface.

Keys are made by the server, never from a client's file name. A write goes to a temporary name
and is renamed (or uploaded whole), so a reader sees all of it or nothing.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.errors import BadMediaKey

KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
CONTENT_TYPES = {
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".m4a": "audio/mp4",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".srt": "application/x-subrip",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
}


class MediaStore(Protocol):
    """Whole files under server-made keys."""

    def exists(self, key: str) -> bool:
        """Is there anything under ``key``?"""
        ...

    def size(self, key: str) -> int:
        """Bytes under ``key``; raises MediaMissing."""
        ...

    def fetch(self, key: str) -> Path:
        """A local file with the content, read-only for the caller; raises MediaMissing."""
        ...

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """A path to write to; kept under ``key`` on leaving, dropped on an exception."""
        ...

    def put(self, key: str, source: Path) -> None:
        """Keep a copy of ``source`` under ``key``."""
        ...

    def delete(self, key: str) -> None:
        """Remove; a missing key is no error."""
        ...

    def public_url(self, key: str, seconds: int) -> str | None:
        """A presigned URL, where the store serves clients itself; None where we do."""
        ...

    def check(self) -> None:
        """Raise when the store cannot be used."""
        ...


def checked(key: str) -> str:
    """``key`` if it is one of ours: lower case, relative, no way up."""
    if len(key) > 500 or not KEY.fullmatch(key):
        raise BadMediaKey(
            f"{key!r} is not a media key",
            field="key",
            value=key,
            allowed="lower-case letters, digits, dots, hyphens and underscores between slashes",
        )
    return key


def content_type(key: str) -> str:
    """The media type by a server-made key's ending."""
    return CONTENT_TYPES.get(Path(key).suffix, "application/octet-stream")


def sha256_file(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_media_store(settings: Settings) -> MediaStore:
    """S3 when ``AWS_S3_BUCKET`` is set, else the ``media`` folder of the home."""
    if settings.aws_s3_bucket:
        from musicapp_pipeline.store.media_s3 import S3MediaStore

        return S3MediaStore.from_settings(settings)
    from musicapp_pipeline.store.media_local import LocalMediaStore

    return LocalMediaStore(settings.home / "media")
