"""fal's queue: POST to a model's endpoint, a request id back, then status, then the result.

The models are data (``models.toml``, ``MUSICAPP_MODELS``): endpoint ids and field names. A job's
id here is the path of its request at fal (``owner/app/requests/<request id>``), because the
request id alone does not lead back to it.
"""

import asyncio
import base64
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from musicapp_pipeline.generation.config import ModelSpec
from musicapp_pipeline.generation.errors import (
    AmbiguousSubmit,
    DownloadFailed,
    JobVanished,
    ListingUnsupported,
    RemixUnsupported,
    StatusUnavailable,
    UnsupportedRequest,
)
from musicapp_pipeline.generation.port import Capabilities, ClipRequest, ProviderJob
from musicapp_pipeline.generation.providers.clients import Clients, account_of
from musicapp_pipeline.generation.providers.dialects import FAL_JOB, is_fal_job, media_url
from musicapp_pipeline.generation.providers.exchange import (
    Answer,
    error_of,
    plain_text,
    poll_after,
    refusal,
    retry_after,
    send_free,
    send_paid,
)
from musicapp_pipeline.generation.providers.outward import Outward
from musicapp_pipeline.generation.providers.streaming import stream_to
from musicapp_pipeline.generation.reference import MIME, reference_for

_ASPECTS = {"16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0, "4:3": 4 / 3, "3:4": 3 / 4, "21:9": 21 / 9}
_REQUEST_ID = re.compile(r"[\w-]{1,200}", re.ASCII)
_RUN_FAILED = frozenset({400, 422})
"""Statuses of a result that tell of the run. A 5xx may as well be an outage of the result's route,
and the run that it hides be charged; of a run that failed, the status tells."""
_SUBMIT_TIMEOUT, _READ_TIMEOUT = 120.0, 60.0


class FalQueue:
    """Implements :class:`~musicapp_pipeline.generation.port.VideoProvider` over fal's queue.

    Args:
        base_url: of the queue.
        api_key: fal's key.
        lookup: the record of a model; raises ``UnknownModel``.
        spec_of: how a model is called.
        allow_private: clips may be fetched from private addresses (tests).
    """

    name = "fal"

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        lookup: Callable[[str], Capabilities],
        spec_of: Callable[[str], ModelSpec],
        *,
        allow_private: bool = False,
    ) -> None:
        self._base = httpx.URL(base_url.strip().rstrip("/") + "/")
        self.key = f"{self.name}:{self._base.host}:{account_of(api_key)}"
        self._lookup = lookup
        self._spec_of = spec_of
        self._outward = Outward(self._base, allow_private)
        auth = {"Authorization": f"Key {api_key}"} if api_key else {}
        self._clients = Clients(auth, submit_timeout=_SUBMIT_TIMEOUT, read_timeout=_READ_TIMEOUT)

    def capabilities(self, model: str) -> Capabilities:
        """See the protocol."""
        return self._lookup(model)

    async def submit(self, request: ClipRequest) -> ProviderJob:
        """See the protocol."""
        self._lookup(request.model).check(request)
        spec = self._spec_of(request.model)
        endpoint, body = await asyncio.to_thread(_input, spec, request)
        sent = self._clients.paid.build_request("POST", self._base.join(endpoint), json=body)
        answer = await send_paid(self._clients.paid, sent)
        if not answer.ok:
            raise refusal(answer, self._base.host)
        told = answer.body if isinstance(answer.body, dict) else {}
        request_id = told.get("request_id")
        if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
            raise AmbiguousSubmit(
                f"{self._base.host} answered {answer.status} without a usable request id",
                status=answer.status,
            )
        return ProviderJob(
            id=_job_path(told, endpoint, request_id),
            status="queued",
            raw_status=plain_text(told.get("status") or "", 100),
            poll_after=poll_after(answer.headers),
            prompt=request.prompt,
            seconds=request.seconds,
            size=request.size,
            model=request.model,
        )

    async def status(self, job_id: str) -> ProviderJob:
        """See the protocol. COMPLETED only says that the run has ended: the result tells how."""
        answer = await self._get(job_id, "/status")
        told = answer.body if isinstance(answer.body, dict) else {}
        raw = plain_text(told.get("status") or "", 100).upper()
        job = ProviderJob(
            id=job_id, status="unknown", raw_status=raw, poll_after=poll_after(answer.headers)
        )
        if not answer.ok or not raw:
            raise self._unavailable(job_id, answer)
        if raw == "IN_QUEUE":
            return job.model_copy(update={"status": "queued"})
        if raw == "IN_PROGRESS":
            return job.model_copy(update={"status": "in_progress", "progress": 0.5})
        if raw in ("FAILED", "CANCELED", "CANCELLED", "ERROR") or told.get("error"):
            message, code = error_of(answer)
            kind = plain_text(told.get("error_type") or code or raw.lower(), 100)
            return _failed(job, kind, message)
        return await self._ended(job) if raw == "COMPLETED" else job

    async def _ended(self, job: ProviderJob) -> ProviderJob:
        answer = await self._get(job.id)
        body = answer.body if isinstance(answer.body, dict) else {}
        told = bool(body.get("detail") or body.get("error"))
        if told and (answer.ok or answer.status in _RUN_FAILED) and not media_url(body):
            message, code = error_of(answer)
            return _failed(job, code or _kind(body) or "generation_failed", message)
        if answer.ok and body:
            # Also without an address: the run ended well and is charged, so its clip is asked
            # for again and again, and no other is bought.
            return job.model_copy(update={"status": "completed", "progress": 1.0})
        raise self._unavailable(job.id, answer)

    async def download(self, job_id: str, dest: Path) -> None:
        """See the protocol."""
        try:
            answer = await self._get(job_id)
        except StatusUnavailable as error:
            raise DownloadFailed(error.message, retry_after=error.retry_after) from error
        url = media_url(answer.body) if answer.ok else None
        if url is None:
            raise DownloadFailed(
                f"{self._base.host} names no clip: {error_of(answer)[0]}",
                retry_after=retry_after(answer.headers),
                permanent=answer.status == 410,
            )
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise DownloadFailed(f"{self._base.host} names no address: {error}") from error
        request = await self._outward.request(self._clients.plain, target)
        refused = await stream_to(self._clients.plain, self._outward, request, dest)
        if refused is not None:
            raise DownloadFailed(
                f"no clip came, but {refused.status}", permanent=refused.status in (404, 410)
            )

    async def list_recent(self, since: datetime) -> Sequence[ProviderJob]:
        """See the protocol: fal's queue has no list."""
        raise ListingUnsupported(f"{self._base.host} does not list requests")

    async def remix(self, job_id: str, prompt: str) -> ProviderJob:
        """See the protocol: fal's queue has no remix."""
        raise RemixUnsupported(f"{self._base.host} has no remix; it can be emulated")

    async def cancel(self, job_id: str) -> None:
        """See the protocol; a request still in the queue is removed and not charged."""
        try:
            url = self._url(job_id, "/cancel")
            await send_free(self._clients.free, self._clients.free.build_request("PUT", url))
        except (StatusUnavailable, JobVanished):
            return

    async def aclose(self) -> None:
        """See the protocol."""
        await self._clients.aclose()

    async def _get(self, job_id: str, tail: str = "") -> Answer:
        return await send_free(
            self._clients.free, self._clients.free.build_request("GET", self._url(job_id, tail))
        )

    def _url(self, job_id: str, tail: str = "") -> httpx.URL:
        if not is_fal_job(job_id):
            raise JobVanished(f"{job_id!r} is not a request of this queue", value=job_id)
        return self._base.join(job_id + tail)

    def _unavailable(self, job_id: str, answer: Answer) -> JobVanished | StatusUnavailable:
        message, _ = error_of(answer)
        if answer.status in (404, 410):
            return JobVanished(f"{self._base.host} does not know it: {message}", value=job_id)
        return StatusUnavailable(
            f"{self._base.host} answered {answer.status}: {message}",
            retry_after=retry_after(answer.headers),
            rate_limited=answer.status == 429,
        )


def _input(spec: ModelSpec, request: ClipRequest) -> tuple[str, dict[str, Any]]:
    """The endpoint and the JSON input for a request."""
    image = request.reference_png
    endpoint = spec.text_endpoint if image is None else spec.image_endpoint
    if endpoint is None:
        raise UnsupportedRequest(
            f"{spec.name} only generates {'from' if image is None else 'without'} an image",
            field="reference",
        )
    width, height = request.dimensions
    shape = width / height
    aspect = min(_ASPECTS, key=lambda name: abs(_ASPECTS[name] - shape))
    fields: dict[str, Any] = {
        "prompt": request.prompt,
        spec.duration_field: _duration(spec, request.seconds),
        spec.resolution_field: f"{min(width, height)}p",
    }
    if image is None or not spec.image_keeps_aspect:
        fields[spec.aspect_field] = aspect
    if request.seed is not None and spec.accepts_seed:
        fields["seed"] = request.seed
    if image is not None:
        data = base64.b64encode(reference_for(image, request.size)).decode()
        fields[spec.image_field] = f"data:{MIME};base64,{data}"
    return endpoint, {**spec.fixed, **{name: v for name, v in fields.items() if name}}


def _duration(spec: ModelSpec, seconds: int) -> int | str:
    if spec.duration_format == "int":
        return seconds
    return str(seconds) if spec.duration_format == "string" else f"{seconds}s"


def _job_path(told: dict[str, Any], endpoint: str, request_id: str) -> str:
    """The request's path: as told where it looks like one, by fal's rule otherwise."""
    for name in ("response_url", "status_url"):
        if isinstance(told.get(name), str):
            match = FAL_JOB.search(told[name])
            if match and match[0].endswith(f"/{request_id}"):
                return match[0]
    owner, app = endpoint.split("/")[:2]
    return f"{owner}/{app}/requests/{request_id}"


def _kind(body: Any) -> str:
    """``type`` of the first entry of fal's ``detail`` list (``content_policy_violation``)."""
    detail = body.get("detail") if isinstance(body, dict) else None
    first = detail[0] if isinstance(detail, list) and detail else None
    return plain_text(first.get("type") or "", 100) if isinstance(first, dict) else ""


def _failed(job: ProviderJob, code: str, message: str) -> ProviderJob:
    return job.model_copy(update={"status": "failed", "error_code": code, "error_message": message})
