"""What is in a media file, by PyAV (the wheels carry no ffprobe)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from musicapp_pipeline.media.errors import NotMedia
from musicapp_pipeline.media.ffmpeg import INPUT_OPTIONS

if TYPE_CHECKING:
    from av.container.input import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_PLAYLIST_STARTS = (
    b"#extm3u", b"[playlist]", b"ffconcat", b"[reference]", b"<asx", b"<smil", b"<mpd", b"v=0\r",
    b"v=0\n", b"rtsptext", b"file '",
)  # fmt: skip
_FIRST_FRAME_PACKETS = 120
MAX_PIXELS = 40_000_000
"""A picture; 8K has 33 million. A few bytes of header can ask for gigabytes of memory."""


@dataclass(frozen=True)
class VideoInfo:
    """The first moving-picture stream. ``width`` and ``height`` are as coded, before rotation."""

    codec: str
    width: int
    height: int
    fps: Fraction
    frames: int
    pix_fmt: str
    duration: float
    rotation: int = 0
    """Clockwise degrees by which a player turns the picture: 0, 90, 180 or 270."""
    sample_aspect: Fraction = Fraction(1)
    color_space: int = 2
    color_transfer: int = 2
    color_primaries: int = 2
    full_range: bool = False
    end: float = 0.0
    """When the last frame ends, seconds from the first frame's start."""
    truncated: bool = False
    """The file ends before its own index says, as after an interrupted download."""

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height as shown."""
        turned = self.rotation in (90, 270)
        return (self.height, self.width) if turned else (self.width, self.height)


@dataclass(frozen=True)
class AudioInfo:
    """The first audio stream. ``duration`` is the container's word, in seconds; 0 if unknown."""

    codec: str
    sample_rate: int
    channels: int
    duration: float


@dataclass(frozen=True)
class MediaInfo:
    """A probed file."""

    container: str
    duration: float
    video: VideoInfo | None
    audio: AudioInfo | None


def probe(path: Path | str) -> MediaInfo:
    """Describe a media file; frames are counted by reading every packet, not by believing headers.

    Raises:
        NotMedia: missing, empty, a playlist, or nothing that can be read as media.
    """
    import av

    with open_media(path) as container:
        audio = container.streams.audio[0] if container.streams.audio else None
        video = moving_picture(container)
        duration = _seconds(container.duration, Fraction(1, av.time_base))
        audio_info = None
        if audio is not None and audio.codec_context.sample_rate > 0:  # else noise taken for MP3
            context = audio.codec_context
            own = _seconds(audio.duration, audio.time_base)
            audio_info = AudioInfo(
                context.name, context.sample_rate, context.channels, own or duration
            )
        video_info = _video_info(container, video, duration) if video is not None else None
        if video_info is None and audio_info is None:
            raise NotMedia(f"{Path(path).name} holds neither sound nor moving pictures")
        return MediaInfo(container.format.name, duration, video_info, audio_info)


@contextmanager
def open_media(path: Path | str) -> "Iterator[InputContainer]":
    """Open a local media file with PyAV under the same limits as ``untrusted_input``.

    Raises:
        NotMedia: missing, empty, a playlist, or not readable as media.
    """
    import av

    source = Path(path).absolute()
    _refuse_non_media(source)
    try:
        container = av.open(str(source), container_options=INPUT_OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise NotMedia(
            f"{source.name} is not a sound or video file that can be read ({_reason(error)})",
            value=source.name,
        ) from error
    with container:
        yield container


def moving_picture(container: "InputContainer") -> "VideoStream | None":
    """The first video stream that is not a cover picture."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def exact_rate(rate: Fraction | None) -> Fraction:
    """A container's frame rate, snapped to the standard one it means; 0 if it has none."""
    if not rate:
        return Fraction(0)
    for nominal in (24, 25, 30, 48, 50, 60):
        for exact in (Fraction(nominal), Fraction(nominal * 1000, 1001)):
            if abs(rate - exact) / exact < Fraction(1, 5000):
                return exact
    return rate.limit_denominator(1001)


def rotation_of(frame: "VideoFrame") -> int:
    """Clockwise degrees by which a player turns ``frame``; FFmpeg counts the other way."""
    return round(-frame.rotation / 90) % 4 * 90


def _refuse_non_media(source: Path) -> None:
    if not source.is_file():
        raise NotMedia(f"There is no file {source.name}", value=source.name)
    with source.open("rb") as file:
        head = file.read(512)
    if not head:
        raise NotMedia(f"{source.name} is empty (0 bytes)", value=source.name)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_PLAYLIST_STARTS) or b"<mpd" in text or b"<smil" in text:
        raise NotMedia(
            f"{source.name} is a playlist that names other files; give the media file itself",
            value=source.name,
        )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def _seconds(ticks: int | None, base: Fraction | None) -> float:
    return float(ticks * base) if ticks and base and ticks > 0 else 0.0


def _video_info(
    container: "InputContainer", stream: "VideoStream", duration: float
) -> VideoInfo | None:
    import av

    context = stream.codec_context
    if context.width * context.height > MAX_PIXELS:
        raise NotMedia(
            f"Pictures of {context.width} x {context.height} are too large; "
            f"at most {MAX_PIXELS // 1_000_000} megapixels (8K) are read",
            value=f"{context.width}x{context.height}",
        )
    base = stream.time_base or Fraction(1, 1000)
    fps = exact_rate(stream.average_rate or stream.guessed_rate)
    tick = round(1 / (fps * base)) if fps else 0
    frames, first, end = 0, None, 0
    picture: VideoFrame | None = None
    try:
        for packet in container.demux(stream):
            if not packet.size or packet.is_discard:
                continue
            if picture is None and frames < _FIRST_FRAME_PACKETS:
                picture = _try_decode(stream, packet)
            frames += 1
            if packet.pts is not None:
                first = packet.pts if first is None else min(first, packet.pts)
                end = max(end, packet.pts + (packet.duration or tick))
    except av.error.FFmpegError:
        pass  # A truncated file: what was read counts, and the caller sees how much it was.
    own = _seconds(stream.duration, base)
    length = float((end - (first or 0)) * base) if end else 0.0
    return VideoInfo(
        codec=context.name,
        width=context.width,
        height=context.height,
        fps=fps,
        frames=frames,
        pix_fmt=context.pix_fmt or "",
        duration=own or duration or length,
        rotation=rotation_of(picture) if picture is not None else 0,
        sample_aspect=stream.sample_aspect_ratio or Fraction(1),
        color_space=context.colorspace,
        color_transfer=context.color_trc,
        color_primaries=context.color_primaries,
        full_range=context.color_range == 2,
        end=length,
        truncated=_index_exceeds(container, stream) or _boxes_exceed(container),
    )


def _index_exceeds(container: "InputContainer", stream: "VideoStream") -> bool:
    last = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
    return last > container.size > 0


def _boxes_exceed(container: "InputContainer") -> bool:
    """Whether an MP4's top-level boxes (ISO 14496-12) claim more bytes than the file has."""
    if "mp4" not in container.format.name:
        return False
    at, end = 0, Path(container.name).stat().st_size
    with Path(container.name).open("rb") as file:
        while at < end:
            file.seek(at)
            head = file.read(16)
            size = int.from_bytes(head[:4], "big")
            if size == 1:
                size = int.from_bytes(head[8:], "big")
            if size < 8:
                return False  # 0 is "to the end of the file"; the rest is no box at all.
            at += size
    return at > end


def _try_decode(stream: "VideoStream", packet: object) -> "VideoFrame | None":
    import av

    try:
        frames = stream.decode(packet)  # type: ignore[arg-type]
    except av.error.FFmpegError:
        return None
    return frames[0] if frames else None
