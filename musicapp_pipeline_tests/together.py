"""Many threads doing one thing at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(count: int, work: Callable[[int], T], seconds: float = 60.0) -> list[T | Exception]:
    """``work(0)`` to ``work(count - 1)``, let go at once.

    Returns:
        Their results in order; an exception stands where one was raised.
    """
    gate = threading.Barrier(count)

    def one(number: int) -> T | Exception:
        gate.wait(seconds)
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001 - the test judges it
            return error

    with ThreadPoolExecutor(count) as pool:
        return [future.result(seconds) for future in [pool.submit(one, n) for n in range(count)]]
