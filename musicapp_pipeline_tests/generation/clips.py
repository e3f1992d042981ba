"""Small real MP4s for tests."""

import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

from musicapp_pipeline.media.frames import FrameWriter


@cache
def clip_bytes(seconds: int, width: int = 128, height: int = 72) -> bytes:
    """A moving gradient at 24 frames a second."""
    ramp = np.linspace(0, 255, width).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with FrameWriter(path, width, height, Fraction(24), crf=30, preset="ultrafast") as writer:
            for index in range(24 * seconds):
                row = np.roll(ramp, index)
                writer.write(
                    np.ascontiguousarray(np.broadcast_to(row[None, :, None], (height, width, 3)))
                )
        return path.read_bytes()
