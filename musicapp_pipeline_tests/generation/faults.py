"""The ways in which the test provider misbehaves, and how LiteLLM spells ids."""

import base64
from collections.abc import Callable

from musicapp_pipeline_tests.generation.tiny_http import Response

CREATE_FAULTS = (
    "lose_request", "lose_response", "hang_after", "500_before", "500_after", "503_before",
    "502_after", "429", "garbage_after", "empty_after", "409_after", "408_before", "quota",
    "moderated", "401",
)  # fmt: skip
STATUS_FAULTS = ("500", "404", "reset", "429", "garbage", "unknown", "regress")
CONTENT_FAULTS = (
    "500", "404", "reset", "truncate", "silent_truncate", "json", "empty", "429",
)  # fmt: skip
LIST_FAULTS = ("500", "reset", "429")


def before(fault: str, error: Callable[..., Response]) -> Response | None:
    """Answers that leave nothing behind; ``error`` writes them in the server's dialect."""
    return {
        "lose_request": Response(reset=True),
        "500_before": error(500, "The server had an error"),
        "503_before": error(503, "overloaded"),
        "408_before": error(408, "timeout"),
        "429": Response(
            429,
            error(429, "Rate limit reached", "rate_limit_exceeded").body,
            {"retry-after-ms": "80"},
        ),
        "quota": error(429, "You exceeded your current quota", "insufficient_quota"),
        "moderated": error(400, "Your request was blocked", "sentinel_block"),
        "401": error(401, "Incorrect API key provided", "invalid_api_key"),
    }.get(fault)


def after(fault: str) -> Response | None:
    """Answers that hide that the job was made and billed."""
    failure = {"error": {"message": "upstream", "type": "server_error", "code": None}}
    return {
        "lose_response": Response(reset=True),
        "hang_after": Response(hang=True),
        "500_after": Response(500, failure),
        "502_after": Response(502, b"<html>bad gateway</html>", {"content-type": "text/html"}),
        "409_after": Response(409, failure),
        "garbage_after": Response(200, b"\x00\xff not json", {"content-type": "text/plain"}),
        "empty_after": Response(200, {"object": "video"}),
    }.get(fault)


def bent(fault: str, response: Response) -> Response:
    if fault == "truncate" and isinstance(response.body, bytes):
        response.send_only = len(response.body) * 2 // 3
    elif fault == "silent_truncate" and isinstance(response.body, bytes):
        response.body = response.body[: len(response.body) * 2 // 3]
        response.no_length = True
    elif fault == "unknown" and isinstance(response.body, dict) and "status" in response.body:
        response.body["status"] = "warming_up"
    elif fault in ("cancelled", "canceled", "deleted", "expired") and isinstance(
        response.body, dict
    ):
        response.body |= {"status": fault}
    elif fault.startswith("failed:") and isinstance(response.body, dict):
        error = {"code": fault.removeprefix("failed:"), "message": "no clip"}
        response.body |= {"status": "failed", "error": error}
    elif fault == "harmless_error" and isinstance(response.body, dict):
        response.body["error"] = {"code": 0, "message": ""}
    elif fault == "foreign_error":
        body = {"id": "req-7f3a", "status": "error", "message": "upstream reset"}
        return Response(502, body)
    elif (
        fault == "regress"
        and isinstance(response.body, dict)
        and response.body.get("status") == "in_progress"
    ):
        response.body |= {"status": "queued", "progress": 0}
    return response


def wrapped(job_id: str, group: str) -> str:
    text = f"litellm:custom_llm_provider:openai;model_id:{group};video_id:{job_id}"
    return "video_" + base64.b64encode(text.encode()).decode()


def unwrapped(job_id: str) -> str:
    try:
        text = base64.b64decode(job_id.removeprefix("video_"), validate=True).decode()
    except ValueError:
        return job_id
    return text.rpartition(";video_id:")[2] or job_id
