"""``/v1/videos``: strict in what is sent, tolerant of what comes back (docs/providers.md)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from musicapp_pipeline import logs
from musicapp_pipeline.generation.errors import (
    AmbiguousSubmit,
    DownloadFailed,
    GenerationError,
    JobVanished,
    ListingUnsupported,
    NotAccepted,
    RemixUnsupported,
    StatusUnavailable,
)
from musicapp_pipeline.generation.port import Capabilities, ClipRequest, ProviderJob
from musicapp_pipeline.generation.providers.clients import Clients, account_of
from musicapp_pipeline.generation.providers.dialects import (
    job_from,
    looks_like_job,
    media_url,
    says_unsupported,
    wants_json,
)
from musicapp_pipeline.generation.providers.exchange import (
    Answer,
    error_of,
    plain_text,
    refusal,
    retry_after,
    send_free,
    send_paid,
)
from musicapp_pipeline.generation.providers.outward import Outward
from musicapp_pipeline.generation.providers.streaming import stream_to
from musicapp_pipeline.generation.reference import MIME, reference_for

log = logs.get(__name__)

_SUBMIT_TIMEOUT = 180.0
"""Long, because a gateway may wait for its own upstream and giving up early is never free."""
_READ_TIMEOUT = 60.0
_PAGE = 100
_MAX_PAGES = 50
_NO_LIST = frozenset({400, 401, 403, 404, 405, 422, 501})
"""Asking again would not help: there is no such route, or this key may not use it."""


class VideosApi:
    """Implements :class:`~musicapp_pipeline.generation.port.VideoProvider` over ``/v1/videos``.

    Args:
        base_url: up to and including the version, for example ``http://127.0.0.1:30010/v1``;
            without a path, ``/v1`` is added.
        api_key: sent as a bearer token; None for servers that want none.
        lookup: the record of a model; raises ``UnknownModel``.
        remote_name: what the server calls a model.
        allow_private: clips may be fetched from private addresses that the server names.
    """

    name = "videos_api"

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        lookup: Callable[[str], Capabilities],
        *,
        remote_name: Callable[[str], str] = lambda model: model,
        allow_private: bool = False,
    ) -> None:
        base = httpx.URL(base_url.strip().rstrip("/"))
        self._base = base.copy_with(path="/v1") if base.path in ("", "/") else base
        self.key = f"{self.name}:{self._base.host}:{self._base.port or ''}:{account_of(api_key)}"
        self._lookup = lookup
        self._remote_name = remote_name
        self._outward = Outward(self._base, allow_private)
        auth = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._clients = Clients(auth, submit_timeout=_SUBMIT_TIMEOUT, read_timeout=_READ_TIMEOUT)
        self._remixes = True
        self._forms = True

    def capabilities(self, model: str) -> Capabilities:
        """See the protocol; remix becomes emulated once the server has said that it has none."""
        record = self._lookup(model)
        if record.remix == "native" and not self._remixes:
            return record.model_copy(update={"remix": "emulated"})
        return record

    async def submit(self, request: ClipRequest) -> ProviderJob:
        """See the protocol."""
        record = self._lookup(request.model)
        record.check(request)
        fields = {
            "model": self._remote_name(request.model),
            "prompt": request.prompt,
            "seconds": str(request.seconds),
            "size": request.size,
        }
        if request.seed is not None and record.accepts_seed:
            fields["seed"] = str(request.seed)
        image = request.reference_png
        if image is not None:
            image = await asyncio.to_thread(reference_for, image, request.size)
        answer = await self._create(fields, image)
        if self._forms and image is None and wants_json(answer.status, answer.text):
            # Provably not accepted, so the same may be sent once more in the other form.
            self._forms = False
            answer = await self._create(fields, image)
        return self._accepted(answer)

    async def _create(self, fields: dict[str, str], image: bytes | None) -> Answer:
        url = self._url("videos")
        if self._forms or image is not None:
            form: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
            if image is not None:
                form["input_reference"] = ("reference.png", image, MIME)
            return await send_paid(
                self._clients.paid, self._clients.paid.build_request("POST", url, files=form)
            )
        return await send_paid(
            self._clients.paid, self._clients.paid.build_request("POST", url, json=fields)
        )

    def _accepted(self, answer: Answer) -> ProviderJob:
        if answer.ok:
            job = job_from(answer.body, answer.headers)
            if job is None:
                raise AmbiguousSubmit(
                    f"{self._base.host} answered {answer.status} without a usable job id: "
                    f"{plain_text(answer.text, 200)!r}",
                    status=answer.status,
                )
            return job
        raise refusal(answer, self._base.host)

    async def remix(self, job_id: str, prompt: str) -> ProviderJob:
        """See the protocol."""
        if not self._remixes:
            raise self._no_remix()
        request = self._clients.paid.build_request(
            "POST", self._url("videos", job_id, "remix"), json={"prompt": prompt}
        )
        answer = await send_paid(self._clients.paid, request)
        if answer.status in (404, 405, 501):
            # Either no such route or no such source any more; not bought in both cases.
            self._remixes = answer.status == 404 and "video" in answer.text.lower()
            raise self._no_remix()
        if not answer.ok and says_unsupported(error_of(answer)[0], "remix"):
            self._remixes = False
            raise self._no_remix()
        if 400 <= answer.status < 500 and _is_plain(refusal(answer, self._base.host)):
            raise self._no_remix()  # this source is gone, or is none; others may be there
        return self._accepted(answer)

    def _no_remix(self) -> RemixUnsupported:
        return RemixUnsupported(f"{self._base.host} has no remix; it can be emulated")

    async def status(self, job_id: str) -> ProviderJob:
        """See the protocol."""
        answer = await self._get(self._url("videos", job_id))
        if looks_like_job(answer.body, job_id, ok=answer.ok):
            # Before the HTTP status: failed jobs come with 4xx and 5xx from vLLM-Omni.
            job = job_from(answer.body, answer.headers, job_id=job_id)
            assert job is not None
            if answer.ok or job.status == "failed":
                return job
        message, _ = error_of(answer)
        if answer.status in (404, 410):
            raise JobVanished(f"{self._base.host} does not know the job: {message}", value=job_id)
        raise StatusUnavailable(
            f"{self._base.host} answered {answer.status}: {message}",
            retry_after=retry_after(answer.headers),
            rate_limited=answer.status == 429,
        )

    async def list_recent(self, since: datetime) -> Sequence[ProviderJob]:
        """See the protocol.

        The list has ended when the server says so, when a page is empty, or when a list that really
        runs from new to old has come to older jobs: a wrong end would be paid for.
        """
        found: list[ProviderJob] = []
        for _ in range(_MAX_PAGES):
            page, more = await self._page(found[-1].id if found else None)
            known = {job.id for job in found}
            if known.issuperset(job.id for job in page) and page:
                raise ListingUnsupported(f"{self._base.host} lists the same jobs on every page")
            found += page
            if not more or not page or _reaches(found, since):
                return [job for job in found if job.created_at is None or job.created_at >= since]
        raise ListingUnsupported(f"{self._base.host} lists more than {_MAX_PAGES * _PAGE} new jobs")

    async def _page(self, after: str | None) -> tuple[list[ProviderJob], bool]:
        query = {"limit": str(_PAGE), "order": "desc"} | ({"after": after} if after else {})
        answer = await self._get(self._url("videos").copy_merge_params(query))
        body = answer.body
        if answer.status in _NO_LIST or (
            not answer.ok and says_unsupported(error_of(answer)[0], "list")
        ):
            raise ListingUnsupported(f"{self._base.host} does not list jobs ({answer.status})")
        items = body.get("data") if isinstance(body, dict) else None
        listed = items if isinstance(items, list) else [None]
        jobs = [job for item in listed if (job := job_from(item)) is not None]
        if not answer.ok or len(jobs) < len(listed):
            raise StatusUnavailable(
                f"{self._base.host} did not list jobs: {error_of(answer)[0]}",
                retry_after=retry_after(answer.headers),
                rate_limited=answer.status == 429,
            )
        # A short page is no end: some servers give fewer than they are asked for, and do not say.
        return jobs, body.get("has_more") is not False

    async def download(self, job_id: str, dest: Path) -> None:
        """See the protocol."""
        # No ``variant``: the video is the default, and SGLang answers 404 to variant=video.
        request = self._clients.free.build_request("GET", self._url("videos", job_id, "content"))
        request.headers["Accept"] = "*/*"
        answer = await stream_to(self._clients.free, self._outward, request, dest)
        if answer is None:
            return
        elsewhere = await self._elsewhere(job_id, answer)
        if elsewhere is None:
            raise _no_clip(answer)
        request = await self._outward.request(self._clients.plain, elsewhere)
        answer = await stream_to(self._clients.plain, self._outward, request, dest)
        if answer is not None:
            raise _no_clip(answer)

    async def _elsewhere(self, job_id: str, answer: Answer) -> httpx.URL | None:
        """Where the clip is when the content route does not have it itself."""
        if answer.status not in (200, 400, 404, 405, 422, 501):
            return None
        # What cannot be decoded is no words, and what looks like an address in it is none.
        url = media_url(answer.body, "" if "\ufffd" in answer.text else answer.text)
        if url is None:
            try:
                told = await self._get(self._url("videos", job_id))
            except StatusUnavailable:
                return None
            url = media_url(told.body)
        try:
            return httpx.URL(url) if url else None
        except httpx.InvalidURL:
            return None

    async def cancel(self, job_id: str) -> None:
        """See the protocol. Nothing is sent: DELETE would also discard a clip that was just paid
        for, and most servers refuse it for a job under way."""
        log.debug("a job under way cannot be cancelled here", job=job_id)

    async def aclose(self) -> None:
        """See the protocol."""
        await self._clients.aclose()

    async def _get(self, url: httpx.URL) -> Answer:
        return await send_free(self._clients.free, self._clients.free.build_request("GET", url))

    def _url(self, *parts: str) -> httpx.URL:
        if any(part in (".", "..") for part in parts):
            raise JobVanished(f"{parts[1]!r} is not a job", value=parts[1])
        # Ids of gateways are base64 and may hold a slash, which must not become a path.
        tail = "/".join(quote(part, safe="=+:@,;!$*'()~") for part in parts)
        raw = self._base.raw_path.split(b"?")[0].rstrip(b"/") + b"/" + tail.encode()
        return self._base.copy_with(raw_path=raw)


def _reaches(listed: Sequence[ProviderJob], since: datetime) -> bool:
    """Whether a list runs from new to old and has come to what is older than ``since``."""
    moments = [job.created_at for job in listed]
    told = [moment for moment in moments if moment is not None]
    if len(told) < len(moments) or told[0] == told[-1]:
        return False
    return all(new >= old for new, old in pairwise(told)) and told[-1] < since


def _no_clip(answer: Answer) -> DownloadFailed:
    message, _ = error_of(answer)
    # 410: expired; 422: vLLM-Omni for a job that failed after all.
    return DownloadFailed(
        f"no clip came, but {answer.status}: {message}",
        retry_after=retry_after(answer.headers),
        permanent=answer.status in (410, 422),
    )


def _is_plain(error: GenerationError) -> bool:
    """Whether a request was turned down for itself, not for content, account or pace."""
    return type(error) is NotAccepted and error.permanent
