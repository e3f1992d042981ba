"""Reading ``/v1/videos`` jobs as servers really write them."""

import base64
import binascii
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from musicapp_pipeline.generation.codes import ended_elsewhere, is_harmless, plain_code
from musicapp_pipeline.generation.port import JobStatus, ProviderJob
from musicapp_pipeline.generation.providers.exchange import plain_text, poll_after

_STATUSES: Mapping[str, JobStatus] = {
    "queued": "queued",
    "pending": "queued",
    "submitted": "queued",
    "in_queue": "queued",
    "in_progress": "in_progress",
    "processing": "in_progress",  # LiteLLM in front of Gemini
    "running": "in_progress",
    "generating": "in_progress",
    "completed": "completed",
    "succeeded": "completed",
    "success": "completed",
    "failed": "failed",
    "error": "failed",
    "cancelled": "failed",
    "canceled": "failed",
    "expired": "failed",
    "deleted": "failed",  # SGLang after DELETE
}
_MAX_ID = 1000
"""Of characters; those of gateways are a few hundred long."""
_MAX_TEXT = 100_000
_MAX_DEPTH = 4
"""Of objects in objects that are searched for an address."""
FAL_JOB = re.compile(r"[\w.-]+/[\w.-]+/requests/[\w-]{1,200}", re.ASCII)
"""A request's path in fal's queue, which is its id here."""
_URL = re.compile(r"https?://[^\s\"'<>]+")
_LACKING = (
    r"(?:not\s+(?:yet\s+)?(?:supported|implemented)|unsupported(?!\s+operand)|notimplemented)"
)
_CLAUSE = r"(?:[^\w.:;]+\w+){0,3}?[^\w.:;]+"
"""What may stand between two words of one statement: three more at most."""


def job_from(
    body: Any, headers: httpx.Headers | None = None, *, job_id: str | None = None
) -> ProviderJob | None:
    """A job as told, or None when ``body`` is not one.

    Args:
        body: decoded JSON.
        headers: of the answer, for polling hints.
        job_id: the id as stored, which outlives whatever the body says: gateways spell the same
            id differently from call to call.
    """
    if not isinstance(body, dict):
        return None
    known = job_id or usable_id(body.get("id"))
    if known is None:
        return None
    raw = plain_text(body.get("status") or "", 100)
    status = _STATUSES.get(plain_code(raw), "unknown")
    code, message = _error(body.get("error"))
    if status == "completed" and message:
        # A gateway that reports a failed operation as done still passes on its error.
        status = "failed"
    if status == "failed":
        # Who cancelled or deleted it did not ask for another one: then that word is the reason.
        code = plain_code(raw) if ended_elsewhere(raw) else code
        message = message or f"the job is {raw}"
    return ProviderJob(
        id=known,
        status=status,
        progress=1.0 if status == "completed" else _share(body.get("progress")),
        error_code=code,
        error_message=message,
        poll_after=poll_after(headers) if headers is not None else None,
        raw_status=raw,
        expires_at=_moment(body.get("expires_at")),
        created_at=_moment(body.get("created_at")),
        completed_at=_moment(body.get("completed_at")),
        prompt=_text(body.get("prompt")),
        seconds=_whole(body.get("seconds")),
        size=_text(body.get("size")),
        model=_text(body.get("model")),
        remixed_from=_text(body.get("remixed_from_video_id")),
    )


def usable_id(value: Any) -> str | None:
    """An id by which a job can be asked for again; None for what cannot stand in an address, in a
    database or for one job only. A whole number counts as its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID or value in (".", ".."):
        return None
    return value if value.isprintable() and not value.isspace() else None


def is_fal_job(job_id: str) -> bool:
    """Whether an id is the path of a request in fal's queue."""
    return bool(FAL_JOB.fullmatch(job_id)) and ".." not in job_id


def looks_like_job(body: Any, job_id: str, *, ok: bool) -> bool:
    """Whether an answer carries the job that was asked for.

    vLLM-Omni sends failed ones with 4xx and 5xx. So do proxies in front with errors of their own,
    which may have an id and a status too, but not this id.
    """
    if not isinstance(body, dict) or not isinstance(body.get("status"), str):
        return False
    told = usable_id(body.get("id"))
    return told is not None and (ok or identity(told) == identity(job_id))


def says_unsupported(text: str, what: str) -> bool:
    """Whether an error's words mean "this server has no ``what``" rather than "not now".

    Both have to be said in one breath: "unsupported" alone may be about anything, such as Python's
    own words for a bug after the purchase, and on a 5xx a wrong guess would be paid for.
    """
    said = (
        rf"{what}\w*{_CLAUSE}{_LACKING}",
        rf"{_LACKING}{_CLAUSE}\w*{what}",
        rf"does(?:n.t|\s+not)\s+support\s+(?:\w+[\s_])?{what}",
        rf"notimplementederror:\W*(?:\w+[\s_])?{what}",
    )
    return any(re.search(words, text, re.IGNORECASE) for words in said)


def wants_json(status: int, text: str) -> bool:
    """Whether a refusal of a form means that the server takes the same as JSON.

    Older SGLang-Diffusion takes forms only together with a file.
    """
    lower = text.lower()
    missing_file = "input_reference" in lower and "required" in lower
    return status == 415 or (status in (400, 422) and missing_file)


def media_url(body: Any, text: str = "", depth: int = 0) -> str | None:
    """An address of the finished clip named anywhere in an answer, if any."""
    if isinstance(body, dict):
        for key in ("url", "video_url", "download_url", "content_url"):
            if isinstance(body.get(key), str) and _URL.match(body[key]):
                return str(body[key])
        for key in ("output", "video", "result", "data"):
            inner = body.get(key)
            inner = inner[0] if isinstance(inner, list) and inner else inner
            nested = isinstance(inner, dict) and depth < _MAX_DEPTH
            if nested and (found := media_url(inner, depth=depth + 1)):
                return found
    match = _URL.search(text)
    return match[0].rstrip(".,;)") if match else None


def identity(job_id: str) -> str:
    """What stays the same however a gateway spells a job's id.

    LiteLLM wraps ids as ``video_<base64 of "litellm:…;model_id:…;video_id:…">``, and the model
    part may differ between the answer to a create and a list.
    """
    packed = job_id.removeprefix("video_")
    try:
        text = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return job_id
    inner = text.rpartition(";video_id:")[2] if text.startswith("litellm:") else ""
    return inner or job_id


def _error(error: Any) -> tuple[str | None, str | None]:
    if isinstance(error, dict):
        code, message = error.get("code"), error.get("message") or error.get("detail")
        if is_harmless(code) and not message:
            return None, None
        return (None if code is None else plain_text(code, 100)), plain_text(message or code)
    return (None, plain_text(error)) if isinstance(error, str) and error else (None, None)


def _share(progress: Any) -> float:
    if isinstance(progress, bool) or not isinstance(progress, int | float):
        return 0.0
    # Bounded first: an integer may be larger than any float.
    return 0.0 if progress != progress else min(max(progress, 0), 100) / 100


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and value:
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else None  # some server's local time
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return round(number) if math.isfinite(number) and number > 0 else None


def _text(value: Any) -> str | None:
    return plain_text(value, _MAX_TEXT) if isinstance(value, str) and value else None
