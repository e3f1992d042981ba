"""A table of measured figures beside their limits."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

PEER = "import time, dagster; print(time.process_time())"


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


def machine() -> str:
    """How much of this machine others were using: figures were set on an idle one."""
    done = subprocess.run([sys.executable, "-c", PEER], capture_output=True, text=True, check=True)
    return (
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; importing dagster took"
        f" {float(done.stdout):.2f} CPU-s (1.0 on an idle machine)"
    )
