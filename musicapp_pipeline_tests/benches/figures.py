"""A table of measured figures beside their limits."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """Something measured in its own unit; ``limit`` is the most it may be."""

    what: str
    value: float
    unit: str
    limit: float
    note: str = ""


def show(figures: Sequence[Figure]) -> None:
    """As Markdown on standard output."""
    print("| what | measured | limit | of the limit | note |")
    print("| --- | ---: | ---: | ---: | --- |")
    for f in figures:
        share = f.value / f.limit
        print(f"| {f.what} | {f.value:.3g} {f.unit} | {f.limit:g} | {share:.2f} | {f.note} |")


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
