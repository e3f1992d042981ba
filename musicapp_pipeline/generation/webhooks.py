"""Inbound webhooks by the Standard Webhooks rules: signature, age, and a key to deduplicate by.

A webhook is only a hint to look now: what happened is read from the provider afterwards.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from musicapp_pipeline.generation.errors import BadWebhook
from musicapp_pipeline.generation.port import Frozen
from musicapp_pipeline.setting_forms import webhook_key

TOLERANCE_SECONDS = 300.0
MAX_ID = 512
"""Characters of a job's id."""
_OUTCOMES: Mapping[str, Literal["completed", "failed"]] = {
    "video.completed": "completed",
    "video.failed": "failed",
}


class VideoEvent(Frozen):
    """A verified event. ``id`` stays the same when it is delivered again: handle it once."""

    id: str
    type: str
    outcome: Literal["completed", "failed"]
    job_id: str
    sent_at: datetime


def parse_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    *,
    now: datetime | None = None,
    tolerance: float = TOLERANCE_SECONDS,
) -> VideoEvent | None:
    """Verify and read a webhook.

    Args:
        headers: of the request, any case.
        body: exactly as received; re-encoded JSON does not verify.
        secret: ``whsec_…`` or the bare base64.
        now: for tests.
        tolerance: seconds a delivery may be old or early.

    Returns:
        The event; None for a verified one of a kind that does not concern us.

    Raises:
        BadWebhook: not signed with our secret, too old, or without a job.

    Source: Standard Webhooks specification 1.0 (HMAC-SHA256 over ``id.timestamp.body``).
    """
    given = {name.lower(): value for name, value in headers.items()}
    event_id = given.get("webhook-id", "")
    stamp = given.get("webhook-timestamp", "")
    signatures = given.get("webhook-signature", "")
    if not (event_id and stamp and signatures):
        raise BadWebhook("webhook-id, webhook-timestamp and webhook-signature are required")
    sent_at = _moment(stamp)
    age = ((now or datetime.now(UTC)) - sent_at).total_seconds()
    if abs(age) > tolerance:
        raise BadWebhook(f"the webhook is {age:.0f} s old; at most {tolerance:.0f} s are accepted")
    signed = b".".join((event_id.encode(), stamp.encode(), body))
    expected = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    if not any(hmac.compare_digest(expected, one) for one in _decoded(signatures)):
        raise BadWebhook("the webhook is not signed with the configured secret")
    return _event(event_id, sent_at, body)


def _event(event_id: str, sent_at: datetime, body: bytes) -> VideoEvent | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadWebhook("the webhook is not JSON") from error
    kind = str(told.get("type") or "") if isinstance(told, dict) else ""
    outcome = _OUTCOMES.get(kind)
    if outcome is None:
        return None
    data = told.get("data")
    job_id = data.get("id") if isinstance(data, dict) else None
    if isinstance(job_id, int) and not isinstance(job_id, bool):
        job_id = str(job_id)
    if not isinstance(job_id, str) or not job_id:
        raise BadWebhook(f"a {kind} webhook without data.id", field="data.id")
    if len(job_id) > MAX_ID or not job_id.isprintable():
        raise BadWebhook(f"data.id of a {kind} webhook is no job's id", field="data.id")
    return VideoEvent(id=event_id, type=kind, outcome=outcome, job_id=job_id, sent_at=sent_at)


def _moment(stamp: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadWebhook(
            f"webhook-timestamp {stamp!r} is not a number of seconds", field="webhook-timestamp"
        ) from error


def _key(secret: str) -> bytes:
    try:
        return webhook_key(secret)
    except ValueError as error:
        raise BadWebhook(f"SORA_WEBHOOK_SECRET: {error}", field="SORA_WEBHOOK_SECRET") from error


def _decoded(signatures: str) -> list[bytes]:
    """Every ``v1`` signature of a header that may hold several."""
    found = []
    for entry in signatures.split():
        version, _, value = entry.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(value, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
