"""Media in a folder."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from musicapp_pipeline.store.errors import MediaMissing
from musicapp_pipeline.store.media import checked

ABANDONED = 86_400.0
"""Seconds after which a temporary folder has no writer any more."""


class LocalMediaStore:
    """Files below ``root``; temporary ones in ``root/.tmp``, on the same file system."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Where ``key`` is or would be."""
        return self.root / checked(key)

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def size(self, key: str) -> int:
        return self.fetch(key).stat().st_size

    def fetch(self, key: str) -> Path:
        path = self.path(key)
        if not path.is_file():
            raise MediaMissing(f"the media store has no {key!r}", field="key", value=key)
        return path

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        target = self.path(key)
        self._sweep()
        folder = self.root / ".tmp" / secrets.token_hex(8)
        folder.mkdir(parents=True)
        temporary = folder / target.name
        try:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            new = [parent for parent in target.parents if not parent.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
            for changed in (target.parent, *(parent.parent for parent in new)):
                _to_disk(changed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Writers that were killed leave their folders; nobody writes for a day."""
        temporary = self.root / ".tmp"
        if temporary.is_dir():
            for folder in temporary.iterdir():
                with suppress(FileNotFoundError):  # somebody else's just ended
                    if time.time() - folder.stat().st_mtime > ABANDONED:
                        shutil.rmtree(folder, ignore_errors=True)

    def put(self, key: str, source: Path) -> None:
        with self.writing(key) as path:
            shutil.copyfile(source, path)

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def public_url(self, key: str, seconds: int) -> str | None:
        return None

    def check(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        probe = self.root / f".probe-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()


def _to_disk(folder: Path) -> None:
    """Names in a folder outlive a power cut, like the database's rows that speak of them."""
    file = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system can
            os.fsync(file)
    finally:
        os.close(file)
