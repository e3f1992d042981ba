"""What is wrong with a field that a client sent, in words: an entry of ``errors[]``."""

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

BOUNDS = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "min_length": "at least {} long",
    "max_length": "at most {} long",
    "pattern": "matching {}",
    "expected": "{}",
    "max_digits": "at most {} digits",
    "decimal_places": "at most {} decimals",
    "multiple_of": "multiples of {}",
}
"""What a broken rule of a schema allows, by the name the library gives its limit."""
KINDS = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "string": "text",
    "bool": "true or false",
    "list": "a list",
    "dict": "an object",
    "model": "an object",
    "missing": "a value: it is required",
}
TYPED = frozenset(
    {
        *(f"{kind}_type" for kind in KINDS),
        *(f"{kind}_parsing" for kind in KINDS),
        "int_from_float",
        "model_attributes_type",
        "missing",
    }
)


def entry_of(error: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of one error of the validating library."""
    place = [str(part) for part in error["loc"]]
    if place and place[0] == "path":
        place = [to_camel(part) for part in place]  # as answers and documents write it
    if place and place[0] in ("body", "query", "path", "header", "cookie"):
        place = place[1:] or place
    if error["type"] == "json_invalid":
        place = ["body"]
    value = error.get("input")
    entry: dict[str, Any] = {
        "field": ".".join(place),
        "message": _message(error, isinstance(value, str)),
        "allowed": _allowed(error),
    }
    if isinstance(value, bool | int) or (isinstance(value, float) and abs(value) < 1e300):
        entry["value"] = value
    elif isinstance(value, str):
        entry["value"] = value[:200].encode("utf-8", "replace").decode()
    return entry


def _message(error: Mapping[str, Any], of_text: bool) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if message.startswith("Expected UploadFile"):
        return "must be a file, not text; with curl: -F file=@song.mp3"
    if of_text and error["type"] in ("too_short", "too_long"):
        # Texts that are checked further are counted like lists by the library.
        word = "least" if error["type"] == "too_short" else "most"
        limit = error["ctx"].get("min_length", error["ctx"].get("max_length"))
        return f"String should have at {word} {limit} characters"
    return message


def _allowed(error: Mapping[str, Any]) -> str | None:
    """What the schema would have taken, in words."""
    context = error.get("ctx") or {}
    for name, words in BOUNDS.items():
        if name in context:
            limit = context[name]
            return words.format(f"{limit:g}" if isinstance(limit, float) else limit)
    return KINDS.get(error["type"].partition("_")[0]) if error["type"] in TYPED else None
