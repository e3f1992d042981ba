"""The sound features the acoustic model was trained on: mel cepstra with two derivatives.

Source: the parameters of the model (``feat.params``) and the published front end of CMU Sphinx;
its noise tracking follows Doblinger (1995) and the temporal masking of PNCC (Kim & Stern, 2016).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Signal = NDArray[np.float32]
Features = NDArray[np.float32]

SAMPLE_RATE = 16_000
HOP = 160
FRAME_SECONDS = HOP / SAMPLE_RATE
_WINDOW = 410
_FFT = 512
_BANDS, _LOW_HZ, _HIGH_HZ = 25, 130.0, 6800.0
_CEPSTRA, _LIFTER = 13, 22
_PREEMPHASIS = 0.97
_LOG_FLOOR = 1e-4
_FULL_SCALE = 32768.0
_DITHER = 3.0


def features(samples: Signal, *, suppress: bool = True) -> Features:
    """Feature vectors of 16 kHz mono audio, shape ``(frames, 39)``, 100 frames a second.

    Frame ``t`` looks at the 25.6 ms from sample ``160 t`` on. ``suppress`` subtracts each band's
    slow floor, as in the model's training.
    """
    bands = _mel_bands(samples)
    if suppress:
        bands = _without_noise(bands)
    cepstra = fft.dct(np.log(bands + _LOG_FLOOR), axis=1, norm="ortho")[:, :_CEPSTRA]
    n = np.arange(_CEPSTRA)
    cepstra = cepstra * (1 + _LIFTER / 2 * np.sin(np.pi * n / _LIFTER))
    cepstra -= cepstra.mean(axis=0)
    return np.hstack([cepstra, *_derivatives(cepstra)]).astype(np.float32)


def _mel_bands(samples: Signal) -> NDArray[np.float64]:
    # Dither: digital silence is far from anything the model has heard.
    dither = np.random.default_rng(0).normal(0.0, _DITHER, samples.size)
    x = np.asarray(samples, np.float64) * _FULL_SCALE + dither
    x = np.append(x[:1], x[1:] - _PREEMPHASIS * x[:-1])
    x = np.pad(x, (0, max(0, _WINDOW - x.size)))
    frames = np.lib.stride_tricks.sliding_window_view(x, _WINDOW)[::HOP]
    hamming = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(_WINDOW) / (_WINDOW - 1))
    spectra = fft.rfft((frames * hamming).astype(np.float32), _FFT, axis=1)
    return np.asarray(np.square(np.abs(spectra)) @ _filterbank(), np.float64)


@lru_cache(maxsize=1)
def _filterbank() -> NDArray[np.float32]:
    """Triangles of unit area with corners on FFT bins, shape ``(257, 25)``."""

    def mel(hz: float) -> float:
        return 2595 * float(np.log10(1 + hz / 700))

    points = np.linspace(mel(_LOW_HZ), mel(_HIGH_HZ), _BANDS + 2)
    bin_hz = SAMPLE_RATE / _FFT
    corners = np.floor(700 * (10 ** (points / 2595) - 1) / bin_hz + 0.5) * bin_hz
    hz = np.arange(_FFT // 2 + 1)[:, None] * bin_hz
    left, peak, right = corners[:-2], corners[1:-1], corners[2:]
    triangle = np.minimum((hz - left) / (peak - left), (right - hz) / (right - peak))
    return (np.maximum(triangle, 0) * 2 / (right - left)).astype(np.float32)


def _without_noise(bands: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each band's slow floor subtracted and its decays masked, as in the model's training."""
    max_gain, keep = 20.0, 0.7
    power = bands[0].copy()
    noise, floor = bands[0] / max_gain, bands[0] / max_gain
    peak = np.zeros_like(power)
    gains = np.empty_like(bands)
    for t, band in enumerate(bands):
        power = keep * power + (1 - keep) * band
        noise = _lower_envelope(power, noise)
        signal = np.maximum(power - noise, 1.0)
        floor = _lower_envelope(signal, floor)
        peak *= 0.85
        masked = np.where(signal < 0.85 * peak, 0.2 * peak, signal)
        peak = np.maximum(peak, signal)
        gains[t] = np.maximum(masked, floor) / np.maximum(power, 1e-10)
    np.clip(gains, 1 / max_gain, max_gain, out=gains)
    cumulated = np.cumsum(np.pad(gains, ((0, 0), (1, 0))), axis=1)
    lo = np.maximum(np.arange(_BANDS) - 4, 0)
    hi = np.minimum(np.arange(_BANDS) + 5, _BANDS)
    smooth = (cumulated[:, hi] - cumulated[:, lo]) / (hi - lo)
    return np.asarray(bands * smooth)


def _lower_envelope(value: NDArray[np.float64], floor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Follow ``value`` down at once and up only slowly."""
    keep = np.where(value >= floor, 0.995, 0.5)
    return np.asarray(keep * floor + (1 - keep) * value)


def _derivatives(cepstra: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    padded = np.pad(cepstra, ((3, 3), (0, 0)), mode="edge")
    n = len(cepstra)

    def shifted(by: int) -> NDArray[np.float64]:
        return padded[3 + by : 3 + by + n]

    velocity = shifted(2) - shifted(-2)
    acceleration = (shifted(3) - shifted(-1)) - (shifted(1) - shifted(-3))
    return velocity, acceleration
