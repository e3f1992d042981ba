"""Stitching: the cuts' packets one after the other, then the song beside them. No re-encoding."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from musicapp_pipeline.assembly.errors import CannotStitch
from musicapp_pipeline.assembly.model import FinalCut, Segment
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.files import whole_file
from musicapp_pipeline.media.probe import open_media
from musicapp_pipeline.media.x264 import ticks_per_frame, track_timescale
from musicapp_pipeline.timebase import Frames

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream


def stitch(
    segments: Sequence[Segment],
    song_m4a: Path,
    out: Path,
    fps: Fraction,
    *,
    tags: Mapping[str, str] | None = None,
) -> FinalCut:
    """Join the segments and lay the song under them, copying packets.

    Args:
        segments: in the order shown, from mezzanines of one size and rate.
        song_m4a: the song as AAC in MP4, from ``encode_delivery``.
        out: the MP4 to make.
        tags: ``title``, ``artist`` and the like.

    Returns:
        The final cut; its frames are the sum of the segments'.

    Raises:
        CannotStitch: nothing to join, headers differ, a cut does not start on a key frame, or
            frames are missing.
    """
    if not segments:
        raise CannotStitch("There is nothing to stitch: no scene has a selected take")
    with ExitStack() as stack:
        part = stack.enter_context(whole_file(out))
        silent = part.with_name(part.stem + ".v.mp4")
        stack.callback(silent.unlink, missing_ok=True)
        frames = splice(segments, silent, fps)
        _add_song(silent, song_m4a, part, fps, tags or {})
    return FinalCut(out, fps, frames)


def splice(segments: Sequence[Segment], out: Path, fps: Fraction) -> Frames:
    """Copy the segments' packets into one video without sound, on an exact grid of time stamps.

    Returns:
        How many frames were written.

    Raises:
        CannotStitch: see :func:`stitch`.
    """
    import av

    base = Fraction(1, track_timescale(fps))
    per_frame = ticks_per_frame(fps)
    with ExitStack() as stack:
        first = stack.enter_context(open_media(segments[0].path)).streams.video[0]
        headers = _headers(first)
        scale = {"video_track_timescale": str(track_timescale(fps))}
        target = stack.enter_context(av.open(str(out), "w", format="mp4", container_options=scale))
        stream = target.add_stream_from_template(first)
        stream.time_base = base
        done = 0
        for segment in segments:
            for packet, shown, decoded in _cut(segment, headers, fps):
                packet.time_base = base
                packet.pts = (done + shown) * per_frame
                packet.dts = (done + decoded) * per_frame
                packet.duration = per_frame
                packet.stream = stream
                target.mux(packet)
            done += segment.frames
    return done


def _cut(
    segment: Segment, headers: bytes, fps: Fraction
) -> "Iterator[tuple[Packet[VideoStream], Frames, Frames]]":
    """The segment's packets in decoding order, with frame numbers of showing and decoding."""
    name = segment.path.name
    with open_media(segment.path) as container:
        stream = container.streams.video[0]
        if _headers(stream) != headers:
            raise CannotStitch(
                f"{name} was encoded with other parameters than the first segment; "
                "conform it again with the project's size and rate",
                value=name,
            )
        seen: set[Frames] = set()
        for packet in container.demux(stream):
            if not packet.size or packet.pts is None or packet.dts is None:
                continue
            shown = _frame_of(packet.pts, packet.time_base, fps) - segment.first_frame
            if not 0 <= shown < segment.frames:
                continue
            if not seen and (shown != 0 or not packet.is_keyframe):
                raise CannotStitch(
                    f"Frame {segment.first_frame} of {name} is not a key frame; "
                    "conform the take again so that the cut starts with one",
                    value=name,
                )
            seen.add(shown)
            decoded = _frame_of(packet.dts, packet.time_base, fps) - segment.first_frame
            yield packet, shown, decoded
    if len(seen) != segment.frames:
        raise CannotStitch(
            f"{name} has {len(seen)} of the {segment.frames} frames of its scene",
            value=len(seen),
            allowed=segment.frames,
        )


def _add_song(silent: Path, song: Path, out: Path, fps: Fraction, tags: Mapping[str, str]) -> None:
    # ffmpeg and not PyAV: muxing through PyAV loses the encoder's delay (song 23 ms late).
    metadata = [word for key, value in tags.items() for word in ("-metadata", f"{key}={value}")]
    run_ffmpeg(
        [
            *("-i", str(silent.absolute()), "-i", str(song.absolute())),
            *("-map", "0:v:0", "-map", "1:a:0", "-c", "copy", "-map_metadata", "-1", *metadata),
            *("-video_track_timescale", str(track_timescale(fps))),
            *("-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4"),
            str(out.absolute()),
        ]
    )


def _headers(stream: "VideoStream") -> bytes:
    return bytes(stream.codec_context.extradata or b"")


def _frame_of(ticks: int, base: Fraction, fps: Fraction) -> Frames:
    return round(ticks * base * fps)
