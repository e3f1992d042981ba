"""Short-time Fourier transform and back, in single precision, for whole songs at once."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Signal = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


def stft(x: Signal, size: int, hop: int) -> Spectrum:
    """Centred Hann-windowed spectra, shape ``(frames, size // 2 + 1)``."""
    padded = np.pad(x.astype(np.float32, copy=False), size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    spectrum: Spectrum = fft.rfft(frames * _window(size), axis=1)
    return spectrum


def istft(spectrum: Spectrum, size: int, hop: int, length: int) -> Signal:
    """The signal whose :func:`stft` comes nearest to ``spectrum`` (weighted overlap-add)."""
    window = _window(size)
    frames = fft.irfft(spectrum, size, axis=1).astype(np.float32) * window
    total = (len(frames) - 1) * hop + size
    out, weight = np.zeros(total, np.float32), np.zeros(total, np.float32)
    blocks = size // hop
    # Frames whose distance is a whole window do not overlap: add each such family in one go.
    for k in range(blocks):
        family = frames[k::blocks].reshape(-1)
        start = k * hop
        out[start : start + family.size] += family
        weight[start : start + family.size] += np.tile(window**2, family.size // size)
    trimmed = out[size // 2 :] / np.maximum(weight[size // 2 :], 1e-6)
    return np.asarray(np.pad(trimmed, (0, max(0, length - trimmed.size)))[:length], np.float32)


def _window(size: int) -> Signal:
    """Periodic Hann."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
