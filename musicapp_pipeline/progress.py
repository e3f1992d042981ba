"""One way for any stage to say how far it is, whoever listens (a bar, a job row, a test)."""

from typing import Protocol


class OnProgress(Protocol):
    """Called with the finished share, 0 to 1, and a short message for people."""

    def __call__(self, fraction: float, message: str = "", /) -> None: ...


def silent(_fraction: float, _message: str = "", /) -> None:
    """Nobody listens."""


def part(report: OnProgress, start: float, end: float) -> OnProgress:
    """A reporter for a step that covers ``start`` to ``end`` of the whole."""

    def scaled(fraction: float, message: str = "", /) -> None:
        report(start + (end - start) * min(max(fraction, 0.0), 1.0), message)

    return scaled
