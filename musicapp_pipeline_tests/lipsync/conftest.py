"""No program on PATH, and one look at the portrait's face for all tests."""

import numpy as np
import pytest

from musicapp_pipeline_tests.lipsync import clips


@pytest.fixture(autouse=True)
def empty_path(monkeypatch):
    monkeypatch.setenv("PATH", "")


@pytest.fixture(scope="session")
def face():
    """A frame with the portrait in it and its landmarks; neither is to be written to."""
    from musicapp_pipeline.lipsync.mouth.faces import FaceTracker

    frame = clips.sitter()
    with FaceTracker() as tracker:
        points = np.asarray(tracker(frame))
    frame.flags.writeable = points.flags.writeable = False
    return frame, points
