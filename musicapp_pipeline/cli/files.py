"""Reading what people give us, with errors that name the file."""

import os
from pathlib import Path

from musicapp_pipeline.errors import MusicAppError

MAX_TEXT = 200_000
"""Bytes: more than the longest lyrics take in any script."""


class BadFile(MusicAppError):
    """A file that cannot be read as what it should be."""

    code = "bad_file"


def existing(path: Path, field: str) -> Path:
    """The path, if it is a readable file."""
    if not path.is_file():
        what = "does not exist"
        if path.exists():
            what = "is a folder" if path.is_dir() else "is not a regular file"
        raise BadFile(f"{field}: {path} {what}", field=field, value=str(path), allowed="a file")
    return path


def writable(path: Path, field: str) -> Path:
    """The path, if a file can be put there: found out before the work, not after it."""
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        what = "cannot be written to" if folder.is_dir() else "does not exist"
        raise BadFile(
            f"{field}: the folder {folder} {what}",
            field=field,
            value=str(path),
            allowed="a file in a folder that can be written to",
        )
    return path


def read_text(path: Path, field: str) -> str:
    """UTF-8 text (with or without a byte-order mark), or UTF-16 with one."""
    data = existing(path, field).read_bytes()
    if len(data) > MAX_TEXT:
        raise BadFile(
            f"{field}: {path.name} has {len(data)} bytes, more than the {MAX_TEXT} allowed",
            field=field,
            value=len(data),
            allowed=f"up to {MAX_TEXT} bytes",
        )
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadFile(
            f"{field}: {path.name} is not UTF-8 text (byte {error.start})",
            field=field,
            value=path.name,
            allowed="UTF-8 text",
        ) from error
    if "\x00" in text:
        raise BadFile(f"{field}: {path.name} is not a text file", field=field, value=path.name)
    return text
