"""Open water under a low sun: swell in perspective, glitter where it catches the light."""

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import (
    Floats,
    Frame,
    add_disc,
    fbm,
    smoothstep,
    to_frame,
    vertical,
    work_size,
)


class Waves:
    """Sums of sine swells on a plane seen from just above it."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 320)
        self.pace = brief.pace
        colours = brief.palette
        draw = brief.rng("waves")
        self.horizon = int(self.h * draw.uniform(0.42, 0.56))
        self.sun = (self.w * draw.uniform(0.28, 0.72), self.horizon - self.h * 0.13)
        self.sun_radius = min(self.w, self.h) * draw.uniform(0.055, 0.085)
        self.colours = colours
        self._sky(brief)
        rows = np.arange(self.h - self.horizon, dtype=np.float32)[:, None]
        depth = self.h * 0.55 / (rows + 2.0)
        cols = (np.arange(self.w, dtype=np.float32)[None, :] - self.sun[0]) / self.h
        self.px, self.pz = cols * depth * 6.0, np.broadcast_to(depth * 6.0, (len(rows), self.w))
        self.fade = smoothstep(0.0, 0.25, rows / len(rows))
        across = np.exp(-((cols / (0.07 + 0.35 * rows / len(rows))) ** 2))
        self.path = across.astype(np.float32)
        self.swells = [
            (draw.uniform(-0.9, 0.9), draw.uniform(0.7, 1.2) * f, draw.uniform(0, 6.3), a)
            for f, a in ((1.1, 1.0), (2.3, 0.6), (4.7, 0.42), (9.5, 0.3), (17.0, 0.2))
        ]
        water = vertical(
            [(0.0, colours.mid * 0.9 + colours.accent * 0.1), (0.35, colours.deep),
             (1.0, colours.night)], len(rows),
        )  # fmt: skip
        self.water = water
        self.bird = draw.random() < 0.5

    def _sky(self, brief: Brief) -> None:
        colours = self.colours
        sky = vertical(
            [(0.0, colours.night * 0.6 + colours.deep * 0.4), (0.55, colours.mid),
             (1.0, colours.accent * 0.75 + colours.light * 0.25)], self.horizon,
        )  # fmt: skip
        self.sky = np.repeat(sky, self.w, axis=1)
        add_disc(self.sky, *self.sun, self.sun_radius * 6, colours.accent * 0.35, edge=1.0)
        rng = np.random.default_rng(brief.seed)
        noise = fbm(rng, self.horizon, self.w * 2, cells=3, octaves=5)
        # Clouds near the horizon are thin and long.
        rows = np.linspace(0, 1, self.horizon, dtype=np.float32)[:, None]
        squeezed = cv2.resize(noise, (self.w * 2, max(2, self.horizon // 3)))
        tall = cv2.resize(np.tile(squeezed, (3, 1)), (self.w * 2, self.horizon))
        self.clouds = smoothstep(0.5, 0.95, tall) * (0.25 + 0.6 * rows * (1 - rows) * 3)

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        canvas = np.empty((self.h, self.w, 3), np.float32)
        shift = np.array([[1, 0, -0.3 * self.w - 5 * s], [0, 1, 0]], np.float32)
        clouds = cv2.warpAffine(
            self.clouds, shift, (self.w, self.horizon), borderMode=cv2.BORDER_REFLECT_101
        )[:, :, None]
        lit = self.colours.light * 0.8 + self.colours.accent * 0.2
        canvas[: self.horizon] = self.sky + (lit - self.sky) * clouds * 0.55
        sky = canvas[: self.horizon]
        add_disc(sky, *self.sun, self.sun_radius, self.colours.glow * 0.55, edge=0.14)
        add_disc(sky, *self.sun, self.sun_radius * 2.2, self.colours.light * 0.3, edge=1.0)
        canvas[self.horizon :] = self._water(s)
        return to_frame(canvas, *self.size)

    def _water(self, s: float) -> Floats:
        slope = np.zeros_like(self.px)
        for direction, frequency, phase, amount in self.swells:
            speed = 1.6 * np.sqrt(frequency)
            angle = (self.px * direction + self.pz) * np.float32(frequency)
            slope += np.float32(amount) * np.cos(angle + np.float32(phase + speed * s * 1.6))
        slope *= self.fade
        tone = (0.5 + 0.16 * slope)[:, :, None]
        base = self.water * (0.55 + 0.9 * tone)
        sky_light = self.colours.mid * np.clip(slope * 0.12, 0, 0.3)[:, :, None]
        glitter = self.path * smoothstep(0.35, 1.5, slope + 0.5 * (1 - self.fade))
        return base + sky_light + glitter[:, :, None] * self.colours.glow * 0.95
