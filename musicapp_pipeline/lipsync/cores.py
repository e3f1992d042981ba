"""Linear algebra on one core.

The matrices here are small and many. On two cores the library's threads spend most of their time
waiting for each other, busily: six times the CPU a morphed frame, four times an alignment, and no
less time (measured).
"""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process's linear algebra on one core.

    Where two threads want it, the first one has its way; the other only works less cheaply.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1, user_api="blas"):
        yield
