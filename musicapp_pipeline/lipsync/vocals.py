"""The voice in a song, as well as it can be had without a separation network.

A supplied stem is best; in a true stereo mix the voice is nearly always in the centre; in a mono
mix the voice is what is steady in short windows yet moving in long ones (two-stage
harmonic/percussive split); a recording that is voice alone is left as it is.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.lipsync.errors import BadSegment
from musicapp_pipeline.lipsync.spectral import istft, stft

Signal = NDArray[np.float32]
Method = Literal["stem", "centre", "hpss", "raw"]

SAMPLE_RATE = 16_000
SILENCE_DBFS = -60.0
_MONO_DB = -30.0
"""Sides this far below the middle are noise or encoder dither, not a stereo picture."""
_CHUNK_SECONDS = 60.0
_OVERLAP_SECONDS = 1.0


@dataclass(frozen=True)
class Vocals:
    """Mono voice, peak-normalised, with how it was had and how loud it was before.

    ``mix`` is what the voice was taken out of, where it was: a second picture of the same sound.
    """

    samples: Signal
    sample_rate: int
    method: Method
    rms_dbfs: float
    mix: Signal | None = None

    @property
    def seconds(self) -> float:
        return self.samples.size / self.sample_rate

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear: no word can be placed here."""
        return self.rms_dbfs < SILENCE_DBFS


@dataclass(frozen=True)
class VocalSegment:
    """A written voice segment; ``method`` as in :class:`Vocals`."""

    path: Path
    method: Method
    seconds: float
    rms_dbfs: float
    silent: bool


def extract_vocals(
    audio: Path,
    *,
    stem: Path | None = None,
    sample_rate: int = SAMPLE_RATE,
    start: float = 0.0,
    end: float | None = None,
) -> Vocals:
    """The voice of ``audio`` between ``start`` and ``end`` seconds.

    Args:
        audio: the mix, any format ffmpeg reads.
        stem: the voice alone, as long as the mix, if the person has it.
        sample_rate: of the result, Hz.

    Raises:
        BadSegment: if the interval is empty or begins after the audio's end.
        MediaError: if a file cannot be decoded.
    """
    from musicapp_pipeline.media.audio import read_stereo

    mix = _cut(read_stereo(stem or audio, sample_rate), sample_rate, start, end)
    mono = mix.mean(axis=0)
    if stem is not None:
        return Vocals(_normalised(mono), sample_rate, "stem", dbfs(mono))
    voice, method = isolate(mix, sample_rate)
    plain = None if method == "raw" else _normalised(mono)
    return Vocals(_normalised(voice), sample_rate, method, dbfs(voice), plain)


def vocal_segment(
    master: Path,
    start: float,
    end: float | None,
    out_wav: Path,
    *,
    stem: Path | None = None,
    sample_rate: int = SAMPLE_RATE,
) -> VocalSegment:
    """Write the voice of one scene as a mono WAV; a silent one is written and said to be so."""
    from musicapp_pipeline.media.audio import write_wav

    voice = extract_vocals(master, stem=stem, sample_rate=sample_rate, start=start, end=end)
    write_wav(out_wav, voice.samples, sample_rate)
    return VocalSegment(out_wav, voice.method, voice.seconds, voice.rms_dbfs, voice.silent)


def isolate(mix: Signal, sample_rate: int) -> tuple[Signal, Method]:
    """The voice in ``mix`` of shape ``(channels, n)``, and the method that suited it."""
    mono = mix.mean(axis=0)
    if is_true_stereo(mix):
        return _in_chunks(centre, mix[:2], sample_rate), "centre"
    if is_voice_alone(mono, sample_rate):
        return mono, "raw"
    return _in_chunks(steady_then_moving, mono[None], sample_rate), "hpss"


def is_true_stereo(mix: Signal) -> bool:
    """Whether left and right differ audibly."""
    if mix.shape[0] < 2:
        return False
    middle, side = dbfs(mix[0] + mix[1]), dbfs(mix[0] - mix[1])
    return side - middle > _MONO_DB


def is_voice_alone(mono: Signal, sample_rate: int) -> bool:
    """Whether this is speech or singing without accompaniment.

    A voice falls almost silent between syllables; music behind it fills those gaps.
    """
    step = sample_rate // 50
    n = mono.size // step
    if n < 10:
        return True
    power = (mono[: n * step].reshape(n, step) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 1e-3)
    inside = power[loud[0] : loud[-1] + 1] if loud.size else power
    return bool(np.mean(inside < np.percentile(inside, 95) * 10**-3.5) > 0.06)


def centre(mix: Signal) -> Signal:
    """What is equally loud and in phase left and right: the similarity mask of Avendano (2003)."""
    size, hop = 2048, 512
    left, right = stft(mix[0], size, hop), stft(mix[1], size, hop)
    cross = (left * right.conj()).real
    alike = 2 * np.maximum(cross, 0) / (np.abs(left) ** 2 + np.abs(right) ** 2 + 1e-12)
    mask = np.clip((alike - 0.5) / 0.5, 0, 1) ** 2
    return istft((mask * (left + right) / 2).astype(np.complex64), size, hop, mix.shape[1])


def steady_then_moving(mix: Signal) -> Signal:
    """Two harmonic/percussive splits: long windows drop held notes, short ones drop drums.

    Source: Tachibana, Ono & Sagayama, "Singing voice enhancement in monaural music signals based
    on two-stage harmonic/percussive sound separation" (2014), with Fitzgerald's median filters.
    """
    moving = _split(mix[0], 4096, 1024, keep_steady=False)
    return _split(moving, 512, 256, keep_steady=True)


def _split(x: Signal, size: int, hop: int, *, keep_steady: bool) -> Signal:
    from scipy.ndimage import median_filter

    spectrum = stft(x, size, hop)
    magnitude = np.abs(spectrum)
    steady = median_filter(magnitude, size=(17, 1)) ** 2
    burst = median_filter(magnitude, size=(1, 17)) ** 2
    kept = steady if keep_steady else burst
    mask = kept / (steady + burst + 1e-12)
    return istft((spectrum * mask).astype(np.complex64), size, hop, x.size)


def _in_chunks(method: object, mix: Signal, sample_rate: int) -> Signal:
    """Run ``method`` over overlapping minutes, so that an hour of song needs no hour of memory."""
    assert callable(method)
    chunk, overlap = int(_CHUNK_SECONDS * sample_rate), int(_OVERLAP_SECONDS * sample_rate)
    n = mix.shape[1]
    out = np.zeros(n, np.float32)
    for begin in range(0, n, chunk):
        lo, hi = max(0, begin - overlap), min(n, begin + chunk + overlap)
        piece: Signal = method(mix[:, lo:hi])
        end = min(n, begin + chunk)
        out[begin:end] = piece[begin - lo : end - lo]
    return out


def _cut(mix: Signal, sample_rate: int, start: float, end: float | None) -> Signal:
    seconds = mix.shape[1] / sample_rate
    stop = seconds if end is None else min(end, seconds)
    if not 0 <= start < stop:
        raise BadSegment(
            f"the segment {start:.3f} to {'the end' if end is None else f'{end:.3f}'} s is empty "
            f"or outside the audio of {seconds:.3f} s",
            field="start",
            value=start,
            allowed=f"0 <= start < end, start below {seconds:.3f}",
        )
    return mix[:, round(start * sample_rate) : round(stop * sample_rate)]


def dbfs(x: Signal) -> float:
    """Root mean square in dB below full scale; silence is -120."""
    power = float(np.mean(np.square(x, dtype=np.float64))) if x.size else 0.0
    return 10 * float(np.log10(max(power, 1e-12)))


def _normalised(x: Signal) -> Signal:
    peak = float(np.abs(x).max()) if x.size else 0.0
    return np.asarray(x * (0.8 / peak) if peak > 1e-6 else x, np.float32)
