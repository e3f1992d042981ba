"""A new master of the same song: by how much everything moved.

Bars repeat, so attacks alone fit at many lags. The likeliest are compared with each other, place
by place of the new master: by their attacks and, where the very same sound is in both, waveforms.
"""

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
_CANDIDATES = 16
_APART = 0.1
"""Seconds between two lags that are not the same."""
_SHARED = 0.25
"""The least part of the shorter master that both must have."""
_LOOKS, _LOOK = 12, 5.0
"""Places of the new master where lags are compared, and seconds of each."""
_AUDIBLE = 0.3
"""From this correlation of waveforms on, their lag is that of the masters."""
_TIE = 0.02
_AS_LONG = 0.95
_UNSURE = 0.45
"""The confidence at most where another lag fits as well: below what is acted on."""


class Offset(NamedTuple):
    """``seconds`` later in the new master than in the old; ``confidence`` 0 to 1."""

    seconds: float
    confidence: float


class _Fit(NamedTuple):
    """How two masters go together at one lag."""

    seconds: float
    attacks: float
    """Correlation of their attacks over what both have."""
    there: Doubles
    """Correlations of attacks and waveforms, added, by place; not a number where old ends."""
    shared: float
    """Seconds that both have."""


def offset_between(old_wav: Path, new_wav: Path) -> Offset:
    """Find how far a new mix is shifted against the old one.

    Args:
        old_wav: the master that cuts and takes were made for; any audio file.
        new_wav: the master that replaces it.

    Returns:
        The offset to the sample where the waveforms agree, else to a few milliseconds. A
        confidence below 0.5 means another recording, another tempo or another edit, or that
        several offsets fit as well.
    """
    return offset_of(read_sound(old_wav).samples, read_sound(new_wav).samples)


def offset_of(old: Floats, new: Floats) -> Offset:
    """The same for samples at 22,050 Hz."""
    if len(old) < SAMPLE_RATE or len(new) < SAMPLE_RATE:
        return Offset(0.0, 0.0)
    a, b = _attacks(old), _attacks(new)
    fits = [_fit(old, new, a, b, lag, likeness) for lag, likeness in _likely(a, b)]
    if not fits:
        return Offset(0.0, 0.0)
    best, sure = _best(fits, min(len(old), len(new)) / SAMPLE_RATE)
    confidence = float(np.clip((best.attacks - 0.1) / 0.5, 0, 1)) * _agreement(a, b, best.seconds)
    return Offset(
        round(best.seconds, 5), round(confidence if sure else min(confidence, _UNSURE), 3)
    )


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


def _likely(a: Doubles, b: Doubles) -> list[tuple[float, float]]:
    """The lags in seconds at which attacks go together best, and their correlation there."""
    lags, zero = _correlation(a, b)
    shift = np.arange(len(lags)) - zero
    first, last = np.maximum(0, -shift), np.minimum(len(a), len(b) - shift)
    shared = last - first >= _SHARED * min(len(a), len(b))
    power_a, power_b = (np.concatenate([[0.0], np.cumsum(x * x)]) for x in (a, b))
    ends = np.maximum(last, first)
    both = (power_a[ends] - power_a[first]) * (power_b[ends + shift] - power_b[first + shift])
    likeness = np.where(shared, lags / np.sqrt(np.maximum(both, 1e-12)), 0.0)
    found: list[tuple[float, float]] = []
    for at in np.argsort(-likeness, kind="stable"):
        if likeness[at] <= 0 or len(found) == _CANDIDATES:
            break
        seconds = (onsets.refine_peak(likeness, int(at)) - zero) / FPS
        if all(abs(seconds - other) > _APART for other, _ in found):
            found.append((seconds, float(likeness[at])))
    return found


def _fit(old: Floats, new: Floats, a: Doubles, b: Doubles, seconds: float, likeness: float) -> _Fit:
    """Compare at places all over the new master, and refine the lag to the sample."""
    shift = round(seconds * SAMPLE_RATE)
    size = min(round(_LOOK * SAMPLE_RATE), len(new))
    there, fine, waves = np.full(_LOOKS, np.nan), [], []
    for n, at in enumerate(np.linspace(0, len(new) - size, _LOOKS).astype(int)):
        start = int(at) - shift
        if 0 <= start <= len(old) - size:
            lag, wave = _sample_lag(old[start : start + size], new, int(at))
            there[n] = wave + _alike_there(a, b, start, int(at), size)
            fine.append(lag)
            waves.append(wave)
    if waves and np.mean(waves) > _AUDIBLE:
        seconds = (shift + float(np.median(fine))) / SAMPLE_RATE
    shared = min(len(old), len(new) - shift) - max(0, -shift)
    return _Fit(seconds, likeness, there, shared / SAMPLE_RATE)


def _alike_there(a: Doubles, b: Doubles, start: int, at: int, size: int) -> float:
    """The correlation of the attacks of so many samples from ``start`` and from ``at`` on, a
    frame earlier or later at most: neither need begin with a frame."""
    first, second = (round(x / SAMPLE_RATE * FPS) for x in (start, at))
    frames = size * FPS // SAMPLE_RATE - 2
    two = b[second + 1 :][:frames]
    best = 0.0
    for slip in (0, 1, 2):
        one = a[first + slip :][: len(two)]
        norm = float(np.linalg.norm(one) * np.linalg.norm(two[: len(one)])) + 1e-9
        best = max(best, float(one @ two[: len(one)]) / norm)
    return best


def _sample_lag(piece: Floats, new: Floats, at: int) -> tuple[int, float]:
    """By how many samples a piece lies beside ``at`` in the new master, a twentieth of a second
    at most, and its normalised correlation there."""
    reach = SAMPLE_RATE // 20
    low = max(0, at - reach)
    other = new[low : at + len(piece) + reach].astype(np.float64)
    lags, zero = _correlation(piece.astype(np.float64), other)
    whole = lags[zero : zero + max(1, len(other) - len(piece) + 1)]
    power = np.concatenate([[0.0], np.cumsum(other * other)])
    there = power[len(piece) : len(piece) + len(whole)] - power[: len(whole)]
    norm = np.sqrt(np.maximum(there * float(np.sum(np.square(piece, dtype=np.float64))), 1e-12))
    alike = whole[: len(norm)] / norm
    best = int(alike.argmax())
    return low + best - at, float(alike[best])


def _best(fits: list[_Fit], shorter: float) -> tuple[_Fit, bool]:
    """The fit to go by, and whether it stands out.

    Of those that no other beats, the one by which the masters share most, and then the one that
    moves least. Where nothing need have moved, nothing has; between two lags that leave as much
    of the shorter master without a counterpart nobody can tell.

    Args:
        shorter: seconds of the shorter master.
    """
    unbeaten = [fit for fit in fits if not any(_beats(other, fit) for other in fits)] or fits
    most = max(fit.shared for fit in unbeaten)
    good = [fit for fit in unbeaten if fit.shared >= _AS_LONG * most]
    best = min(good, key=lambda fit: abs(fit.seconds))
    rivals = good if most >= _AS_LONG * shorter else unbeaten
    return best, len(rivals) == 1 or abs(best.seconds) < _APART


def _beats(one: _Fit, other: _Fit) -> bool:
    """Whether the one fits better where the old master has something for both."""
    both = np.isfinite(one.there) & np.isfinite(other.there)
    return bool(both.any()) and float(np.mean((one.there - other.there)[both])) > _TIE


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
