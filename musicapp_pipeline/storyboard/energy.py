"""How loud the song is over time, as means over any interval in constant time."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from musicapp_pipeline.analysis.model import EnergyPoint

NEUTRAL = 0.5


class EnergyTrack:
    """The energy curve, stretched so that the song's quiet parts are near 0 and its loud near 1.

    Args:
        points: the curve of the analysis; may be empty (then everything is neutral).
        duration: the song's length in seconds.
    """

    def __init__(self, points: Sequence[EnergyPoint], duration: float) -> None:
        clean = {
            min(max(p.time, 0.0), duration): p.energy
            for p in points
            if isfinite(p.time) and isfinite(p.energy)
        }
        times = sorted(clean)
        values = _stretch([clean[t] for t in times]) if times else [NEUTRAL]
        self._times = times or [0.0]
        self._values = values
        self._sums = [0.0]
        for (t0, t1), (v0, v1) in zip(
            pairwise(self._times),
            pairwise(values),
            strict=True,
        ):
            self._sums.append(self._sums[-1] + (t1 - t0) * (v0 + v1) / 2)

    def integral(self, time: float) -> float:
        """Energy summed from the first point to ``time``; constant beyond the ends."""
        times, values = self._times, self._values
        if time <= times[0]:
            return (time - times[0]) * values[0]
        k = bisect_right(times, time) - 1
        if k >= len(times) - 1:
            return self._sums[-1] + (time - times[-1]) * values[-1]
        x = time - times[k]
        slope = (values[k + 1] - values[k]) / (times[k + 1] - times[k])
        return self._sums[k] + x * (values[k] + slope * x / 2)

    def mean(self, start: float, end: float) -> float:
        """The mean energy between two times, 0 to 1."""
        if end - start < 1e-6:
            end = start + 1e-6
        mean = (self.integral(end) - self.integral(start)) / (end - start)
        return min(max(mean, 0.0), 1.0)

    def change(self, time: float, reach: float) -> float:
        """The mean over ``reach`` seconds after ``time`` minus the mean before it, -1 to 1."""
        return self.mean(time, time + reach) - self.mean(time - reach, time)


def _stretch(values: list[float]) -> list[float]:
    """Spread the 5th to 95th percentile over 0 to 1; a flat curve is neutral throughout."""
    ordered = sorted(values)
    low = ordered[int(0.05 * (len(ordered) - 1))]
    high = ordered[round(0.95 * (len(ordered) - 1))]
    # A spread this small is mastering, not dynamics: stretching it would plan on noise.
    if high - low < 0.08:
        return [NEUTRAL] * len(values)
    return [min(max((v - low) / (high - low), 0.0), 1.0) for v in values]
