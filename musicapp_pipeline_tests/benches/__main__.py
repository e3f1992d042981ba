"""``make bench``: every benchmark of this folder, one table after the other."""

import importlib.util
import subprocess
import sys

MODULES = (
    "startup",
    "demo",
    "analysis",
    "storyboard",
    "lipsync",
    "generation",
    "api",
    "orchestration",
)
"""Each prints a table with ratios against a floor or peer measured in the same run."""


def main() -> int:
    """Each in a process of its own, so that none warms another's caches."""
    status = 0
    for name in MODULES:
        module = f"musicapp_pipeline_tests.benches.{name}"
        if importlib.util.find_spec(module) is None:
            print(f"{name}: no such benchmark", file=sys.stderr)
            return 2
        print(f"\n## {name}\n", flush=True)
        status |= subprocess.run([sys.executable, "-m", module], check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
