"""The song's master: decoded once, it is time zero and length for every later stage."""

import hashlib
import re
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.media.audio import Decoder, audio_stream
from musicapp_pipeline.media.errors import (
    BrokenAudio,
    EmptyFile,
    MediaCancelled,
    NotAudio,
    NotMedia,
    SilentSong,
    SongTooLong,
    SongTooShort,
)
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.files import whole_file
from musicapp_pipeline.media.probe import open_media

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container.input import InputContainer

MIN_SECONDS = 2
MAX_SECONDS = 20 * 60
SILENCE_DBFS = -60.0
MAX_MASTER_RATE = 96_000
"""Above this the master is brought to 48 or 44.1 kHz; nothing downstream hears the difference."""

_LOSSLESS = re.compile(r"pcm_|flac|alac|ape|wavpack|tta")
_STATES_LENGTH = re.compile(r"mov|matroska|wav|w64|flac|ogg|aiff|caf|avi|asf|au")
"""Containers whose stated duration is written down, not guessed from the bit rate."""
_MOST = 0.5


@dataclass(frozen=True)
class SongMaster:
    """A decoded song. ``sha256`` is over the PCM bytes; ``samples`` counts one channel."""

    path: Path
    sample_rate: int
    channels: int
    samples: int
    sha256: str
    title: str | None = None
    artist: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> Fraction:
        """The exact length."""
        return Fraction(self.samples, self.sample_rate)


def decode_song(
    source: Path,
    out_wav: Path,
    *,
    name: str | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SongMaster:
    """Decode a song or a video's sound to PCM WAV, whole or not at all.

    Lossy and 16-bit sources become 16-bit, finer ones 24-bit, at the source's own rate (up to
    96 kHz) with one or two channels. Sample 0 is the first one after the encoder's delay.

    Args:
        name: what people call the file, for messages; default its own name.

    Raises:
        EmptyFile, NotAudio, NoAudioStream, BrokenAudio, SilentSong, SongTooShort, SongTooLong:
            each with a sentence that names the value and the limit.
        MediaCancelled: ``cancelled`` said so.
    """
    name = name or source.name
    if source.is_file() and source.stat().st_size == 0:
        raise EmptyFile(f"{name} is empty (0 bytes)", field="song", value=name)
    try:
        with open_media(source) as container:
            stream = audio_stream(container, name)
            stated = _stated_seconds(source, container, stream)
            if stated > MAX_SECONDS:
                raise _too_long(name, stated)
            lossless = bool(_LOSSLESS.match(stream.codec_context.name))
            fine = lossless and stream.codec_context.format.bytes > 2
            decoder = Decoder(
                container,
                stream,
                "s32" if fine else "s16",
                min(max(stream.codec_context.channels, 1), 2),
                _master_rate(stream.codec_context.sample_rate),
            )
            with whole_file(out_wav) as part:
                totals = _write(decoder, part, 3 if fine else 2, name, cancelled)
                notes = _check(name, decoder, totals, stated)
            tags = {**dict(stream.metadata), **dict(container.metadata)}
            rate_in = stream.codec_context.sample_rate
    except NotMedia as error:
        raise NotAudio(
            f"{error.message}. A song is an MP3, M4A, WAV, FLAC or OGG file, or a video with sound",
            field="song",
            value=name,
        ) from error
    if rate_in != decoder.sample_rate:
        notes.append(f"Resampled from {rate_in} Hz to {decoder.sample_rate} Hz")
    return SongMaster(
        path=out_wav,
        sample_rate=decoder.sample_rate,
        channels=decoder.channels,
        samples=totals.samples,
        sha256=totals.sha256,
        title=_tag(tags, "title"),
        artist=_tag(tags, "artist"),
        notes=tuple(notes),
    )


def encode_delivery(master_wav: Path, out_m4a: Path, bitrate: str = "256k") -> None:
    """Encode the master to AAC-LC in MP4, once, for every final that carries the song.

    An edit list hides the encoder's 1024 samples of priming, so the decoded sound starts with
    the master's first sample.

    Raises:
        FfmpegFailed: the encoder refused.
    """
    with wave.open(str(master_wav), "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
    # Some players refuse AAC outside the common rates.
    common = rate if rate in (32_000, 44_100, 48_000) else 44_100 if rate % 11_025 == 0 else 48_000
    share = bitrate if channels > 1 else _half(bitrate)
    with whole_file(out_m4a) as part:
        run_ffmpeg(
            [
                *("-i", str(master_wav.absolute()), "-map", "0:a:0", "-map_metadata", "-1"),
                *("-ar", str(common), "-c:a", "aac", "-profile:a", "aac_low", "-b:a", share),
                *("-fflags", "+bitexact", "-flags:a", "+bitexact"),
                *("-movflags", "+faststart", "-f", "mp4", str(part.absolute())),
            ]
        )


def _half(bitrate: str) -> str:
    match = re.fullmatch(r"(\d+)(k?)", bitrate)
    return f"{int(match[1]) // 2}{match[2]}" if match else bitrate


@dataclass(frozen=True)
class _Totals:
    samples: int
    peak: float
    sha256: str
    sample_rate: int


def _write(
    decoder: Decoder,
    part: Path,
    width: int,
    name: str,
    cancelled: Callable[[], bool] | None,
) -> _Totals:
    """Stream the decoded blocks to a WAV file; stops at the length limit."""
    limit = MAX_SECONDS * decoder.sample_rate
    digest = hashlib.sha256()
    samples, peak = 0, 0
    with wave.open(str(part), "wb") as out:
        out.setnchannels(decoder.channels)
        out.setsampwidth(width)
        out.setframerate(decoder.sample_rate)
        for block in _batched(decoder.blocks()):
            if cancelled is not None and cancelled():
                raise MediaCancelled("The decoding was cancelled; nothing was kept")
            samples += len(block)
            if samples > limit:
                raise _too_long(name, None)
            peak = max(peak, int(block.max()), -int(block.min()))
            data = _packed(block, width)
            digest.update(data)
            out.writeframesraw(data)
    full_scale = float(1 << (31 if width == 3 else 15))
    return _Totals(samples, peak / full_scale, digest.hexdigest(), decoder.sample_rate)


def _batched(blocks: Iterator[NDArray[Any]], size: int = 1 << 16) -> Iterator[NDArray[Any]]:
    """Larger blocks: a decoder's frames hold about 1,000 samples, too few to handle one by one."""
    held: list[NDArray[Any]] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= size:
            yield np.concatenate(held)
            held, count = [], 0
    if count:
        yield np.concatenate(held)


def _packed(block: NDArray[Any], width: int) -> bytes:
    """Little-endian PCM bytes; the upper three bytes of 32-bit samples for 24-bit."""
    if width == 2:
        return block.astype("<i2", copy=False).tobytes()
    four = np.ascontiguousarray(block.astype("<i4", copy=False)).view(np.uint8).reshape(-1, 4)
    return four[:, 1:].tobytes()


def _check(name: str, decoder: Decoder, totals: _Totals, stated: float) -> list[str]:
    """Notes on slight damage; raises on what makes the sound unusable."""
    seconds = totals.samples / decoder.sample_rate
    bad, packets = decoder.bad_packets, max(decoder.packets, 1)
    if not totals.samples and not bad:
        raise EmptyFile(f"{name} holds an audio track without a single sample", field="song")
    if bad > packets * _MOST or seconds < stated * _MOST or not totals.samples:
        of = f" of {stated:.1f} s" if stated else ""
        raise BrokenAudio(
            f"{name} is damaged: only {seconds:.1f} s{of} could be decoded. "
            "Export or download the song again",
            field="song",
            value=name,
        )
    if seconds < MIN_SECONDS:
        raise SongTooShort(
            f"{name} is {seconds:.2f} s long; a song must have at least {MIN_SECONDS} s",
            field="song",
            value=round(seconds, 3),
            allowed=f"{MIN_SECONDS} s to {MAX_SECONDS // 60} min",
        )
    if totals.peak < 10 ** (SILENCE_DBFS / 20):
        raise SilentSong(
            f"{name} is silent: its peak is below {SILENCE_DBFS:.0f} dBFS. "
            "Check that the right track was exported",
            field="song",
            value=name,
        )
    notes = []
    if bad:
        notes.append(f"{bad} of {packets} packets were damaged and are missing")
    if stated - seconds > max(0.5, stated * 0.01):
        notes.append(f"The file promises {stated:.1f} s, but only {seconds:.1f} s are there")
    return notes


def _stated_seconds(source: Path, container: "InputContainer", stream: "AudioStream") -> float:
    """The duration that the file states; 0 where FFmpeg merely guesses it from the bit rate."""
    import av

    if not (_STATES_LENGTH.search(container.format.name) or _mp3_states_length(source)):
        return 0.0
    base = stream.time_base or Fraction(1)
    own = float(stream.duration * base) if stream.duration else 0.0
    whole = container.duration / av.time_base if container.duration else 0.0
    seconds = own or whole
    context = stream.codec_context
    if context.name.startswith("pcm_") and context.bit_rate:
        # A recorder that was cut off leaves a size of 4 GB in the header.
        seconds = min(seconds, source.stat().st_size * 8 / context.bit_rate)
    return max(seconds, 0.0)


def _mp3_states_length(source: Path) -> bool:
    """Whether an MP3 carries a Xing, Info or VBRI header, which counts its frames."""
    with source.open("rb") as file:
        head = file.read(10)
        tag = 0
        if head[:3] == b"ID3":
            tag = 10 + sum(
                byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False)
            )
        file.seek(tag)
        first = file.read(2048)
    return any(word in first for word in (b"Xing", b"Info", b"VBRI"))


def _master_rate(rate: int) -> int:
    if rate <= MAX_MASTER_RATE:
        return rate
    return 44_100 if rate % 44_100 == 0 else 48_000


def _too_long(name: str, seconds: float | None) -> SongTooLong:
    if seconds is None:
        length = f"more than {MAX_SECONDS // 60} minutes"
    else:
        whole = round(seconds)
        length = f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return SongTooLong(
        f"{name} is {length} long; a song may have at most {MAX_SECONDS // 60} minutes. "
        "Cut out the part the video is for",
        field="song",
        value=None if seconds is None else round(seconds, 1),
        allowed=f"{MIN_SECONDS} s to {MAX_SECONDS // 60} min",
    )


def _tag(tags: dict[str, str], key: str) -> str | None:
    for name, value in tags.items():
        if name.lower() == key and value.strip():
            return value.strip()
    return None
