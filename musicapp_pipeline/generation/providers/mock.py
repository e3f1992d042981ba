"""A provider on this machine: draws real moving pictures and asks no money.

Every job is a folder (``request.json``, ``reference.png``, then ``clip.mp4`` or ``failed.json``),
so that it outlives the process: whoever asks for the status of an unfinished one draws it again,
and gets the same picture, because it follows from the request alone.
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from musicapp_pipeline.generation.errors import (
    DownloadFailed,
    JobVanished,
    NotAccepted,
    UnsupportedRequest,
)
from musicapp_pipeline.generation.port import (
    Capabilities,
    ClipRequest,
    ProviderJob,
    parse_size,
    remix_fingerprint,
)
from musicapp_pipeline.generation.providers.mock_jobs import JobFolder, JobRecord
from musicapp_pipeline.generation.providers.mock_render import Renderers

_MAX_PIXELS = 4096 * 2304


class MockProvider:
    """Implements :class:`~musicapp_pipeline.generation.port.VideoProvider` without a network.

    Args:
        home: the folder of local state; jobs live in ``home/mock-provider``.
        lookup: the record of a model (its provider is ``"mock"``); raises ``UnknownModel``.
        workers: clips drawn at the same time.
        latency: seconds that every job takes at least, to rehearse a real provider's pace.
    """

    name = "mock"
    key = "mock"

    def __init__(
        self,
        home: Path,
        lookup: Callable[[str], Capabilities],
        *,
        workers: int = 2,
        latency: float = 0.0,
    ) -> None:
        self._root = home / "mock-provider"
        self._lookup = lookup
        self._latency = latency
        self._renderers = Renderers(workers)

    def capabilities(self, model: str) -> Capabilities:
        """See the protocol."""
        return self._lookup(model)

    async def submit(self, request: ClipRequest) -> ProviderJob:
        """See the protocol."""
        self._lookup(request.model).check(request)
        return await asyncio.to_thread(self._create, request, request.fingerprint(), None)

    async def remix(self, job_id: str, prompt: str) -> ProviderJob:
        """See the protocol; the composition stays, the new words change colours and framing."""
        return await asyncio.to_thread(self._remix, job_id, prompt)

    async def status(self, job_id: str) -> ProviderJob:
        """See the protocol."""
        return await asyncio.to_thread(self._status, job_id)

    async def list_recent(self, since: datetime) -> Sequence[ProviderJob]:
        """See the protocol."""
        return await asyncio.to_thread(self._list, since)

    async def download(self, job_id: str, dest: Path) -> None:
        """See the protocol."""
        await asyncio.to_thread(self._download, job_id, dest)

    async def cancel(self, job_id: str) -> None:
        """See the protocol."""
        folder = self._folder(job_id)
        if folder.exists and not folder.clip.exists():
            await asyncio.to_thread(folder.fail, "cancelled", "cancelled on request")

    async def aclose(self) -> None:
        """See the protocol; unfinished clips are drawn when somebody asks for them again."""
        await asyncio.to_thread(self._renderers.close)

    def _create(
        self, request: ClipRequest, fingerprint: str, remixed_from: str | None
    ) -> ProviderJob:
        _check_drawable(request)
        record = JobRecord(
            request=request.model_copy(update={"reference_png": None}),
            fingerprint=fingerprint,
            created_at=datetime.now(UTC),
            remixed_from=remixed_from,
        )
        folder = JobFolder.create(self._root, record, request.reference_png)
        self._renderers.ensure(folder)
        return self._describe(folder)

    def _remix(self, job_id: str, prompt: str) -> ProviderJob:
        source = self._folder(job_id)
        if not source.exists or not source.clip.exists():
            raise NotAccepted(
                f"job {job_id!r} is not a finished clip, so it cannot be remixed",
                permanent=True,
                field="job_id",
                value=job_id,
            )
        request = source.record().request.model_copy(
            update={"prompt": prompt, "reference_png": source.reference_bytes()}
        )
        return self._create(request, remix_fingerprint(job_id, prompt), job_id)

    def _folder(self, job_id: str) -> JobFolder:
        return JobFolder(self._root, job_id)

    def _status(self, job_id: str) -> ProviderJob:
        folder = self._folder(job_id)
        if not folder.exists:
            raise JobVanished(f"the mock provider has no job {job_id!r}", value=job_id)
        if not folder.ended:
            self._renderers.ensure(folder)
        return self._describe(folder)

    def _list(self, since: datetime) -> list[ProviderJob]:
        found = [f for f in JobFolder.all_in(self._root) if f.record().created_at >= since]
        found.sort(key=lambda folder: folder.record().created_at, reverse=True)
        return [self._describe(folder) for folder in found]

    def _download(self, job_id: str, dest: Path) -> None:
        folder = self._folder(job_id)
        try:
            shutil.copyfile(folder.clip, dest)
        except FileNotFoundError as error:
            raise DownloadFailed(f"job {job_id!r} has no clip yet", retry_after=1.0) from error
        except OSError as error:
            raise DownloadFailed(f"the clip could not be copied: {error}") from error

    def _describe(self, folder: JobFolder) -> ProviderJob:
        record = folder.record()
        early = self._latency and _age(record) < self._latency
        job = folder.describe(self._renderers.progress(folder))
        if early and job.ended:
            share = _age(record) / self._latency
            return job.model_copy(
                update={"status": "in_progress", "progress": min(share, 0.99), "error_code": None}
            )
        return job


def _age(record: JobRecord) -> float:
    return (datetime.now(UTC) - record.created_at).total_seconds()


def _check_drawable(request: ClipRequest) -> None:
    width, height = parse_size(request.size)
    if width % 2 or height % 2 or width * height > _MAX_PIXELS or min(width, height) < 64:
        raise UnsupportedRequest(
            f"size {request.size} cannot be drawn; allowed: even numbers from 64, "
            "up to 4096x2304 in all",
            field="size",
            value=request.size,
            allowed="even numbers from 64",
        )
