"""The mock provider's jobs on disk."""

import fcntl
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from musicapp_pipeline.generation.port import ClipRequest, Frozen, ProviderJob

_ID = re.compile(r"mock_[0-9a-f]{16}_\d+")
_KEPT = timedelta(hours=1)
"""Told as the clip's expiry, as real providers do; the clip itself stays."""


class JobRecord(Frozen):
    """What is known of a job from its start."""

    request: ClipRequest
    fingerprint: str
    created_at: datetime
    remixed_from: str | None = None


class JobFolder:
    """One job on disk."""

    def __init__(self, root: Path, job_id: str) -> None:
        self.id = job_id
        self.path = root / job_id
        self.clip = self.path / "clip.mp4"
        self._record: JobRecord | None = None

    @classmethod
    def create(cls, root: Path, record: JobRecord, reference: bytes | None) -> "JobFolder":
        """Make a job whose id follows from the request and how often it was made before."""
        root.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            job_id = f"mock_{record.fingerprint[:16]}_{number}"
            try:
                (root / job_id).mkdir()
            except FileExistsError:
                number += 1
                continue
            break
        folder = cls(root, job_id)
        if reference is not None:
            _write(folder.path / "reference.png", reference)
        # Last, because its presence is what makes the folder a job.
        _write(folder.path / "request.json", record.model_dump_json().encode())
        return folder

    @classmethod
    def all_in(cls, root: Path) -> "Iterator[JobFolder]":
        """Every job, in no particular order."""
        if root.is_dir():
            for entry in root.iterdir():
                folder = cls(root, entry.name)
                if folder.exists:
                    yield folder

    @property
    def exists(self) -> bool:
        """Whether this is a job; ids that are none never reach the file system."""
        return bool(_ID.fullmatch(self.id)) and (self.path / "request.json").is_file()

    @property
    def ended(self) -> bool:
        return self.clip.exists() or self._failed.exists()

    @property
    def _failed(self) -> Path:
        return self.path / "failed.json"

    def record(self) -> JobRecord:
        """The request and its circumstances."""
        if self._record is None:
            text = (self.path / "request.json").read_bytes()
            self._record = JobRecord.model_validate_json(text)
        return self._record

    def reference_bytes(self) -> bytes | None:
        """The reference image, if one came with the request."""
        with suppress(FileNotFoundError):
            return (self.path / "reference.png").read_bytes()
        return None

    def fail(self, code: str, message: str) -> None:
        """End the job without a clip."""
        _write(self._failed, json.dumps({"code": code, "message": message}).encode())

    def describe(self, progress: float) -> ProviderJob:
        """The job as the port tells it."""
        record = self.record()
        job = ProviderJob(
            id=self.id,
            status="in_progress" if progress > 0 else "queued",
            progress=progress,
            created_at=record.created_at,
            prompt=record.request.prompt,
            seconds=record.request.seconds,
            size=record.request.size,
            model=record.request.model,
            remixed_from=record.remixed_from,
            poll_after=0.2,
        )
        if self.clip.exists():
            return job.model_copy(
                update={
                    "status": "completed",
                    "progress": 1.0,
                    "expires_at": record.created_at + _KEPT,
                    "poll_after": None,
                }
            )
        with suppress(FileNotFoundError):
            error = json.loads(self._failed.read_bytes())
            return job.model_copy(
                update={
                    "status": "failed",
                    "error_code": error["code"],
                    "error_message": error["message"],
                    "poll_after": None,
                }
            )
        return job

    @contextmanager
    def drawing(self) -> Iterator[bool]:
        """Hold the right to draw this clip; False when another process has it."""
        with (self.path / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            for part in self.path.glob(".clip.*.part*"):  # of one who was killed while drawing
                part.unlink(missing_ok=True)
            yield True


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and on the disk when this returns."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
