"""Lets the process that runs a stage itself watch it (the command line's progress bars)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MADE, UNCHANGED = "made", "unchanged"
"""What is told of a partition at its end."""
Observer = Callable[[str, str, float, str], None]
"""Stage, partition key, finished share, message."""

_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)


@contextmanager
def observed_by(observer: Observer) -> Iterator[None]:
    """Report to ``observer`` what stages of this context do."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


def tell(stage: str, key: str, fraction: float, message: str = "") -> None:
    """Called by the stage's frame."""
    observer = _observer.get()
    if observer is not None:
        observer(stage, key, fraction, message)
