"""The package is pure and cheap to import."""

import subprocess
import sys

LIGHT = ("model", "prompts", "costs", "director", "diff", "presets", "template")
HEAVY = ("numpy", "scipy", "librosa", "matplotlib", "httpx", "dagster", "sqlalchemy", "fastapi")


def test_prompts_and_costs_are_imported_without_anything_heavy():
    names = ", ".join(f"musicapp_pipeline.storyboard.{name}" for name in LIGHT)
    code = f"import sys, {names}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
