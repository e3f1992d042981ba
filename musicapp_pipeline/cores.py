"""Linear algebra on one core.

The matrices here are small and many. On two cores the library's threads spend most of their time
waiting for each other, busily: six times the CPU a morphed frame, four times an alignment, and no
less time (measured).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_held = threading.Lock()


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process's linear algebra on one core; may be nested.

    Where two threads want it, the first one has its way; the other only works less cheaply once
    the first is done. Limits set by two threads would restore each other's.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if not _held.acquire(blocking=False):
        yield
        return
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        _held.release()
