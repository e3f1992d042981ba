"""A table of figures with the ratio to what each is measured against."""

import resource
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """CPU seconds of something, and of its floor or peer measured in the same run."""

    what: str
    cpu: float
    against: str
    against_cpu: float
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.cpu / self.against_cpu if self.against_cpu else float("nan")


def cpu_seconds() -> float:
    """User and system time of this process and its finished children."""
    mine = resource.getrusage(resource.RUSAGE_SELF)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def show(rows: Sequence[Row]) -> None:
    """As Markdown on standard output."""
    print("| what | CPU-s | against | CPU-s | ratio | note |")
    print("| --- | ---: | --- | ---: | ---: | --- |")
    for row in rows:
        print(
            f"| {row.what} | {row.cpu:.2f} | {row.against} | {row.against_cpu:.2f}"
            f" | {row.ratio:.2f} | {row.note} |"
        )
