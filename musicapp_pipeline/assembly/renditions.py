"""Output files of an export: containers and aspect ratios made from the final cut.

Soft subtitles travel inside the file (timed text in MP4, WebVTT in WebM), so that every player can
switch them and nothing is burnt into the picture.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicapp_pipeline.assembly.errors import AssemblyError
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.probe import probe
from musicapp_pipeline.progress import OnProgress, silent

ASPECTS: dict[str, tuple[int, int]] = {
    "landscape": (16, 9),
    "vertical": (9, 16),
    "portrait": (9, 16),
    "square": (1, 1),
}
VIDEO = {
    "mp4": ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"],
    "webm": [
        *("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1"),
        *("-crf", "33", "-b:v", "0", "-pix_fmt", "yuv420p"),
    ],
}
AUDIO = {"mp4": ["-c:a", "copy"], "webm": ["-c:a", "libopus", "-b:a", "160k"]}
SUBTITLE_CODEC = {"mp4": "mov_text", "webm": "webvtt"}


class BadRendition(AssemblyError):
    """A format or aspect ratio that is not offered."""

    code = "bad_rendition"


@dataclass(frozen=True)
class RenditionSpec:
    """One output file. ``captions`` is SubRip text, or None for no subtitles."""

    format: str
    aspect_ratio: str
    captions: str | None = None

    def __post_init__(self) -> None:
        for field, value, allowed in (
            ("formats", self.format, VIDEO),
            ("aspectRatios", self.aspect_ratio, ASPECTS),
        ):
            if value not in allowed:
                names = ", ".join(allowed)
                raise BadRendition(
                    f"{field}: {value!r} is not offered; allowed: {names}",
                    field=field,
                    value=value,
                    allowed=names,
                )


def render_rendition(
    source: Path,
    out: Path,
    spec: RenditionSpec,
    *,
    on_progress: OnProgress = silent,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Make one output file of the final cut.

    A file of the source's own shape keeps its pictures (stream copy) in MP4; another shape is cut
    from the middle at full height or width and encoded anew.

    Args:
        source: the final cut, H.264 and AAC in MP4.
        out: where to write; its folder is used for a temporary caption file.

    Raises:
        FfmpegFailed, MediaCancelled
    """
    video = probe(source).video
    assert video is not None, "the final cut has pictures"
    crop = _crop(video.width, video.height, spec.aspect_ratio)
    args = ["-i", str(source)]
    maps = ["-map", "0:v:0", "-map", "0:a:0"]
    if spec.captions:
        captions = out.with_suffix(".captions.srt")
        captions.write_text(spec.captions, encoding="utf-8")
        args += ["-f", "srt", "-i", str(captions)]
        maps += ["-map", "1:s:0", "-c:s", SUBTITLE_CODEC[spec.format]]
        maps += ["-metadata:s:s:0", "language=und", "-disposition:s:0", "default"]
    if crop is None and spec.format == "mp4":
        picture = ["-c:v", "copy"]
    else:
        picture = [
            *(["-vf", crop] if crop else []),
            *VIDEO[spec.format],
            "-fps_mode",
            "passthrough",
        ]
    container = ["-movflags", "+faststart"] if spec.format == "mp4" else []
    total = max(video.frames, 1)
    run_ffmpeg(
        [*args, *maps, *picture, *AUDIO[spec.format], *container, "-y", str(out)],
        on_frames=lambda n: on_progress(min(n / total, 1.0), f"{spec.format} {spec.aspect_ratio}"),
        cancelled=cancelled,
    )
    if spec.captions:
        out.with_suffix(".captions.srt").unlink()


def _crop(width: int, height: int, aspect: str) -> str | None:
    """The ffmpeg filter that cuts the aspect from the middle; None when it is that already."""
    across, down = ASPECTS[aspect]
    if width * down == height * across:
        return None
    if width * down > height * across:
        kept_width, kept_height = height * across // down // 2 * 2, height
    else:
        kept_width, kept_height = width, width * down // across // 2 * 2
    scale = max(width, height) / max(kept_width, kept_height)
    out_width = round(kept_width * scale / 2) * 2
    out_height = round(kept_height * scale / 2) * 2
    return f"crop={kept_width}:{kept_height},scale={out_width}:{out_height}:flags=bicubic,setsar=1"


def subtitles_for(lines: Sequence[Mapping[str, Any]]) -> str | None:
    """SubRip text of timed lyric lines (``text``, ``startTime``, ``endTime``); None if none."""
    shown = [x for x in lines if x["endTime"] > x["startTime"] and x["text"].strip()]
    if not shown:
        return None
    blocks = [
        f"{n}\n{_stamp(x['startTime'])} --> {_stamp(x['endTime'])}\n{x['text'].strip()}\n"
        for n, x in enumerate(shown, start=1)
    ]
    return "\n".join(blocks)


def _stamp(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"
