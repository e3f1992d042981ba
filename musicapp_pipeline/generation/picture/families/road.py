"""A road at night running to the horizon: lane marks and lamps coming nearer, a sun that stays."""

import math

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import (
    Floats,
    Frame,
    add_disc,
    fbm,
    glow,
    rgb8,
    to_frame,
    vertical,
    work_size,
)

_SHIFT = 4


class Road:
    """Points on a plane in perspective; the camera drives forward and sways in long bends."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.brief = brief
        draw = brief.rng("road")
        self.horizon = height * draw.uniform(0.44, 0.52)
        self.bend = draw.uniform(-1, 1)
        self.phase = draw.uniform(0, 6.3)
        self.back = self._backdrop(draw.uniform(0.38, 0.62), draw.random() < 0.6)
        colours = brief.palette
        self.lamp = colours.light
        self.mark = colours.glow * 0.85
        self.asphalt = colours.night * 0.75 + colours.deep * 0.12

    def _backdrop(self, sun_x: float, low_sun: bool) -> Frame:
        width, height = self.size
        colours = self.brief.palette
        w, h = work_size(width, height, 300)
        cut = int(h * self.horizon / height)
        sky = np.repeat(
            vertical(
                [(0.0, colours.night), (0.5, colours.deep), (0.8, colours.mid),
                 (1.0, colours.accent)], cut,
            ), w, axis=1,
        )  # fmt: skip
        if low_sun:
            x, y, r = sun_x * w, cut - 0.09 * h, 0.13 * h
            add_disc(sky, x, y, r * 3.2, colours.accent * 0.18, edge=1.0)
            add_disc(sky, x, y, r, colours.glow * 0.4, edge=0.05)
        rng = np.random.default_rng(self.brief.seed)
        hills = fbm(rng, 16, w, cells=6, octaves=4)[8]
        for x in range(w):
            sky[cut - int(2 + hills[x] * 0.10 * h) :, x] = colours.night * 0.8 + colours.deep * 0.2
        plain = np.repeat(
            vertical([(0.0, colours.deep * 0.9 + colours.accent * 0.08), (0.25, colours.deep * 0.5),
                      (1.0, colours.night * 0.8)], h - cut), w, axis=1,
        )  # fmt: skip
        return to_frame(np.vstack([sky, plain]).astype(np.float32), width, height)

    def _at(self, x: float, z: float, lift: float, s: float) -> tuple[float, float, float]:
        """Screen position and scale of a point ``x`` aside, ``z`` ahead, ``lift`` above."""
        width, height = self.size
        scale = 0.5 * height / max(z, 0.05)
        bow = self.bend * math.sin(0.35 * s + self.phase) * 0.0016 * z * z * height
        sway = 0.02 * width * math.sin(0.5 * s)
        return (
            width / 2 + x * scale + bow - sway,
            self.horizon + (1.0 - lift) * scale,
            scale,
        )

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.brief.pace
        frame = self.back.copy()
        self._surface(frame, s)
        travel = 7.5 * s
        self._marks(frame, s, travel)
        self._lamps(frame, s, travel)
        return glow(glow(frame, 0.4, sigma=3), 0.35, shrink=8, sigma=6)

    def _surface(self, frame: Frame, s: float) -> None:
        depths = [0.9, 1.4, 2, 3, 4.5, 7, 11, 18, 30]
        left = [self._at(-1.9, z, 0, s)[:2] for z in depths]
        right = [self._at(1.9, z, 0, s)[:2] for z in reversed(depths)]
        self._fill(frame, [*left, *right], self.asphalt)
        for side in (-1.72, 1.72):
            near = [self._at(side, z, 0, s)[:2] for z in depths]
            far = [self._at(side * 1.025, z, 0, s)[:2] for z in reversed(depths)]
            self._fill(frame, [*near, *far], self.mark * 0.5)

    def _marks(self, frame: Frame, s: float, travel: float) -> None:
        for k in range(16):
            z = (k * 2.4 - travel) % 38.4 + 0.7
            fade = float(np.clip(1.6 - z / 24, 0.1, 1))
            ends = [self._at(x, d, 0, s)[:2] for d, x in
                    ((z, -0.05), (z, 0.05), (z + 1.0, 0.05), (z + 1.0, -0.05))]  # fmt: skip
            self._fill(frame, ends, self.mark * fade)

    def _lamps(self, frame: Frame, s: float, travel: float) -> None:
        posts = sorted(((k * 4.8 - travel) % 38.4 + 0.8 for k in range(8)), reverse=True)
        dark = rgb8(self.brief.palette.night * 0.6)
        for z in posts:
            for side in (-1, 1):
                foot = self._at(side * 2.5, z, 0, s)
                head = self._at(side * 2.1, z, 2.2, s)
                thick = max(1, int(foot[2] * 0.018))
                ends = [self._fixed(foot[:2]), self._fixed((foot[0], head[1])),
                        self._fixed(head[:2])]  # fmt: skip
                cv2.polylines(
                    frame, [np.array(ends, np.int32)], False, dark, thick, cv2.LINE_AA, _SHIFT
                )
                radius = max(1, int(head[2] * 0.045 * (1 << _SHIFT)))
                fade = float(np.clip(1.8 - z / 22, 0.25, 1))
                colour = rgb8(self.lamp * fade)
                cv2.circle(frame, self._fixed(head[:2]), radius, colour, -1, cv2.LINE_AA, _SHIFT)

    def _fill(self, frame: Frame, points: list[tuple[float, float]], colour: Floats) -> None:
        fixed = np.array([self._fixed(p) for p in points], np.int32)
        cv2.fillPoly(frame, [fixed], rgb8(colour), cv2.LINE_AA, _SHIFT)

    def _fixed(self, point: tuple[float, float]) -> tuple[int, int]:
        # OpenCV's fixed-point coordinates overflow far outside the picture.
        x, y = (min(max(v, -20_000.0), 20_000.0) for v in point)
        return int(x * (1 << _SHIFT)), int(y * (1 << _SHIFT))
