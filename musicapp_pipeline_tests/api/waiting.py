"""Waiting for what happens beside the requests: asked again and again, never slept for."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(ask: Callable[[], T], enough: Callable[[T], object], seconds: float = 600) -> T:
    """The first answer that is enough."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if enough(answer):
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(0.01)
