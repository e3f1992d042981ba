"""Checking what was made: every frame, every time stamp, and where the song starts."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.assembly.model import FinalReport, Mezzanine
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.media.audio import read_mono
from musicapp_pipeline.media.ffmpeg import run_ffmpeg, untrusted_args
from musicapp_pipeline.media.frames import video_info
from musicapp_pipeline.media.probe import moving_picture, open_media, probe
from musicapp_pipeline.timebase import Frames

MAX_OFFSET_MS = 1.0
_RATE = 44_100
_WINDOW_SECONDS = 6.0
_SEARCH_SECONDS = 0.5


def verify_final(
    path: Path,
    frames: Frames,
    fps: Fraction,
    master_wav: Path,
    *,
    decode: bool = True,
) -> FinalReport:
    """Compare a finished video with what it must be.

    Args:
        path: the MP4.
        frames: how many frames it must have.
        master_wav: the song's master, which the sound must follow to the millisecond.
        decode: count frames by decoding them; false counts packets (20 times cheaper).

    Returns:
        What was found; ``audio_offset_ms`` is the worst of three places, positive when the
        sound is late.
    """
    info = probe(path)
    times, keyframed = _times(path, decode=decode)
    wrong = sum(time != index / fps for index, time in enumerate(times))
    problems = []
    if len(times) != frames:
        problems.append(f"{len(times)} frames instead of {frames}")
    if wrong:
        problems.append(f"{wrong} frames are not at their time")
    if not keyframed:
        problems.append("the video does not start with a key frame")
    offset, seconds = float("nan"), 0.0
    if info.audio is None:
        problems.append("there is no sound")
    else:
        offset, seconds = audio_offset_ms(path, master_wav)
        if not abs(offset) <= MAX_OFFSET_MS:
            problems.append(f"the sound is {offset:.2f} ms off the song")
    if info.video is None:
        problems.append("there are no moving pictures")
    return FinalReport(
        frames=len(times),
        wrong_pts=wrong,
        audio_offset_ms=offset,
        video_codec=info.video.codec if info.video else "",
        audio_codec=info.audio.codec if info.audio else "",
        width=info.video.width if info.video else 0,
        height=info.video.height if info.video else 0,
        audio_seconds=seconds,
        problems=tuple(problems),
    )


def verify_mezzanine(path: Path, mezzanine: Mezzanine) -> tuple[str, ...]:
    """What is wrong with a mezzanine, as sentences; nothing when it can be stitched."""
    try:
        info = video_info(path)
        times, keys = _packet_times(path)
    except MusicAppError as error:
        return (error.message,)
    problems = []
    if len(times) != mezzanine.total_frames:
        problems.append(f"{len(times)} frames instead of {mezzanine.total_frames}")
    if (info.width, info.height) != (mezzanine.width, mezzanine.height):
        problems.append(
            f"{info.width} x {info.height} instead of {mezzanine.width} x {mezzanine.height}"
        )
    if any(time != index / mezzanine.fps for index, time in enumerate(times)):
        problems.append("frames are not at their times")
    needed = {mezzanine.head}
    if mezzanine.tail:
        needed.add(mezzanine.head + mezzanine.frames)
    missing = sorted(needed - keys)
    if missing:
        problems.append(f"no key frame at {missing}")
    return tuple(problems)


def audio_offset_ms(path: Path, master_wav: Path) -> tuple[float, float]:
    """How late a video's sound is against the master: the worst of three places, and its seconds.

    Decoded by ffmpeg, which honours edit lists as players do; compared by cross-correlation with
    a parabola through the peak, good to a few hundredths of a millisecond.
    """
    with TemporaryDirectory() as folder:
        wav = Path(folder) / "sound.wav"
        run_ffmpeg(
            [
                *(*untrusted_args(path), "-map", "0:a:0"),
                # Silence before the sound's first time stamp counts, as it does in a player.
                *("-af", "aresample=async=1:first_pts=0", "-c:a", "pcm_f32le", str(wav)),
            ]
        )
        sound = read_mono(wav, _RATE)
    master = read_mono(master_wav, _RATE)
    window = min(int(_WINDOW_SECONDS * _RATE), master.size)
    starts = {0, (master.size - window) // 2, master.size - window}
    worst = 0.0
    for start in sorted(starts):
        lag = _lag_ms(sound, master[start : start + window], start)
        if not abs(lag) <= abs(worst):
            worst = lag
    return worst, sound.size / _RATE


def _lag_ms(sound: NDArray[np.float32], part: NDArray[np.float32], start: int) -> float:
    """How much later than ``start`` the master's ``part`` is found in ``sound``; NaN if nowhere."""
    reach = int(_SEARCH_SECONDS * _RATE)
    low = max(0, start - reach)
    around = sound[low : start + part.size + reach]
    if around.size < part.size // 2 or not np.any(part):
        return 0.0 if not np.any(part) else float("nan")
    size = 1 << (around.size + part.size - 1).bit_length()
    spectrum = np.fft.rfft(around, size) * np.conj(np.fft.rfft(part, size))
    scores = np.fft.irfft(spectrum, size)
    scores = np.concatenate([scores[-reach:], scores[: around.size]])
    peak = int(np.argmax(scores))
    if scores[peak] <= 0:
        return float("nan")
    return float(peak + _vertex(scores, peak) - reach + low - start) / _RATE * 1000.0


def _vertex(values: NDArray[np.float64], peak: int) -> float:
    """Where the parabola through the peak and its neighbours has its top, relative to the peak."""
    if not 0 < peak < values.size - 1:
        return 0.0
    left, middle, right = values[peak - 1 : peak + 2]
    curve = left - 2 * middle + right
    return float(0.5 * (left - right) / curve) if curve else 0.0


def _times(path: Path, *, decode: bool) -> tuple[list[Fraction], bool]:
    """When each frame is shown, ascending, and whether the first can be decoded on its own."""
    import av

    if not decode:
        packet_times, keys = _packet_times(path)
        return packet_times, 0 in keys
    times: list[Fraction] = []
    keyframed = False
    with open_media(path) as container, suppress(av.error.FFmpegError):
        # A file that breaks off midway counts as the frames before; the caller reports the rest.
        stream = moving_picture(container)
        if stream is None:
            return [], False
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            keyframed = keyframed or (not times and bool(frame.key_frame))
            if frame.pts is not None and frame.time_base is not None:
                times.append(frame.pts * frame.time_base)
    return times, keyframed


def _packet_times(path: Path) -> tuple[list[Fraction], set[Frames]]:
    """When each packet's frame is shown, ascending, and which of them are key frames."""
    with open_media(path) as container:
        stream = moving_picture(container)
        packets = container.demux(stream) if stream is not None else ()
        found = sorted(
            (packet.pts * packet.time_base, packet.is_keyframe)
            for packet in packets
            if packet.size and packet.pts is not None and not packet.is_discard
        )
    times = [time for time, _ in found]
    return times, {index for index, (_, key) in enumerate(found) if key}
