"""The mock provider's jobs on disk, and the threads that draw them."""

import atexit
import fcntl
import json
import os
import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from musicapp_pipeline import logs
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation.port import ClipRequest, Frozen, ProviderJob, parse_size

if TYPE_CHECKING:
    from musicapp_pipeline.generation.picture.brief import Brief

log = logs.get(__name__)

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
            yield True


class Renderers:
    """A few threads that draw; the work in OpenCV and the encoder releases the interpreter."""

    def __init__(self, workers: int) -> None:
        self._workers = max(1, workers)
        self._queue: queue.SimpleQueue[JobFolder | None] = queue.SimpleQueue()
        self._progress: dict[str, float] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def ensure(self, folder: JobFolder) -> None:
        """Draw the clip unless that is done, queued or under way here."""
        with self._lock:
            if self._stop.is_set() or folder.id in self._progress or folder.ended:
                return
            self._progress[folder.id] = 0.0
            if len(self._threads) < min(self._workers, len(self._progress)):
                self._start_thread()
        self._queue.put(folder)

    def progress(self, folder: JobFolder) -> float:
        """The share drawn by this process."""
        return self._progress.get(folder.id, 0.0)

    def close(self) -> None:
        """Stop drawing within a frame; queued clips stay undrawn."""
        self._stop.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        atexit.unregister(self.close)

    def _start_thread(self) -> None:
        if not self._threads:
            # A thread that is inside native code when the interpreter goes would abort it.
            atexit.register(self.close)
        thread = threading.Thread(target=self._work, name="mock-renderer", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (folder := self._queue.get()) is not None and not self._stop.is_set():
            try:
                self._draw(folder)
            except Exception:  # nobody else would hear of it
                log.exception("drawing failed", job=folder.id)
                folder.fail("render_failed", "the picture could not be drawn; see the log")
            finally:
                self._progress.pop(folder.id, None)

    def _draw(self, folder: JobFolder) -> None:
        from musicapp_pipeline.generation.picture.render import Stopped, render_clip

        with folder.drawing() as mine:
            if not mine or folder.ended:
                return
            record = folder.record()
            width, height = parse_size(record.request.size)

            def on_frame(done: int, total: int) -> bool:
                self._progress[folder.id] = done / total
                return not self._stop.is_set() and not (done % 24 == 0 and folder.ended)

            try:
                render_clip(
                    _brief(folder),
                    folder.clip,
                    width=width,
                    height=height,
                    seconds=record.request.seconds,
                    reference=folder.reference_bytes(),
                    first_frame=record.request.reference_kind == "first_frame",
                    on_frame=on_frame,
                )
            except Stopped:
                return
            except MusicAppError as error:
                folder.fail(error.code, error.message)


def _brief(folder: JobFolder) -> "Brief":
    from musicapp_pipeline.generation.picture.brief import read_brief

    record = folder.record()
    if record.remixed_from is None:
        return read_brief(record.request.prompt, record.fingerprint)
    # The same dice as the source, other words: composition stays, look changes.
    source = JobFolder(folder.path.parent, record.remixed_from).record()
    return read_brief(record.request.prompt, source.fingerprint)


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and on the disk when this returns."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
