"""What webhooks look like from outside."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from musicapp_pipeline.api.kit.models import Input, Moment, Output, Text

EventName = Literal["job.completed", "job.failed", "job.cancelled"]
HOOK_EXAMPLE: dict[str, Any] = {
    "id": "wh-k3m9x2p7qa4t",
    "url": "https://example.org/hooks/musicapp",
    "events": ["job.completed", "job.failed"],
    "active": True,
    "problem": "",
    "createdAt": "2026-11-22T13:00:00Z",
}


class WebhookCreate(Input):
    """Where to tell, and what; all events when ``events`` is left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": HOOK_EXAMPLE["url"], "events": HOOK_EXAMPLE["events"]}]
        }
    )

    url: Text = Field(min_length=1, max_length=4000)
    events: list[EventName] = Field(default_factory=list, max_length=10)


class WebhookRead(Output):
    """A registered webhook."""

    model_config = ConfigDict(json_schema_extra={"examples": [HOOK_EXAMPLE]})

    id: str
    url: str
    events: list[str]
    active: bool
    problem: str
    """Why it was switched off, if it was."""
    created_at: Moment


class WebhookCreated(WebhookRead):
    """A registered webhook with its secret, which is shown only now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**HOOK_EXAMPLE, "secret": "whsec_c2VjcmV0LWV4YW1wbGU="}]}
    )

    secret: str
    """For checking signatures as standardwebhooks.com describes."""


class DeliveryRead(Output):
    """One event on its way to a webhook."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "wd-k3m9x2p7qa4t",
                    "eventId": "evt-1042",
                    "type": "job.completed",
                    "state": "delivered",
                    "tries": 1,
                    "answerStatus": 200,
                    "problem": "",
                    "createdAt": "2026-11-22T13:02:00Z",
                    "nextTryAt": None,
                    "deliveredAt": "2026-11-22T13:02:01Z",
                }
            ]
        }
    )

    id: str
    event_id: str
    type: str
    state: str
    tries: int
    answer_status: int | None
    problem: str
    created_at: Moment
    next_try_at: Moment | None
    delivered_at: Moment | None
