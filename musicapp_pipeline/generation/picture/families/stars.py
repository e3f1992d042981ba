"""Travelling through stars past a slowly turning nebula."""

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import Frame, fbm, glow, to_frame, work_size

_SHIFT = 4


class Stars:
    """Points in space projected on the frame, drawn as short streaks over a soft cloud."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 270)
        self.pace = brief.pace
        rng = np.random.default_rng(brief.seed)
        self.count = 480
        self.xy = rng.uniform(-1, 1, (self.count, 2)) * (width / height, 1.0) * 1.3
        self.z = rng.random(self.count)
        self.bright = 0.35 + 0.65 * rng.random(self.count) ** 2
        colours = brief.palette
        tints = [colours.glow, colours.light, colours.accent * 0.6 + 0.4, np.ones(3, np.float32)]
        self.tint = np.stack(tints)[rng.integers(0, 4, self.count)]
        side = int(np.hypot(self.w, self.h)) + 40
        cloud = fbm(rng, side, side, cells=3, octaves=5)
        thin = fbm(rng, side, side, cells=5, octaves=4)
        dust = np.clip(cloud * 1.25 - 0.25, 0, 1) ** 1.6 * (0.35 + 0.65 * thin)
        hue = np.clip(thin * 1.3 - 0.2, 0, 1)[:, :, None]
        body = colours.mid * (1 - hue) + colours.accent * hue
        self.cloud = (dust[:, :, None] * body * 0.95 + colours.night * 0.55).astype(np.float32)
        self.spin = brief.rng("stars").choice([-1, 1]) * 2.2
        self.centre = np.array(
            [brief.rng("cx").uniform(0.38, 0.62), brief.rng("cy").uniform(0.4, 0.6)]
        )

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        side = self.cloud.shape[0]
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), self.spin * s, 1.0 + 0.02 * s)
        turn[:, 2] += (np.array([self.w, self.h]) - side) / 2
        sky = cv2.warpAffine(self.cloud, turn, (self.w, self.h), borderMode=cv2.BORDER_REFLECT_101)
        frame = to_frame(sky, *self.size)
        self._stars(frame, s)
        return glow(frame, 0.55)

    def _stars(self, frame: Frame, s: float) -> None:
        width, height = self.size
        z = (self.z - 0.075 * s) % 1.0
        near = self._project(z)
        far = self._project(z + 0.011 * self.pace)
        fade = np.clip((1 - z) * 3, 0, 1) * np.clip(z * 14, 0, 1) * self.bright
        size = np.clip(0.75 / (z + 0.12), 1, 4).astype(int)
        ends = (np.stack([far, near], axis=1) * (1 << _SHIFT)).astype(np.int32)
        inside = (
            (near > -60).all(axis=1) & (near[:, 0] < width + 60) & (near[:, 1] < height + 60)
        ) & (fade > 0.02)
        cols = np.clip(near[:, 0], 0, width - 1).astype(int)
        rows = np.clip(near[:, 1], 0, height - 1).astype(int)
        under = frame[rows, cols].astype(np.float32)
        colours = under + (self.tint * 255 - under) * fade[:, None]
        for i in np.flatnonzero(inside):
            a, b = ends[i]
            cv2.line(frame, a, b, colours[i].tolist(), int(size[i]), cv2.LINE_AA, _SHIFT)

    def _project(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        width, height = self.size
        return self.xy / (z + 0.08)[:, None] * height * 0.16 + self.centre * (width, height)
