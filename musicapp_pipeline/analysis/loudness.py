"""Programme loudness and the energy curve."""

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.spectra import FPS

_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0


class LoudnessMeter:
    """Integrated loudness, fed block by block.

    Weighting is applied to spectra under windows whose squares add up to one, so that no
    recursive filter is needed.

    Args:
        rate: samples a second.
        channels: 1 or 2, each weighing the same.

    Source: ITU-R BS.1770-4.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._hop = rate // 10
        size = 2 * self._hop
        self._window = np.sin(np.pi * (np.arange(size) + 0.5) / size).astype(np.float32)
        # A one-sided spectrum holds all but its ends twice.
        self._weight = (2 * k_weighting(np.fft.rfftfreq(size, 1 / rate)) / size).astype(np.float32)
        self._left = np.zeros((channels, self._hop), np.float32)
        self._hops: list[Doubles] = []

    def add(self, block: Floats) -> None:
        """Hear further samples, (n, channels), full scale 1."""
        samples = np.concatenate([self._left, block.T], axis=1)
        count = samples.shape[1] // self._hop - 1
        if count > 0:
            view = np.lib.stride_tricks.sliding_window_view(samples, 2 * self._hop, axis=1)
            frames = view[:, : count * self._hop : self._hop] * self._window
            spectrum = scipy.fft.rfft(frames, axis=2)
            power = np.square(spectrum.real) + np.square(spectrum.imag)
            self._hops.append((power @ self._weight).sum(axis=0, dtype=np.float64) / self._hop)
        self._left = samples[:, max(count, 0) * self._hop :]

    def integrated(self) -> float | None:
        """LUFS so far, or ``None`` below the absolute gate (silence) or under 0.4 s."""
        hops = np.concatenate([np.zeros(0), *self._hops])
        if len(hops) < 4:
            return None
        power = np.convolve(hops, np.full(4, 0.25), "valid")
        power = power[_lufs(power) > _ABSOLUTE_GATE]
        if not len(power):
            return None
        power = power[_lufs(power) > float(_lufs(power.mean())) + _RELATIVE_GATE]
        return float(_lufs(power.mean()))


def k_weighting(hertz: NDArray[np.floating[Any]]) -> Doubles:
    """Power gain of the head's high shelf and the low cut.

    Source: the analogue prototypes behind BS.1770's coefficients for 48 kHz.
    """
    s = 1j * hertz / 1681.9744509555319
    gain = 10 ** (3.99984385397 / 20)
    q = 0.7071752369554193
    shelf = (gain * s**2 + gain**0.499666774155 * s / q + 1) / (s**2 + s / q + 1)
    s = 1j * hertz / 38.13547087613982
    cut = s**2 / (s**2 + s / 0.5003270373253953 + 1)
    return np.asarray(np.abs(shelf * cut) ** 2)


def _lufs(power: Doubles | np.float64) -> Doubles:
    level: Doubles = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    return level


def energy_curve(power: Floats, step: float = 0.5) -> tuple[Doubles, Doubles]:
    """Loudness over time, 0 to 1 within the song.

    Args:
        power: mean power of each frame at 100 fps.
        step: seconds between points.

    Returns:
        Times in seconds, and energies: decibels smoothed over half a second, mapped so that 0 is
        40 dB (or the song's own range, if less) under its loudest and 1 its loudest moment.
    """
    smooth = gaussian_filter1d(power.astype(np.float64), 0.25 * FPS)
    at = np.arange(0, len(power), round(step * FPS))
    level = 10 * np.log10(smooth[at] + 1e-10)
    top = float(level.max())
    if top < -80:
        return at / FPS, np.zeros(len(at))
    bottom = max(top - 40.0, float(np.quantile(level, 0.02)))
    scaled = (level - bottom) / max(top - bottom, 6.0)
    return at / FPS, np.clip(scaled, 0, 1)
