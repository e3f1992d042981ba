"""What the Dagster UI shows of a partition: plain facts, and pictures inlined as Markdown."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import dagster as dg

from musicapp_pipeline.defs.stage import Outcome
from musicapp_pipeline.store.errors import MediaMissing
from musicapp_pipeline.store.media import MediaStore, content_type

MAX_PICTURE = 300_000
"""Bytes; events are kept for long."""


def dagster_metadata(outcome: Outcome, media: MediaStore) -> dict[str, Any]:
    """Metadata from ``details['shown']`` and ``details['pictures']``."""
    shown: dict[str, Any] = {
        name: _value(value) for name, value in outcome.details.get("shown", {}).items()
    }
    if outcome.media_key:
        shown["media"] = dg.MetadataValue.text(outcome.media_key)
    for name, key in outcome.details.get("pictures", {}).items():
        picture = _picture(media, key)
        if picture:
            shown[name] = dg.MetadataValue.md(picture)
    return shown


def links(asset: str, keys: Iterable[str]) -> str:
    """Where the Dagster UI shows these partitions, with what was made and observed of them."""
    place = f"/assets/{asset}?view=partitions&partition="
    return "\n".join(f"- [{key}]({place}{quote(key, safe='')})" for key in keys)


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return dg.MetadataValue.bool(value)
    if isinstance(value, int):
        return dg.MetadataValue.int(value)
    if isinstance(value, float):
        return dg.MetadataValue.float(round(value, 4))
    if isinstance(value, Mapping | list | tuple):
        return dg.MetadataValue.json(value)
    text = str(value)
    return dg.MetadataValue.md(text) if "\n" in text else dg.MetadataValue.text(text)


def _picture(media: MediaStore, key: str) -> str | None:
    try:
        data = media.fetch(key).read_bytes()
    except MediaMissing:
        return None
    if len(data) > MAX_PICTURE:
        return None
    return f"![{key}](data:{content_type(key)};base64,{base64.b64encode(data).decode()})"
