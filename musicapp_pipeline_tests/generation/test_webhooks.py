"""Inbound webhooks: signed, young, for a job, and the official client verifies what we sign."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import openai
import pytest

from musicapp_pipeline.generation.errors import BadWebhook
from musicapp_pipeline.generation.webhooks import parse_webhook

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret").decode()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def body(kind: str = "video.completed", **data: object) -> bytes:
    return json.dumps({"object": "event", "type": kind, "data": data or {"id": "video_1"}}).encode()


def signed(payload: bytes, *, secret: str = SECRET, at: datetime = NOW, event: str = "evt_1"):
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, b".".join((event.encode(), stamp.encode(), payload)), hashlib.sha256)
    return {
        "Webhook-Id": event,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": "v1," + base64.b64encode(mac.digest()).decode(),
    }


@pytest.mark.parametrize(
    ("kind", "outcome"), [("video.completed", "completed"), ("video.failed", "failed")]
)
def test_a_signed_event_names_its_job_and_its_outcome(kind, outcome):
    event = parse_webhook(signed(body(kind)), body(kind), SECRET, now=NOW)
    assert event is not None
    assert (event.id, event.job_id, event.outcome) == ("evt_1", "video_1", outcome)


def test_a_number_is_an_id_as_its_digits():
    event = parse_webhook(signed(body(id=17)), body(id=17), SECRET, now=NOW)
    assert event is not None and event.job_id == "17"


def test_the_official_client_verifies_what_we_verify():
    client = openai.OpenAI(api_key="x", webhook_secret=SECRET)
    now = datetime.now(UTC)
    headers = signed(body(), at=now)
    client.webhooks.verify_signature(body(), headers)
    assert parse_webhook(headers, body(), SECRET) is not None


def test_another_kind_of_event_is_none_of_our_business():
    other = body("response.completed")
    assert parse_webhook(signed(other), other, SECRET, now=NOW) is None


def test_one_of_several_signatures_is_enough():
    headers = signed(body())
    headers["Webhook-Signature"] = "v1,bm9wZQ== v2,x " + headers["Webhook-Signature"]
    assert parse_webhook(headers, body(), SECRET, now=NOW) is not None


@pytest.mark.parametrize(
    ("headers", "payload", "secret"),
    [
        (signed(body(), secret=OTHER), body(), SECRET),
        (signed(body()), body() + b" ", SECRET),
        (signed(body()) | {"Webhook-Id": "evt_2"}, body(), SECRET),
        (signed(body()) | {"Webhook-Signature": ""}, body(), SECRET),
        (signed(body()) | {"Webhook-Signature": "v1,???"}, body(), SECRET),
        (signed(body()) | {"Webhook-Timestamp": "soon"}, body(), SECRET),
        ({}, body(), SECRET),
        (signed(body()), body(), "whsec_not base64"),
        (signed(body(), secret="whsec_"), body(), "whsec_"),
        (signed(b"not json"), b"not json", SECRET),
        (signed(body(status="x")), body(status="x"), SECRET),
        (signed(body(id=True)), body(id=True), SECRET),
        (signed(body(id="\ud800")), body(id="\ud800"), SECRET),
        (signed(body(id="v" * 600)), body(id="v" * 600), SECRET),
        (signed(b"[" * 200_000), b"[" * 200_000, SECRET),
    ],
)
def test_everything_else_is_refused(headers, payload, secret):
    with pytest.raises(BadWebhook):
        parse_webhook(headers, payload, secret, now=NOW)


@pytest.mark.parametrize("age", [-301, 301])
def test_an_old_or_early_delivery_is_refused(age):
    headers = signed(body(), at=NOW - timedelta(seconds=age))
    with pytest.raises(BadWebhook, match="old"):
        parse_webhook(headers, body(), SECRET, now=NOW)
