"""Is what the provider delivered the clip that was ordered, whole and decodable?"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from musicapp_pipeline.media.errors import (
    ClipDamaged,
    ClipNotVideo,
    ClipTruncated,
    ClipWrongLength,
    ClipWrongSize,
    FfmpegFailed,
    NotMedia,
)
from musicapp_pipeline.media.ffmpeg import run_ffmpeg, untrusted_args
from musicapp_pipeline.media.probe import VideoInfo, probe

SECONDS_TOLERANCE = 0.5
"""Models that make 4n + 1 frames miss whole seconds by up to a third."""
SIZE_TOLERANCE = 0.06
"""Models that make multiples of 32 pixels deliver 704 lines for 720."""

_PREMATURE = ("ended prematurely", "partial file", "truncat")


@dataclass(frozen=True)
class ClipFacts:
    """A clip as it is. ``notes`` are sentences on what is odd but usable."""

    width: int
    height: int
    fps: Fraction
    frames: int
    seconds: float
    video_codec: str
    has_sound: bool
    bytes: int
    sha256: str
    notes: tuple[str, ...] = ()


def check_clip(
    path: Path,
    *,
    seconds: float | None,
    size: tuple[int, int] | None,
    seconds_tolerance: float = SECONDS_TOLERANCE,
    size_tolerance: float = SIZE_TOLERANCE,
    cancelled: Callable[[], bool] | None = None,
    timeout: float | None = 300.0,
) -> ClipFacts:
    """Decode a clip from end to end and compare it with what was ordered.

    Args:
        path: the downloaded file.
        seconds: the length ordered; None accepts any (a clip from elsewhere).
        size: width and height ordered, upright; None accepts any.
        seconds_tolerance: seconds by which the length may differ.
        size_tolerance: share by which width and height may differ.

    Raises:
        ClipNotVideo: no media, a playlist, or only sound.
        ClipTruncated: the file ends before its video does.
        ClipDamaged: frames cannot be decoded.
        ClipWrongLength, ClipWrongSize: not what was ordered.
    """
    name = path.name
    try:
        info = probe(path)
    except NotMedia as error:
        raise ClipNotVideo(error.message, field="clip", value=name) from error
    video = info.video
    if video is None or not video.frames:
        raise ClipNotVideo(f"{name} holds no moving pictures", field="clip", value=name)
    decoded, complaints = _decode(path, cancelled, timeout)
    _refuse_partial(name, video, decoded, complaints, info.duration)
    length = max(video.end, 0.0)
    if seconds is not None and abs(length - seconds) > seconds_tolerance:
        raise ClipWrongLength(
            f"{name} is {length:.2f} s long; {seconds:g} s were ordered",
            field="clip",
            value=round(length, 3),
            allowed=f"{seconds:g} s, give or take {seconds_tolerance:g} s",
        )
    width, height = video.upright_size
    if size is not None:
        _refuse_size(name, (width, height), size, size_tolerance)
    return ClipFacts(
        width=width,
        height=height,
        fps=video.fps,
        frames=video.frames,
        seconds=length,
        video_codec=video.codec,
        has_sound=info.audio is not None,
        bytes=path.stat().st_size,
        sha256=_sha256(path),
        notes=_notes(video, decoded, complaints, size),
    )


def _decode(
    path: Path, cancelled: Callable[[], bool] | None, timeout: float | None
) -> tuple[int, str]:
    """How many frames ffmpeg decodes, and what it complains about."""
    counts = [0]
    args = [*untrusted_args(path), "-map", "0:V:0", "-fps_mode", "passthrough", "-f", "null", "-"]
    try:
        complaints = run_ffmpeg(
            args,
            on_frames=counts.append,
            cancelled=cancelled,
            timeout=timeout,
            loglevel="error",
        )
    except FfmpegFailed as error:
        complaints = error.stderr or error.message
    return counts[-1], complaints


def _refuse_partial(
    name: str, video: VideoInfo, decoded: int, complaints: str, stated: float
) -> None:
    ends_early = video.truncated or any(word in complaints.lower() for word in _PREMATURE)
    if ends_early:
        of = f" of {stated:.2f} s" if stated > video.end + 0.05 else ""
        raise ClipTruncated(
            f"{name} breaks off after {video.end:.2f} s{of}; download it again",
            field="clip",
            value=round(video.end, 3),
        )
    if decoded < video.frames - 1:
        raise ClipDamaged(
            f"{name}: only {decoded} of {video.frames} frames can be decoded; download it again",
            field="clip",
            value=decoded,
            allowed=video.frames,
        )


def _refuse_size(
    name: str, got: tuple[int, int], ordered: tuple[int, int], tolerance: float
) -> None:
    if any(abs(a - b) > b * tolerance for a, b in zip(got, ordered, strict=True)):
        raise ClipWrongSize(
            f"{name} is {got[0]} x {got[1]}; {ordered[0]} x {ordered[1]} was ordered",
            field="clip",
            value=f"{got[0]}x{got[1]}",
            allowed=f"{ordered[0]}x{ordered[1]}",
        )


def _notes(
    video: VideoInfo, decoded: int, complaints: str, size: tuple[int, int] | None
) -> tuple[str, ...]:
    notes = []
    if complaints.strip() or decoded != video.frames:
        lines = len(complaints.splitlines())
        notes.append(f"The decoder complained {lines} times; {decoded} frames were decoded")
    if size is not None and video.upright_size != size:
        got = video.upright_size
        notes.append(f"{got[0]} x {got[1]} was delivered for {size[0]} x {size[1]}")
    return tuple(notes)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
