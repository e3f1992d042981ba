"""Programme loudness and the energy curve."""

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.spectra import FPS, SAMPLE_RATE

_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0


def integrated_lufs(samples: Floats, rate: int = SAMPLE_RATE) -> float | None:
    """Integrated loudness of a mono signal played on both speakers.

    Args:
        samples: mono, (n,), full scale 1.
        rate: samples a second.

    Returns:
        LUFS, or ``None`` below the absolute gate (silence) or under 0.4 s.

    Source: ITU-R BS.1770-4, with the filters recomputed for ``rate``.
    """
    block, hop = round(0.4 * rate), round(0.1 * rate)
    if len(samples) < block:
        return None
    weighted = samples.astype(np.float64)
    for numerator, denominator in _k_weighting(rate):
        weighted = lfilter(numerator, denominator, weighted)
    sums = np.concatenate([[0.0], np.cumsum(np.square(weighted))])
    starts = np.arange(0, len(samples) - block + 1, hop)
    # Two equal channels add up.
    power = 2 * (sums[starts + block] - sums[starts]) / block
    loud = _lufs(power)
    power = power[loud > _ABSOLUTE_GATE]
    if not len(power):
        return None
    power = power[_lufs(power) > float(_lufs(power.mean())) + _RELATIVE_GATE]
    return float(_lufs(power.mean()))


def _lufs(power: Doubles | np.float64) -> Doubles:
    level: Doubles = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    return level


def _k_weighting(rate: int) -> list[tuple[Doubles, Doubles]]:
    """The head's high shelf and the low cut as biquads at any rate."""
    shelf_gain = 10 ** (3.99984385397 / 20)
    shelf = _biquad(1681.9744509555319, 0.7071752369554193, rate)
    k, q = shelf
    vb = shelf_gain**0.499666774155
    norm = 1 + k / q + k * k
    high = np.array(
        [shelf_gain + vb * k / q + k * k, 2 * (k * k - shelf_gain), shelf_gain - vb * k / q + k * k]
    )
    high_den = np.array([norm, 2 * (k * k - 1), 1 - k / q + k * k])
    k, q = _biquad(38.13547087613982, 0.5003270373253953, rate)
    norm_low = 1 + k / q + k * k
    low_den = np.array([norm_low, 2 * (k * k - 1), 1 - k / q + k * k])
    return [
        (high / norm, high_den / norm),
        (np.array([1.0, -2.0, 1.0]), low_den / norm_low),
    ]


def _biquad(hertz: float, q: float, rate: int) -> tuple[float, float]:
    return float(np.tan(np.pi * hertz / rate)), q


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
