"""Conforming: any clip to the one form that scenes are stitched from, in one encode."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from math import floor
from pathlib import Path

from musicapp_pipeline.assembly.errors import BadClip, ClipTooShort
from musicapp_pipeline.assembly.model import Mezzanine, MezzanineSpec
from musicapp_pipeline.media.errors import BadVideo, FfmpegFailed, NotMedia
from musicapp_pipeline.media.ffmpeg import run_ffmpeg, untrusted_args
from musicapp_pipeline.media.files import whole_file
from musicapp_pipeline.media.frames import video_info
from musicapp_pipeline.media.probe import VideoInfo
from musicapp_pipeline.media.x264 import (
    COLOR_TAGS,
    CRF,
    PRESET,
    stitchable_params,
    track_timescale,
)
from musicapp_pipeline.timebase import Frames

_UNSPECIFIED = 2
_SD_HEIGHT = 576
_HDR_TRANSFERS = (16, 18)
"""PQ (SMPTE ST 2084) and HLG (ARIB STD-B67), as phones record them (ITU-T H.273 codes)."""
_BT2020_PRIMARIES = 9
_SDR_WHITE_NITS = 203
"""Where ITU-R BT.2408 puts SDR white in HDR."""
_HDR_PEAK = 5
"""Times SDR white: what 1,000 nits are. Below 0.6 of white nothing is changed."""
_SLACK = Fraction(1, 10)
"""Frames. Containers with millisecond time stamps end up to 1 ms before the frame does."""


def conform(
    clip: Path,
    out: Path,
    spec: MezzanineSpec,
    *,
    crf: int = CRF,
    preset: str = PRESET,
    on_frames: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    timeout: float | None = None,
) -> Mezzanine:
    """Encode a clip's cut and handles at the project's rate, size and colour, without sound.

    The cut's first frame and the frame after the cut are IDR frames and GOPs are closed, so the
    cut's packets stand on their own. Pictures are turned upright, scaled to cover the size and
    cropped around the centre.

    Args:
        clip: the media as the provider delivered it.
        out: the MP4 to make.
        on_frames: called with the number of frames encoded so far.

    Raises:
        BadClip: no moving pictures, truncated or undecodable.
        ClipTooShort: the cut needs more than one frame beyond the clip's end.
        MediaCancelled: ``cancelled`` said so.
    """
    info = _usable(clip)
    head, tail, held = _handles(clip, info, spec)
    total = head + spec.frames + tail
    arguments = [
        *untrusted_args(clip),
        *("-map", "0:V:0", "-an", "-sn", "-dn", "-map_metadata", "-1"),
        *("-vf", _filters(info, spec, spec.in_frame - head, total)),
        *("-frames:v", str(total), "-fps_mode", "passthrough"),
        *_encoder(spec.fps, crf, preset),
        *("-force_key_frames", f"expr:eq(n,{head})+eq(n,{head + spec.frames})"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "mp4"),
    ]
    with whole_file(out) as part:
        try:
            run_ffmpeg(
                [*arguments, str(part.absolute())],
                on_frames=on_frames,
                cancelled=cancelled,
                timeout=timeout,
            )
        except FfmpegFailed as error:
            if not _clips_fault(error):
                raise
            raise BadClip(f"{clip.name} cannot be decoded: {error.message}") from error
        _refuse_missing(clip, part, total)
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
    return Mezzanine(out, spec.fps, spec.width, spec.height, spec.frames, head, tail, digest, held)


def available_frames(info: VideoInfo, fps: Fraction) -> Frames:
    """How many whole frames at ``fps`` a clip covers (8 s at 23.976 is 191)."""
    constant = abs(info.frames / fps - Fraction(info.end)) * fps < 1
    if info.fps == fps and constant:
        return info.frames
    return floor(Fraction(info.end).limit_denominator(1_000_000) * fps + _SLACK)


def _usable(clip: Path) -> VideoInfo:
    try:
        info = video_info(clip)
    except (NotMedia, BadVideo) as error:
        raise BadClip(f"The clip cannot be used: {error.message}", value=clip.name) from error
    if not info.frames or not info.width:
        raise BadClip(f"{clip.name} holds no frames", value=clip.name)
    if info.truncated:
        raise BadClip(
            f"{clip.name} breaks off after {info.frames} frames (an interrupted download or "
            "copy); fetch it again",
            value=clip.name,
        )
    return info


def _clips_fault(error: FfmpegFailed) -> bool:
    """A time-out says nothing on standard error; a full disk says so."""
    return bool(error.stderr) and "No space left" not in error.stderr


def _refuse_missing(clip: Path, made: Path, total: Frames) -> None:
    """ffmpeg ends well even when a damaged clip gave it fewer frames than it was to write."""
    try:
        frames = video_info(made).frames
    except (NotMedia, BadVideo):
        frames = 0
    if frames != total:
        raise BadClip(
            f"{clip.name} could only be decoded for {frames} of {total} frames; "
            "fetch it again or generate another take",
            value=clip.name,
        )


def _handles(clip: Path, info: VideoInfo, spec: MezzanineSpec) -> tuple[Frames, Frames, Frames]:
    """Head and tail frames that the clip has, and how many frames to hold at the end."""
    available = available_frames(info, spec.fps)
    missing = spec.in_frame + spec.frames - available
    if missing > 1 or spec.in_frame < 0 or spec.frames < 1:
        raise ClipTooShort(
            f"{clip.name} has {available} frames at {float(spec.fps):.3f} fps, but the scene "
            f"needs {spec.frames} from frame {spec.in_frame}; generate a longer clip or "
            "shorten the scene",
            field="clip",
            value=available,
            allowed=f"at least {spec.in_frame + spec.frames - 1} frames",
        )
    head = min(spec.head_handle, spec.in_frame)
    tail = max(0, min(spec.tail_handle, -missing))
    return head, tail, max(0, missing)


def _filters(info: VideoInfo, spec: MezzanineSpec, first: Frames, total: Frames) -> str:
    width, height = spec.width, spec.height
    steps = [
        "setpts=PTS-STARTPTS",
        f"fps=fps={spec.fps.numerator}/{spec.fps.denominator}:start_time=0",
        # One frame at most: anything more missing is an error, not something to paper over.
        "tpad=stop_mode=clone:stop=1",
        f"trim=start_frame={first}:end_frame={first + total}",
        "setpts=PTS-STARTPTS",
    ]
    steps += _to_bt709(info)
    steps += [
        f"scale={width}:{height}:force_original_aspect_ratio=increase:force_divisible_by=2"
        ":reset_sar=1:out_color_matrix=bt709:out_range=tv"
        ":flags=bicubic+accurate_rnd+full_chroma_inp",
        f"crop={width}:{height}",
        "setsar=1",
        "format=yuv420p",
        "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
    ]
    return ",".join(steps)


def _to_bt709(info: VideoInfo) -> list[str]:
    """What must happen before scaling so that colours are right; nothing for ordinary video."""
    if info.color_transfer in _HDR_TRANSFERS:
        # Linear light, Rec. 709 primaries, then highlights rolled off to what SDR can show.
        return [
            f"zscale=t=linear:npl={_SDR_WHITE_NITS}:p=bt709",
            f"format=gbrpf32le,tonemap=mobius:param=0.6:desat=0:peak={_HDR_PEAK}",
            "zscale=t=bt709:m=bt709:r=tv,format=yuv420p",
        ]
    if info.color_primaries == _BT2020_PRIMARIES:
        return ["zscale=t=bt709:p=bt709:m=bt709:r=tv,format=yuv420p"]
    if info.color_space == _UNSPECIFIED:
        # What players assume for untagged video.
        matrix = "bt709" if min(info.width, info.height) > _SD_HEIGHT else "smpte170m"
        return [f"setparams=colorspace={matrix}"]
    return []


def _encoder(fps: Fraction, crf: int, preset: str) -> list[str]:
    """The arguments that ``media.frames.FrameWriter`` also uses: both must splice."""
    tags = [word for key, value in COLOR_TAGS.items() for word in (f"-{key}", value)]
    return [
        *("-c:v", "libx264", "-preset", preset, "-crf", str(crf), "-bf", "2"),
        *("-forced-idr", "1", "-x264-params", stitchable_params(fps)),
        *("-pix_fmt", "yuv420p", "-color_range", "tv", *tags),
        *("-video_track_timescale", str(track_timescale(fps))),
    ]
