"""Any audio file as what the analysis needs, decoded in one pass without holding it whole."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.analysis.arrays import Floats
from musicapp_pipeline.analysis.loudness import LoudnessMeter
from musicapp_pipeline.analysis.spectra import SAMPLE_RATE

_BLOCK = 1 << 16
_CANCELS = 0.15
"""Below this share of the channels' power in their sum, they are out of phase."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded song.

    Attributes:
        samples: mono at 22,050 Hz, (n,).
        duration: decoded samples / the file's rate, in seconds.
        lufs: integrated loudness of the channels as they are, ``None`` for silence.
        notes: what was done about unusual channels.
    """

    samples: Floats
    duration: float
    lufs: float | None
    notes: tuple[str, ...] = ()


def read_sound(path: Path) -> Sound:
    """Decode a song for analysis.

    Args:
        path: any audio file, or a video file with sound.

    Raises:
        MediaError: nothing that can be decoded.
    """
    from musicapp_pipeline.media.audio import Decoder, audio_stream
    from musicapp_pipeline.media.probe import open_media

    with open_media(path) as container:
        stream = audio_stream(container, path.name)
        channels = min(stream.codec_context.channels or 1, 2)
        rate = int(stream.codec_context.sample_rate)
        decoder = Decoder(container, stream, "flt", channels, rate)
        down = _Down(channels, rate)
        for block in decoder.blocks():
            down.add(block)
    return down.finish()


def sound_of(samples: Floats) -> Sound:
    """Mono samples at 22,050 Hz as a decoded song."""
    meter = LoudnessMeter(SAMPLE_RATE, 1)
    meter.add(samples[:, None])
    return Sound(samples, len(samples) / SAMPLE_RATE, meter.integrated())


class _Down:
    """Collects blocks of (samples, channels): resamples, measures, mixes to mono."""

    def __init__(self, channels: int, rate: int) -> None:
        import soxr

        self._rate = rate
        self._count = 0
        self._meter = LoudnessMeter(SAMPLE_RATE, channels)
        self._power = np.zeros(channels)
        self._mid_power = 0.0
        self._channels: list[Floats] = []
        self._held: list[NDArray[np.float32]] = []
        self._held_count = 0
        self._stream = soxr.ResampleStream(
            rate, SAMPLE_RATE, channels, dtype="float32", quality="MQ"
        )

    def add(self, block: NDArray[np.float32]) -> None:
        self._count += len(block)
        self._held.append(block)
        self._held_count += len(block)
        if self._held_count >= _BLOCK:
            self._pass_on(last=False)

    def _pass_on(self, *, last: bool) -> None:
        empty = np.zeros((0, len(self._power)), np.float32)
        whole = np.concatenate([empty, *self._held])
        self._held, self._held_count = [], 0
        if not np.isfinite(whole.sum()):  # a damaged frame may hold numbers that are none
            np.nan_to_num(whole, copy=False, posinf=0.0, neginf=0.0)
        low = self._stream.resample_chunk(np.ascontiguousarray(whole), last=last)
        low = low.reshape(-1, len(self._power))
        self._meter.add(low)
        self._power += np.square(low, dtype=np.float64).sum(axis=0)
        self._mid_power += float(np.square(_middle(low), dtype=np.float64).sum())
        self._channels.append(np.ascontiguousarray(low))

    def finish(self) -> Sound:
        self._pass_on(last=True)
        wanted = -(-self._count * SAMPLE_RATE // self._rate)
        notes: list[str] = []
        mix = self._mix(notes)
        samples = np.zeros(wanted, np.float32)
        samples[: min(wanted, len(mix))] = mix[:wanted]
        return Sound(samples, self._count / self._rate, self._meter.integrated(), tuple(notes))

    def _mix(self, notes: list[str]) -> Floats:
        parts, self._channels = self._channels, []
        loudest = int(self._power.argmax())
        total = float(self._power.sum())
        if len(self._power) == 2 and total > 0:
            if float(self._power.min()) < 1e-4 * total:
                notes.append("one channel is silent")
            elif self._mid_power < _CANCELS * total / 2:
                notes.append("the channels are out of phase: only one of them was heard")
                return np.concatenate([part[:, loudest] for part in parts])
        return np.concatenate([_middle(part) for part in parts])


def _middle(block: Floats) -> Floats:
    """The mean of the channels; slices add faster than a short axis reduces."""
    return block[:, 0] if block.shape[1] == 1 else np.float32(0.5) * (block[:, 0] + block[:, 1])
