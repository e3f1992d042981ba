"""What importing the definitions costs beside importing Dagster alone."""

import statistics
import subprocess
import sys

from musicapp_pipeline_tests.benches.table import Row, show

RUNS = 5
SCRIPT = """
import time
start = time.process_time()
import dagster
alone = time.process_time() - start
import musicapp_pipeline.definitions
print(alone, time.process_time() - start)
"""


def run() -> list[Row]:
    """Medians of fresh processes after one that warms the disk."""
    pairs = []
    for number in range(RUNS + 1):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
        )
        if number:
            pairs.append(tuple(float(x) for x in done.stdout.split()))
    alone = statistics.median(a for a, _ in pairs)
    ours = statistics.median(b for _, b in pairs)
    note = f"limit 1.5, median of {RUNS}"
    return [Row("import musicapp_pipeline.definitions", ours, "import dagster", alone, note)]


if __name__ == "__main__":
    show(run())
