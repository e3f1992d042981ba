"""The last touch on every frame: the style preset's grade and a vignette."""

import numpy as np

from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import Floats, Frame, glow
from musicapp_pipeline.generation.picture.words import Finish

Grade = tuple[float, float, float, float]
_GRADES: dict[Finish, Grade] = {
    # contrast, gamma (above 1 darker), black level, vignette
    "plain": (1.06, 1.0, 0.0, 0.22),
    "noir": (1.30, 1.05, -0.02, 0.40),
    "anime": (1.10, 0.92, 0.0, 0.08),
    "documentary": (0.96, 1.0, 0.02, 0.14),
    "dreamy": (0.92, 0.90, 0.05, 0.10),
    "gothic": (1.12, 1.12, -0.01, 0.42),
}


class Finisher:
    """Grades frames of one clip."""

    def __init__(self, finish: Finish, width: int, height: int) -> None:
        self.finish = finish
        contrast, gamma, black, vignette = _GRADES[finish]
        level = np.linspace(0, 1, 256) ** gamma
        curve = np.clip((level - 0.45) * contrast + 0.45 + black, 0, 1)
        self.curve = np.round(curve * 255).astype(np.uint8)
        self.shade = _vignette(width, height, vignette)

    def __call__(self, frame: Frame) -> Frame:
        """A graded copy of an RGB frame, as BGR for the encoder."""
        if self.finish == "dreamy":
            frame = glow(frame, 0.18, shrink=8)
        shaded = cv2.multiply(frame, self.shade, scale=1 / 255)
        if self.finish == "noir":
            grey = cv2.LUT(cv2.cvtColor(shaded, cv2.COLOR_RGB2GRAY), self.curve)
            return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
        graded = cv2.LUT(shaded, self.curve)
        return np.asarray(cv2.cvtColor(graded, cv2.COLOR_RGB2BGR), np.uint8)


def _vignette(width: int, height: int, strength: float) -> Frame:
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    far: Floats = np.clip((x * x + y * y) / 2, 0, 1)
    gain = 255 * (1 - strength * far * far)
    # Noise of one level, fixed over time, keeps the slope free of rings.
    gain += np.random.default_rng(2).random(gain.shape, dtype=np.float32) - 0.5
    return np.repeat(np.clip(gain, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
