"""Token buckets: how fast one caller may ask."""

import time
from collections import OrderedDict

MAX_BUCKETS = 10_000


class Buckets:
    """One bucket a name; refilled by ``rate`` a second up to ``burst``."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, float(burst)
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, cost: float = 1.0) -> float:
        """Take from a bucket.

        Returns:
            0, or the seconds to wait when there is not enough in it.
        """
        level = self._level(name)
        wait = max(0.0, (cost - level) / self.rate)
        self._store(name, level if wait else level - cost)
        return wait

    def _level(self, name: str) -> float:
        level, at = self._levels.get(name, (self.burst, 0.0))
        return min(self.burst, level + (time.monotonic() - at) * self.rate)

    def _store(self, name: str, level: float) -> None:
        self._levels[name] = (level, time.monotonic())
        self._levels.move_to_end(name)
        if len(self._levels) > MAX_BUCKETS:
            self._levels.popitem(last=False)
