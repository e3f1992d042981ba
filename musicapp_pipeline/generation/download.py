"""Fetching a finished clip until it is here whole, checked, under its final name.

Only the download is ever repeated. Nothing in this module can lead to a new generation.
"""

import asyncio
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicapp_pipeline.generation.errors import DownloadFailed, MediaInvalid
from musicapp_pipeline.generation.port import VideoProvider, parse_size
from musicapp_pipeline.media.errors import MediaError

LENGTH_TOLERANCE = 0.35
"""Seconds a clip may be short of what was bought: models count frames in steps of 4 or 8."""
ASPECT_TOLERANCE = 0.04
_MAX_WAIT = 30.0


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
    """
    wait = first_wait
    for attempt in range(1, tries + 1):
        try:
            return await _fetch_once(provider, job_id, dest_dir, seconds, size)
        except DownloadFailed as error:
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
        facts = await asyncio.to_thread(check_clip, part, seconds, size)
        await asyncio.to_thread(_settle, part, final)
    except OSError as error:
        raise DownloadFailed(f"the clip could not be stored: {error}") from error
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

    Returns:
        ``seconds``, ``frames``, ``fps``, ``width``, ``height``, ``codec``, ``hasAudio`` and
        ``notes`` (sentences about harmless differences).

    Raises:
        MediaInvalid: it does not decode to its end or is too short.
    """
    from musicapp_pipeline.media.probe import probe

    try:
        info = probe(path)
        frames = _decoded_frames(path)
    except MediaError as error:
        raise MediaInvalid(f"what arrived is not a video: {error.message}") from error
    video = info.video
    if video is None or not video.fps:
        raise MediaInvalid("what arrived has no moving pictures")
    length = frames / float(video.fps)
    if length < seconds - LENGTH_TOLERANCE:
        raise MediaInvalid(
            f"the clip decodes to {length:.2f} s of the {seconds} s that were bought"
        )
    width, height = video.upright_size
    notes = _shape_notes(width, height, size)
    return {
        "seconds": round(length, 4),
        "frames": frames,
        "fps": str(video.fps),
        "width": width,
        "height": height,
        "codec": video.codec,
        "hasAudio": info.audio is not None,
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


def _decoded_frames(path: Path) -> int:
    """How many frames really decode; a file cut off anywhere has fewer than it declares."""
    import av

    from musicapp_pipeline.media.probe import moving_picture, open_media

    count = 0
    with open_media(path) as container:
        stream = moving_picture(container)
        if stream is None:
            return 0
        stream.thread_type = "AUTO"
        try:
            for _ in container.decode(stream):
                count += 1
        except av.error.FFmpegError as error:
            raise MediaInvalid(f"the clip stops decoding after frame {count}: {error}") from error
    return count
