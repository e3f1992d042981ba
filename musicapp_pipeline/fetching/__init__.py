"""Getting files from addresses that other people wrote, without being led astray."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musicapp_pipeline.fetching.fetch import Caps, FetchedFile
    from musicapp_pipeline.fetching.sniff import Kind
    from musicapp_pipeline.settings import Settings

__all__ = ["fetch_to"]


def fetch_to(
    url: str,
    dest: Path,
    settings: "Settings",
    kinds: "Sequence[Kind]",
    *,
    caps: "Caps | None" = None,
    field: str = "url",
    cancelled: Callable[[], bool] | None = None,
) -> "FetchedFile":
    """See :func:`musicapp_pipeline.fetching.fetch.fetch_to`; imported when first used."""
    from musicapp_pipeline.fetching import fetch

    return fetch.fetch_to(url, dest, settings, kinds, caps=caps, field=field, cancelled=cancelled)
