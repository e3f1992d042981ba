"""Ink turning in water: noise bent by noise, lit from the side."""

import math

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import Floats, Frame, fbm, to_frame, work_size


class Ink:
    """Two-fold domain warping of tiling noise.

    Source: Inigo Quilez, "Domain warping" (2002), the idea of noise displaced by noise.
    """

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 225)
        self.pace = brief.pace
        rng = np.random.default_rng(brief.seed)
        self.n = 512
        self.base = fbm(rng, self.n, self.n, cells=3, octaves=4)
        self.bend = [fbm(rng, self.n, self.n, cells=2, octaves=3) for _ in range(2)]
        zoom = 1.08 * (1 - 0.3 * brief.framing)
        ys, xs = np.mgrid[0 : self.h, 0 : self.w].astype(np.float32)
        self.xs = xs * zoom
        self.ys = ys * zoom
        self.ramp = np.clip(brief.palette.ramp() * 1.1, 0, 1)
        self.light = brief.palette.glow
        self.angle = brief.rng("ink").uniform(0, 6.28)

    def _at(self, texture: Floats, x: Floats, y: Floats) -> Floats:
        found = cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return np.asarray(found, np.float32)

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        dx, dy = 14 * s * math.cos(self.angle), 14 * s * math.sin(self.angle)
        u = self._at(self.bend[0], self.xs + 17 * s, self.ys - 9 * s) - 0.5
        v = self._at(self.bend[1], self.xs - 12 * s, self.ys + 15 * s) - 0.5
        x = self.xs + 210 * u + dx
        y = self.ys + 210 * v + dy
        value = self._at(self.base, x + 60 * v, y - 60 * u)
        value = cv2.GaussianBlur(value, (0, 0), 0.8)
        slope = cv2.Sobel(value, cv2.CV_32F, 1, 0, ksize=3)
        colour = self.ramp[(np.clip(value, 0, 1) * 255).astype(np.uint8)]
        shine = np.clip(slope * 2.2, -0.4, 0.9)[:, :, None]
        lit = colour * (1 + 0.8 * shine) + np.clip(shine - 0.12, 0, 1) * self.light * 0.5
        return to_frame(lit.astype(np.float32), *self.size)
