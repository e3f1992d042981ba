"""Bringing outside files into the media store under server-made keys."""

import re
import tempfile
from pathlib import Path

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.store.media import sha256_file


def ingest_file(bench: Workbench, source: Path, folder: str) -> str:
    """Keep a copy of a local file; the key carries its content's hash."""
    key = f"{folder}/{sha256_file(source)[:16]}{_suffix(source)}"
    if not bench.media.exists(key):
        bench.media.put(key, source)
    return key


def fetch_into_store(bench: Workbench, url: str, folder: str) -> str:
    """Fetch an outside URL (https or s3) under the rules for outgoing URLs."""
    from musicapp_pipeline.fetching import fetch_to

    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "download"
        fetched = fetch_to(url, target, bench.settings, kinds=("audio", "video"))
        return ingest_file(bench, fetched.path, folder)


def _suffix(source: Path) -> str:
    """A harmless ending; what is inside is found out by looking, not by name."""
    suffix = source.suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ".bin"
