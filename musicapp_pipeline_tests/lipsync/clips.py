"""Short clips with the demo's portrait in them, small so that tests are fast."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from musicapp_pipeline import demo
from musicapp_pipeline.lipsync.model import Phoneme
from musicapp_pipeline.media.frames import FrameWriter

WIDTH, HEIGHT = 480, 352
FPS = Fraction(24)
FACE = 0.3
"""Scale of the portrait at which the eyes are 75 pixels apart."""


def portrait():
    """BGR, square."""
    return cv2.imread(str(demo.song_path().with_name("portrait.jpg")))


def sitter(scale=FACE, *, at=(0.5, 0.5), size=(WIDTH, HEIGHT)):
    """A frame with the portrait's face around ``at`` (shares)."""
    picture = portrait()
    height, width = picture.shape[:2]
    place = np.array(
        [
            [scale, 0, at[0] * size[0] - scale * 0.5 * width],
            [0, scale, at[1] * size[1] - scale * 0.45 * height],
        ]
    )
    return cv2.warpAffine(
        picture, place, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )


def couple():
    """Two sitters side by side: the larger on the left."""
    frame = sitter(0.3, at=(0.25, 0.5), size=(960, HEIGHT))
    frame[:, 480:] = sitter(0.22, at=(0.5, 0.5))
    return frame


def landscape():
    """A picture without a face: hills and a sun."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    hills = y > 220 + 30 * np.sin(x / 40)
    frame = np.dstack([200 - y / 3, 150 - y / 4, 90 + y / 5])
    frame[hills] = (40, 90, 50)
    cv2.circle(frame, (350, 70), 30, (120, 220, 250), -1)
    return frame.clip(0, 255).astype(np.uint8)


def write(path: Path, frames: Iterable, fps: Fraction = FPS) -> Path:
    """The frames as an MP4."""
    frames = list(frames)
    height, width = frames[0].shape[:2]
    with FrameWriter(path, width, height, fps, crf=14) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def drifting(make: Callable, count: int) -> list:
    """``count`` frames of a still picture under a camera that drifts a little."""
    still = make()
    height, width = still.shape[:2]
    frames = []
    for k in range(count):
        place = np.array([[1, 0, 3 * np.sin(k / 9)], [0, 1, 2 * np.sin(k / 7)]])
        frames.append(
            cv2.warpAffine(still, place, (width, height), borderMode=cv2.BORDER_REPLICATE)
        )
    return frames


def said(*parts: tuple[str, float, float]) -> list[Phoneme]:
    """Phones with their start and end."""
    return [Phoneme(phoneme=phone, start=start, end=end) for phone, start, end in parts]
