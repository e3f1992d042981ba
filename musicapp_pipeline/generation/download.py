"""Fetching a finished clip until it is here whole, checked, under its final name.

Only the download is ever repeated. Nothing in this module can lead to a new generation.
"""

import asyncio
import os
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicapp_pipeline.generation.errors import (
    DownloadFailed,
    MediaInvalid,
    StorageFailed,
    TooShort,
)
from musicapp_pipeline.generation.port import VideoProvider, parse_size
from musicapp_pipeline.media.errors import MediaError
from musicapp_pipeline.store.media import sha256_file

ASPECT_TOLERANCE = 0.04
_MAX_WAIT = 30.0
_CHECKERS = ThreadPoolExecutor(2, thread_name_prefix="clip-check")
"""Decoding takes a core and the memory of a decoder's frames; a batch may land at once."""


@dataclass(frozen=True)
class FetchedClip:
    """A clip on this disk. ``facts`` are plain JSON values about it."""

    path: Path
    facts: dict[str, Any]


async def fetch_clip(
    provider: VideoProvider,
    job_id: str,
    dest_dir: Path,
    *,
    seconds: int,
    size: str,
    tries: int = 6,
    first_wait: float = 1.0,
) -> FetchedClip:
    """Download a finished job's clip into ``dest_dir`` and check it.

    Args:
        provider: where the job is.
        job_id: as the provider gave it.
        dest_dir: an existing folder on the file system the clip shall stay on.
        seconds: the length bought; clips clearly shorter are not accepted.
        size: ``WIDTHxHEIGHT`` bought; another size is paid for all the same, so it is only noted.
        tries: downloads at most.
        first_wait: seconds before the second try; doubled each time, with jitter.

    Returns:
        The clip under a name of its own in ``dest_dir``.

    Raises:
        DownloadFailed: it never arrived whole (``permanent`` when the provider has lost it).
        MediaInvalid: what arrives is not the video that was bought.
        TooShort: nor will it be (``permanent``) when every try brought the same; it is left at the
            error's ``path`` then.
        StorageFailed: this machine could not keep it.
    """
    wait = first_wait
    brought: list[str] = []
    for attempt in range(1, tries + 1):
        try:
            return await _fetch_once(provider, job_id, dest_dir, seconds, size)
        except DownloadFailed as error:
            if isinstance(error, TooShort) and error.path is not None:
                brought.append(await asyncio.to_thread(sha256_file, error.path))
                error.permanent = len(brought) == tries > 1 and len(set(brought)) == 1
                if not error.permanent:
                    error.path.unlink()
            if error.permanent or attempt == tries:
                raise
            pause = error.retry_after if error.retry_after is not None else wait
            await asyncio.sleep(min(pause, _MAX_WAIT) * random.uniform(0.8, 1.2))
            wait *= 2
    raise AssertionError("tries must be at least 1")


async def _fetch_once(
    provider: VideoProvider, job_id: str, dest_dir: Path, seconds: int, size: str
) -> FetchedClip:
    stem = f"clip-{os.getpid()}-{random.getrandbits(40):010x}"
    part, final = dest_dir / f"{stem}.mp4.part", dest_dir / f"{stem}.mp4"
    try:
        await provider.download(job_id, part)
        loop = asyncio.get_running_loop()
        facts = await loop.run_in_executor(_CHECKERS, check_clip, part, seconds, size)
        await asyncio.to_thread(_settle, part, final)
    except TooShort as error:
        error.path = part.replace(final)
        raise
    except OSError as error:
        raise StorageFailed(f"the clip could not be stored: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return FetchedClip(final, facts)


def _settle(part: Path, final: Path) -> None:
    """Under its final name only once its bytes are on the disk."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(final)


def check_clip(path: Path, seconds: int, size: str) -> dict[str, Any]:
    """Decode every frame of a clip and compare it with what was bought.

    A clip that is whole but longer, or of another size, is paid for all the same: it is kept and
    the difference noted.

    Returns:
        ``seconds``, ``frames``, ``fps``, ``width``, ``height``, ``codec``, ``hasAudio``,
        ``bytes`` and ``notes`` (sentences about differences that do no harm).

    Raises:
        MediaInvalid: it does not decode to its end.
        TooShort
    """
    from musicapp_pipeline.media import clipcheck

    try:
        facts = clipcheck.check_clip(path, seconds=None, size=None)
    except MediaError as error:
        raise MediaInvalid(f"what arrived is not the whole clip: {error.message}") from error
    if facts.seconds < seconds - clipcheck.SECONDS_TOLERANCE:
        raise TooShort(facts.seconds, seconds)
    notes = [*facts.notes, *_shape_notes(facts.width, facts.height, size)]
    if facts.seconds > seconds + clipcheck.SECONDS_TOLERANCE:
        notes.append(f"the clip is {facts.seconds:.2f} s long; {seconds} s were bought")
    return {
        "seconds": round(facts.seconds, 4),
        "frames": facts.frames,
        "fps": str(facts.fps),
        "width": facts.width,
        "height": facts.height,
        "codec": facts.video_codec,
        "hasAudio": facts.has_sound,
        "bytes": facts.bytes,
        "notes": notes,
    }


def _shape_notes(width: int, height: int, size: str) -> list[str]:
    asked_width, asked_height = parse_size(size)
    asked, got = asked_width / asked_height, width / height
    if abs(asked / got - 1) > ASPECT_TOLERANCE:
        return [f"the clip is {width}x{height} and will be cropped to the shape of {size}"]
    if (width, height) != (asked_width, asked_height):
        return [f"the clip is {width}x{height} and will be scaled to {size}"]
    return []
