"""Songs and clips made by code, with contents that a test can read back."""

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.media.audio import write_wav
from musicapp_pipeline.media.frames import FrameWriter

CODE_BITS = 12


@cache
def song_samples(seconds: float, rate: int = 44_100, channels: int = 2) -> NDArray[np.float32]:
    """Tones, a beat of noise bursts and some noise: shape (channels, n), never periodic."""
    rng = np.random.default_rng(7)
    n = round(seconds * rate)
    t = np.arange(n) / rate
    beat = rng.normal(size=n) * np.exp(-(t % 0.5) * 25)
    tone = np.sin(2 * np.pi * (220 + 3 * t) * t)
    mono = 0.25 * tone + 0.12 * beat + 0.01 * rng.normal(size=n)
    return np.stack([mono * (1 - 0.2 * c) for c in range(channels)]).astype(np.float32)


def song_wav(path: Path, seconds: float = 4.0, rate: int = 44_100, channels: int = 2) -> Path:
    write_wav(path, song_samples(seconds, rate, channels), rate)
    return path


def lag_samples(heard: NDArray[np.float32], reference: NDArray[np.float32]) -> int:
    """How many samples later ``heard`` is than ``reference``."""
    n = min(heard.size, reference.size)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(heard[:n], size) * np.conj(np.fft.rfft(reference[:n], size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return peak if peak < size // 2 else peak - size


def coded_frame(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A picture whose middle spells ``number`` in bars; it survives cropping to other shapes."""
    frame = np.full((height, width, 3), 70, np.uint8)
    frame[:, :, 1] += np.linspace(0, 60, width).astype(np.uint8)
    side = min(width, height * 16 // 9) * 0.5
    cell = side / CODE_BITS
    left = width / 2 - side / 2
    top, bottom = int(height * 0.4), int(height * 0.6)
    for bit in range(CODE_BITS):
        x = int(left + bit * cell)
        value = 235 if number >> bit & 1 else 20
        frame[top:bottom, x : int(x + cell)] = value
    return frame


def read_code(frame: NDArray[np.uint8]) -> int:
    """The number that :func:`coded_frame` wrote, after scaling to 16:9."""
    height, width = frame.shape[:2]
    cell = width * 0.5 / CODE_BITS
    left = width * 0.25
    strip = frame[int(height * 0.46) : int(height * 0.54)]
    number = 0
    for bit in range(CODE_BITS):
        x = left + bit * cell
        if strip[:, int(x + cell * 0.35) : int(x + cell * 0.65)].mean() > 127:
            number |= 1 << bit
    return number


_CLIPS: dict[tuple[object, ...], bytes] = {}


def coded_clip(
    path: Path,
    numbers: Iterable[int],
    fps: Fraction = Fraction(24),
    size: tuple[int, int] = (320, 180),
) -> Path:
    """A clip of coded frames; equal ones are encoded once a session."""
    key = (tuple(numbers), fps, size)
    if key not in _CLIPS:
        with FrameWriter(path, *size, fps) as out:
            for number in key[0]:
                out.write(coded_frame(number, *size))
        _CLIPS[key] = path.read_bytes()
    path.write_bytes(_CLIPS[key])
    return path
