"""A new master of the same song: by how much everything moved."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.fft

from musicapp_pipeline.analysis import onsets
from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.decoding import read_sound
from musicapp_pipeline.analysis.spectra import FPS, SAMPLE_RATE, spectra

_PARTS = 4
_AGREE = 0.03
"""Seconds by which parts of the song may disagree before the two are not one performance."""


class Offset(NamedTuple):
    """``seconds`` later in the new master than in the old; ``confidence`` 0 to 1."""

    seconds: float
    confidence: float


def offset_between(old_wav: Path, new_wav: Path) -> Offset:
    """Find how far a new mix is shifted against the old one.

    Args:
        old_wav: the master that cuts and takes were made for; any audio file.
        new_wav: the master that replaces it.

    Returns:
        The offset to the sample where the waveforms agree, else to a few milliseconds. A
        confidence below 0.5 means another recording, another tempo or another edit.
    """
    return offset_of(read_sound(old_wav).samples, read_sound(new_wav).samples)


def offset_of(old: Floats, new: Floats) -> Offset:
    """The same for samples at 22,050 Hz."""
    if len(old) < SAMPLE_RATE or len(new) < SAMPLE_RATE:
        return Offset(0.0, 0.0)
    a, b = _attacks(old), _attacks(new)
    seconds, likeness = _lag(a, b)
    agreement = _agreement(a, b, seconds)
    fine = _sample_lag(old, new, seconds)
    confidence = float(np.clip((likeness - 0.1) / 0.5, 0, 1)) * agreement
    return Offset(round(fine, 5), round(confidence, 3))


def _attacks(samples: Floats) -> Doubles:
    strength = onsets.onset_strength(onsets.band_flux(onsets.rise(spectra(samples).mel)))
    return np.asarray(strength - strength.mean(), np.float64)


def _correlation(a: Doubles, b: Doubles) -> tuple[Doubles, int]:
    """Cross-correlation at every lag of ``b`` against ``a``, and the index of lag 0."""
    size = scipy.fft.next_fast_len(len(a) + len(b))
    product = np.conj(scipy.fft.rfft(a, size)) * scipy.fft.rfft(b, size)
    whole = scipy.fft.irfft(product, size)
    lags = np.concatenate([whole[-(len(a) - 1) :], whole[: len(b)]])
    return np.asarray(lags), len(a) - 1


def _lag(a: Doubles, b: Doubles) -> tuple[float, float]:
    """The best lag in seconds and the normalised correlation there."""
    lags, zero = _correlation(a, b)
    best = int(lags.argmax())
    scale = float(np.linalg.norm(a) * np.linalg.norm(b)) + 1e-9
    return (onsets.refine_peak(lags, best) - zero) / FPS, float(lags[best]) / scale


def _agreement(a: Doubles, b: Doubles, seconds: float) -> float:
    """The share of the song's quarters that, looking nearby, find the same offset themselves."""
    same = 0
    shift, around = round(seconds * FPS), FPS // 5
    for part in range(_PARTS):
        start, end = part * len(a) // _PARTS, (part + 1) * len(a) // _PARTS
        start, end = max(start, around - shift), min(end, len(b) - around - shift)
        if end - start < FPS:
            continue
        piece = a[start:end]
        found = [
            float(piece @ b[start + shift + k : end + shift + k])
            for k in range(-around, around + 1)
        ]
        same += abs(int(np.argmax(found)) - around) <= _AGREE * FPS
    return same / _PARTS


def _sample_lag(old: Floats, new: Floats, seconds: float) -> float:
    """Refine to the sample by the waveforms around the loudest ten seconds, if they agree."""
    reach, size = SAMPLE_RATE // 20, 10 * SAMPLE_RATE
    shift = round(seconds * SAMPLE_RATE)
    middle = len(old) // 2
    start = max(0, middle - size // 2)
    piece = old[start : start + size]
    low = start + shift - reach
    other = new[max(0, low) : start + shift + len(piece) + reach]
    if len(piece) < SAMPLE_RATE or len(other) < SAMPLE_RATE:
        return seconds
    lags, zero = _correlation(piece.astype(np.float64), other.astype(np.float64))
    best = int(lags.argmax())
    scale = float(np.linalg.norm(piece) * np.linalg.norm(other)) + 1e-9
    fine = (best - zero - start + max(0, low)) / SAMPLE_RATE
    agrees = lags[best] / scale > 0.3 and abs(fine - seconds) < reach / SAMPLE_RATE
    return fine if agrees else seconds
