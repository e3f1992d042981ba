"""What importing costs: heavy libraries are loaded by the stage that uses them."""

import subprocess
import sys

import pytest

HEAVY = {"librosa", "cv2", "av", "mediapipe", "matplotlib", "pocketsphinx", "scipy", "sqlalchemy",
         "fastapi", "celery", "alembic", "httpx", "boto3", "PIL", "numpy"}  # fmt: skip
SCRIPT = "import sys, {module}; print(' '.join(m for m in sys.modules if '.' not in m))"


def loaded(module: str) -> set[str]:
    """Top-level modules in a fresh process after importing one."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_definitions_load_no_heavy_library():
    assert not loaded("musicapp_pipeline.definitions") & HEAVY


@pytest.mark.parametrize("package", ["analysis", "assembly", "lipsync", "media", "storyboard"])
def test_importing_a_core_is_cheap(package):
    assert not loaded(f"musicapp_pipeline.{package}") & (HEAVY - {"numpy"})
