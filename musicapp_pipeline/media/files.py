"""Writing a file so that it is there whole or not at all."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """A temporary name beside ``out`` to write to; it becomes ``out`` when the block succeeds.

    The temporary name keeps the suffix, because encoders choose the container by it.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.stem}.{secrets.token_hex(4)}.part{out.suffix}")
    try:
        yield part
        part.replace(out)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
