"""Which headers answers carry, for the OpenAPI document.

They follow from what an operation takes and answers, so a new operation documents its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from musicapp_pipeline.api.kit.once import KEPT, REPLAYED

ETAG = ("ETag", "The revision; send it back as `If-Match` with a change that is based on it.")
LINK = ("Link", 'The way to the next page, `<…>; rel="next"`; absent on the last one.')
LOCATION = ("Location", "Where what was created can be read.")
ONCE = (REPLAYED, "`true` on the repeated answer to a repeated `Idempotency-Key`.")
OF_STATUS = {
    "206": ("Content-Range", "Which bytes of how many these are."),
    "307": ("Location", "Where the file is served from."),
    "401": ("WWW-Authenticate", "`Bearer`."),
    "416": ("Content-Range", "How many bytes there are."),
    "429": ("Retry-After", "Seconds to wait."),
    "503": ("Retry-After", "Seconds to wait, where that is known."),
}
KEY = "Idempotency-Key"
KEY_WORDS = (
    "Any text of your own, up to 255 visible characters. It is yours and this address's alone, and"
    " is remembered for {} days."
)
KEY_DOES = (
    "Repeated with the same `Idempotency-Key` and body, it answers {} with what the first one"
    " answered and `Idempotency-Replayed: true`, and creates, reserves and starts nothing; with"
    " another body it answers 422. A refused request is not remembered: it may be sent again with"
    " its key. Without a key every repetition counts."
)
TAGGED_LISTS = frozenset({"list_scenes", "reorder_scenes"})
"""Their tag stands for order and cuts."""


def document_headers(document: dict[str, Any]) -> None:
    """Write the headers of every answer into an OpenAPI document."""
    schemas = document["components"]["schemas"]
    for item in document["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                for name, words in _headers(operation, status, answer, schemas):
                    entry = {"description": words, "schema": {"type": "string"}}
                    answer.setdefault("headers", {})[name] = entry


def document_keys(document: dict[str, Any]) -> None:
    """Say of every operation that takes an ``Idempotency-Key`` what a repetition of it does."""
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == KEY:
                    parameter["description"] = KEY_WORDS.format(KEPT.days)
                    statuses = [s for s in operation["responses"] if s.startswith("2")]
                    operation["description"] += "\n\n" + KEY_DOES.format(" or ".join(statuses))


def _headers(
    operation: Mapping[str, Any],
    status: str,
    answer: Mapping[str, Any],
    schemas: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    if status in OF_STATUS:
        yield OF_STATUS[status]
    if not status.startswith("2"):
        return
    takes = {parameter["name"] for parameter in operation.get("parameters", ())}
    record = _record(answer, schemas)
    if "revision" in record or operation["operationId"] in TAGGED_LISTS:
        yield ETAG
    if status == "201" and record:
        yield LOCATION
    if "cursor" in takes:
        yield LINK
    if "Idempotency-Key" in takes:
        yield ONCE


def _record(answer: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of the one record that is answered; none for lists and files."""
    content = answer.get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    fields: Mapping[str, Any] = schemas.get(name, {}).get("properties", {})
    return fields
