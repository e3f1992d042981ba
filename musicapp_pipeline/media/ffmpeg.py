"""The one door to the ffmpeg program: which binary, how it is run, what it may open."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import IO, Any

from musicapp_pipeline.media.errors import FfmpegFailed, FfmpegMissing, MediaCancelled

CONTAINERS = (
    "mov", "mp4", "m4a", "matroska", "webm", "avi", "mpegts", "mpeg", "flv", "asf", "gif",
    "mp3", "wav", "w64", "flac", "ogg", "aac", "aiff", "caf", "ac3", "eac3", "amr", "ape",
    "wv", "tta", "au", "h264", "hevc", "ivf",
)  # fmt: skip
"""Containers that hold their own media. Playlists and manifests, which name other files or
addresses, are left out: ``-protocol_whitelist file`` alone still let an .m3u8 read a local file."""

INPUT_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ",".join(CONTAINERS)}

_POLL_SECONDS = 0.1
_STDERR_KEPT = 64_000


@lru_cache(maxsize=1)
def ffmpeg_exe() -> str:
    """The absolute path of the ffmpeg inside the imageio-ffmpeg wheel; never one from PATH.

    Raises:
        FfmpegMissing: the wheel for this platform carries no binary.
    """
    import imageio_ffmpeg

    folder = Path(imageio_ffmpeg.__file__).parent / "binaries"
    found = sorted(p for p in folder.glob("ffmpeg*") if p.is_file())
    if not found:
        raise FfmpegMissing(
            f"imageio-ffmpeg holds no ffmpeg for this platform (looked in {folder}); "
            "install the platform's wheel with `pip install --force-reinstall imageio-ffmpeg`"
        )
    return str(found[0])


def untrusted_input(path: Path | str, **options: Any) -> Any:
    """An ffmpeg-python input node that can open nothing but this one plain media file."""
    import ffmpeg

    return ffmpeg.input(str(Path(path).absolute()), **INPUT_OPTIONS, **options)


def untrusted_args(path: Path | str) -> list[str]:
    """The same as :func:`untrusted_input`, as arguments."""
    options = [word for key, value in INPUT_OPTIONS.items() for word in (f"-{key}", value)]
    return [*options, "-i", str(Path(path).absolute())]


def run_ffmpeg(
    stream_or_args: Any,
    *,
    on_frames: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    timeout: float | None = None,
    loglevel: str = "warning",
) -> str:
    """Run ffmpeg to its end, overwriting its outputs.

    Args:
        stream_or_args: an ffmpeg-python output stream, or ffmpeg's arguments as strings.
        on_frames: called with the number of video frames written so far.
        cancelled: asked about ten times a second; true stops ffmpeg.
        timeout: seconds after which ffmpeg is stopped.
        loglevel: ffmpeg's; filters that report (``ebur128``) need ``"info"``.

    Returns:
        What ffmpeg wrote to standard error (the last 64,000 characters).

    Raises:
        FfmpegFailed: with the command and the end of standard error.
        MediaCancelled: ``cancelled`` said so.
    """
    command = _command(stream_or_args, loglevel)
    deadline = None if timeout is None else monotonic() + timeout
    with tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
            )
        except OSError as error:
            raise FfmpegFailed(f"ffmpeg could not be started: {error}", command=command) from error
        try:
            _follow(process, command, on_frames, cancelled, deadline, timeout)
        finally:
            # Also reached by KeyboardInterrupt: no ffmpeg outlives its caller.
            if process.poll() is None:
                process.kill()
                process.wait()
        text = _tail(log)
    if process.returncode != 0:
        reason = _last_line(text) or f"exit status {process.returncode}"
        raise FfmpegFailed(f"ffmpeg failed: {reason}", command=command, stderr=text)
    return text


def _command(stream_or_args: Any, loglevel: str) -> list[str]:
    if isinstance(stream_or_args, Sequence) and not isinstance(stream_or_args, str):
        args = [str(word) for word in stream_or_args]
    else:
        import ffmpeg

        args = [str(word) for word in ffmpeg.get_args(stream_or_args)]
    common = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", loglevel, "-y"]
    return [ffmpeg_exe(), *common, "-progress", "pipe:1", *args]


def _follow(
    process: "subprocess.Popen[bytes]",
    command: list[str],
    on_frames: Callable[[int], None] | None,
    cancelled: Callable[[], bool] | None,
    deadline: float | None,
    timeout: float | None,
) -> None:
    """Pass on progress until ffmpeg closes its standard output."""
    lines: SimpleQueue[bytes | None] = SimpleQueue()
    Thread(target=_read_lines, args=(process.stdout, lines), daemon=True).start()
    while True:
        if cancelled is not None and cancelled():
            raise MediaCancelled("The work was cancelled; nothing was kept")
        if deadline is not None and monotonic() > deadline:
            raise FfmpegFailed(f"ffmpeg did not finish within {timeout:g} s", command=command)
        try:
            line = lines.get(timeout=_POLL_SECONDS)
        except Empty:
            continue
        if line is None:
            break
        if on_frames is not None and line.startswith(b"frame="):
            with suppress(ValueError):
                on_frames(int(line[6:]))
    process.wait()


def _read_lines(pipe: IO[bytes] | None, lines: "SimpleQueue[bytes | None]") -> None:
    if pipe is not None:
        with pipe:
            for line in pipe:
                lines.put(line)
    lines.put(None)


def _tail(log: IO[bytes]) -> str:
    size = log.seek(0, 2)
    log.seek(max(0, size - _STDERR_KEPT))
    return log.read().decode("utf-8", "replace")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
