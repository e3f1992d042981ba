"""Frames of a video as arrays, in and out."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.media.errors import BadVideo
from musicapp_pipeline.media.files import whole_file
from musicapp_pipeline.media.probe import (
    VideoInfo,
    moving_picture,
    open_media,
    probe,
    rotation_of,
)
from musicapp_pipeline.media.x264 import (
    CRF,
    PRESET,
    THREADS,
    stitchable_params,
    track_timescale,
)

if TYPE_CHECKING:
    from av.container.input import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Bgr = NDArray[np.uint8]

_BT709 = 1


class FrameReader:
    """Iterates a video's frames upright, as (H, W, 3) BGR, each time from the start.

    Args:
        path: the video.
        size: width and height to scale to while converting, which is cheaper than doing it later.

    Raises:
        NotMedia: not a media file.
        BadVideo: no moving pictures in it, or undecodable.
    """

    def __init__(self, path: Path | str, *, size: tuple[int, int] | None = None) -> None:
        self.path = Path(path)
        self._size = size
        self._info: VideoInfo | None = None
        self._stack = ExitStack()

    @property
    def info(self) -> VideoInfo:
        """What the probe says of the video."""
        if self._info is None:
            self._info = video_info(self.path)
        return self._info

    def __enter__(self) -> Self:
        self._container, self._stream = _open(self._stack, self.path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def __iter__(self) -> Iterator[Bgr]:
        import av

        count = 0
        try:
            self._container.seek(0)
            for frame in self._container.decode(self._stream):
                yield to_bgr(frame, self._size)
                count += 1
        except av.error.FFmpegError as error:
            raise BadVideo(
                f"{self.path.name} cannot be decoded after frame {count}: {error.strerror}",
                value=self.path.name,
            ) from error


class FrameWriter:
    """Writes BGR frames to an H.264 MP4 that appears under its name when all went well.

    Encoded so that it can be joined to what ``assembly.conform`` makes, without re-encoding.

    Args:
        path: the file to make.
        width, height: even numbers of pixels.
        fps: the exact rate.
        keyframes: indices of frames that must be decodable without what is before them.

    Raises:
        BadVideo: an odd size, a frame of another size, or nothing written.
    """

    def __init__(
        self,
        path: Path | str,
        width: int,
        height: int,
        fps: Fraction,
        *,
        crf: int = CRF,
        preset: str = PRESET,
        keyframes: Collection[int] = (),
    ) -> None:
        if width % 2 or height % 2 or width < 16 or height < 16:
            raise BadVideo(
                f"A video of {width} x {height} cannot be written; "
                "H.264 needs even numbers from 16",
                field="size",
                value=f"{width}x{height}",
            )
        self.path = Path(path)
        self.size = (width, height)
        self.fps = fps
        self.frames = 0
        self._keyframes = frozenset(keyframes)
        self._options = {
            "crf": str(crf),
            "preset": preset,
            "bf": "2",
            "forced-idr": "1",
            "x264-params": stitchable_params(fps),
        }
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        import av
        from av.video.reformatter import ColorRange

        part = self._stack.enter_context(whole_file(self.path))
        scale = {"video_track_timescale": str(track_timescale(self.fps))}
        self._output = self._stack.enter_context(
            av.open(str(part), "w", format="mp4", container_options=scale)
        )
        stream = self._output.add_stream("libx264", rate=self.fps, options=self._options)
        stream.width, stream.height = self.size
        stream.pix_fmt = "yuv420p"
        # The header states square pixels, as conformed clips do, or the two would not splice.
        stream.codec_context.sample_aspect_ratio = Fraction(1)
        stream.codec_context.thread_count = THREADS
        stream.codec_context.thread_type = "FRAME"
        stream.codec_context.time_base = 1 / self.fps
        for name in ("color_primaries", "color_trc", "colorspace"):
            setattr(stream.codec_context, name, _BT709)
        stream.codec_context.color_range = ColorRange.MPEG
        self._stream = stream
        return self

    def write(self, bgr: Bgr) -> None:
        """Append one frame of shape (height, width, 3)."""
        import av
        from av.video.frame import PictureType

        if bgr.shape != (self.size[1], self.size[0], 3) or bgr.dtype != np.uint8:
            raise BadVideo(
                f"A frame of shape {bgr.shape} ({bgr.dtype}) does not fit a video of "
                f"{self.size[0]} x {self.size[1]}"
            )
        source = av.VideoFrame.from_ndarray(np.ascontiguousarray(bgr), format="bgr24")
        frame = source.reformat(
            format="yuv420p",
            dst_colorspace="itu709",
            dst_color_range="MPEG",
            interpolation=_exact_flags(),
        )
        frame.pts, frame.time_base = self.frames, 1 / self.fps
        frame.pict_type = PictureType.I if self.frames in self._keyframes else PictureType.NONE
        self._mux(frame)
        self.frames += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None and not self.frames:
                raise BadVideo(f"No frame was written to {self.path.name}")
            if kind is None:
                self._mux(None)
        except BaseException as failed:
            self._stack.__exit__(type(failed), failed, failed.__traceback__)
            raise
        self._stack.__exit__(kind, error, trace)

    def _mux(self, frame: "VideoFrame | None") -> None:
        for packet in self._stream.encode(frame):
            packet.duration = round(1 / (self.fps * packet.time_base))
            self._output.mux(packet)


def video_info(path: Path | str) -> VideoInfo:
    """The probe of a file's moving pictures.

    Raises:
        NotMedia: not a media file.
        BadVideo: no moving pictures in it.
    """
    info = probe(path).video
    if info is None:
        raise BadVideo(f"{Path(path).name} has sound but no moving pictures")
    return info


def read_frame(path: Path | str, index: int) -> Bgr:
    """Frame ``index`` (0 is the first shown), upright BGR, without decoding all before it.

    Raises:
        BadVideo: there is no such frame.
    """
    return read_frames(path, [index])[0]


def read_frames(
    path: Path | str, indices: Collection[int], *, size: tuple[int, int] | None = None
) -> list[Bgr]:
    """Several frames, ascending or not, in the order asked for; each is found by its time stamp.

    Raises:
        BadVideo: one of them does not exist or cannot be decoded.
    """
    source = Path(path)
    with ExitStack() as stack:
        container, stream = _open(stack, source)
        times = sorted(
            packet.pts
            for packet in container.demux(stream)
            if packet.size and packet.pts is not None and not packet.is_discard
        )
        for index in indices:
            if not 0 <= index < len(times):
                raise BadVideo(
                    f"{source.name} has no frame {index}; it has {len(times)}",
                    field="frame",
                    value=index,
                    allowed=f"0 to {len(times) - 1}",
                )
        found: dict[int, Bgr] = {}
        wanted = sorted({times[index] for index in indices})
        for pts, frame in _seek_each(container, stream, wanted):
            found[pts] = to_bgr(frame, size)
    missing = [index for index in indices if times[index] not in found]
    if missing:
        raise BadVideo(f"{source.name}: frame {missing[0]} cannot be decoded", field="frame")
    return [found[times[index]] for index in indices]


def to_bgr(frame: "VideoFrame", size: tuple[int, int] | None = None) -> Bgr:
    """A decoded frame as upright BGR; ``size`` is the upright (width, height) to scale to."""
    rotation = rotation_of(frame)
    if size is None:
        array = frame.to_ndarray(format="bgr24", interpolation=_exact_flags())
    else:
        width, height = size if rotation % 180 == 0 else size[::-1]
        array = frame.to_ndarray(format="bgr24", width=width, height=height, interpolation="AREA")
    picture = array if rotation == 0 else np.rot90(array, -rotation // 90)
    return np.ascontiguousarray(picture, dtype=np.uint8)


def _exact_flags() -> int:
    """Without these swscale darkens each round trip by up to 3 levels (measured; 5 ms a frame)."""
    from av.video.reformatter import Interpolation

    return int(Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)


def _open(stack: ExitStack, path: Path) -> "tuple[InputContainer, VideoStream]":
    container = stack.enter_context(open_media(path))
    stream = moving_picture(container)
    if stream is None:
        raise BadVideo(f"{path.name} has no moving pictures", value=path.name)
    stream.thread_type = "AUTO"
    return container, stream


def _seek_each(
    container: "InputContainer", stream: "VideoStream", wanted: list[int]
) -> "Iterator[tuple[int, VideoFrame]]":
    """Frames at the given time stamps (ascending), seeking only over more than a GOP or two."""
    import av

    if not wanted:
        return
    remaining = list(wanted)
    try:
        while remaining:
            container.seek(remaining[0], stream=stream, backward=True)
            target = remaining[0]
            for frame in container.decode(stream):
                if frame.pts is None or frame.pts < remaining[0]:
                    continue
                if frame.pts == remaining[0]:
                    yield frame.pts, frame
                remaining.pop(0)
                if not remaining or _far(stream, remaining[0], frame.pts):
                    break
            else:
                return
            if remaining and remaining[0] == target:
                return
    except av.error.FFmpegError:
        return


def _far(stream: "VideoStream", ahead: int, here: int) -> bool:
    base = stream.time_base or Fraction(1, 1000)
    return (ahead - here) * base > 2
