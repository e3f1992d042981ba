"""Mountain ridges in layers of mist, a low sun behind them, birds now and then."""

import math

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import (
    Floats,
    Frame,
    add_disc,
    fbm,
    rgb8,
    to_frame,
    vertical,
    work_size,
)

_SHIFT = 4
_LAYERS = 6


class Ridges:
    """Ridge lines are sums of noise; the farther, the paler and the slower."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.brief = brief
        colours = brief.palette
        draw = brief.rng("ridges")
        w, h = work_size(width, height, 300)
        self.sun = (draw.uniform(0.25, 0.75), draw.uniform(0.26, 0.36))
        sky = np.repeat(
            vertical(
                [(0.0, colours.deep), (0.3, colours.mid), (0.55, colours.accent * 0.8),
                 (0.75, colours.light), (1.0, colours.light)], h,
            ), w, axis=1,
        )  # fmt: skip
        noise = fbm(np.random.default_rng(brief.seed), h, w, cells=2, octaves=5)
        streaks = cv2.resize(noise[::4], (w, h))
        sky += (colours.glow - sky) * (np.clip(streaks - 0.55, 0, 1) * 0.9)[:, :, None]
        x, y = self.sun[0] * w, self.sun[1] * h
        add_disc(sky, x, y, h * 0.5, colours.glow * 0.25, edge=1.0)
        add_disc(sky, x, y, h * 0.06, colours.glow * 0.8, edge=0.15)
        self.sky = to_frame(sky.astype(np.float32), width, height)
        self.lines = [self._line(layer) for layer in range(_LAYERS)]
        self.flock = [
            (draw.uniform(0, 0.3), draw.uniform(0.12, 0.3), draw.uniform(0, 6.3))
            for _ in range(draw.choice([0, 5, 9]))
        ]

    def _line(self, layer: int) -> Floats:
        """A closed loop of heights, 0 to 1, long enough to slide for the whole clip."""
        rng = np.random.default_rng(self.brief.seed + 17 * layer)
        noise = fbm(rng, 64, 2048, cells=5 + layer, octaves=5)[32]
        return np.asarray(noise, np.float32)

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        width, height = self.size
        colours = self.brief.palette
        s = t * self.brief.pace
        frame = self.sky.copy()
        self._birds(frame, s)
        xs = np.linspace(0, width, 161)
        for layer, line in enumerate(self.lines):
            near = layer / (_LAYERS - 1)
            slide = (6 + 60 * near**1.7) * s
            at = (xs / width * (700 - 250 * near) + slide) % 2047
            heights = np.interp(at, np.arange(2048), line)
            base = height * (0.44 + 0.47 * near**1.15)
            reach = height * (0.20 + 0.08 * near)
            ys = base - reach * (heights - 0.35)
            ridge = np.stack([xs, ys], axis=1)
            outline = np.vstack([ridge, [[width, height + 8], [0, height + 8]]])
            pale = (1 - near) ** 1.2
            haze = colours.light * 0.35 + colours.accent * 0.35 + colours.mid * 0.3
            colour = haze * pale + colours.night * (1 - pale)
            points = (outline * (1 << _SHIFT)).astype(np.int32)
            cv2.fillPoly(frame, [points], rgb8(colour), cv2.LINE_AA, _SHIFT)
            if layer < _LAYERS - 1:
                self._mist(frame, int(base), int(reach * 0.9), haze, 0.5 * pale + 0.1)
        return frame

    def _mist(self, frame: Frame, base: int, depth: int, colour: Floats, most: float) -> None:
        """Pale air gathering towards the foot of a ridge."""
        rows = frame[base : base + depth]
        if not len(rows):
            return
        thick = np.linspace(0, most, len(rows), dtype=np.float32)[:, None]
        tint = np.full_like(rows, 0) + np.clip(colour * 255, 0, 255).astype(np.uint8)
        weight = np.repeat(thick, rows.shape[1], axis=1)
        rows[:] = cv2.blendLinear(tint, np.ascontiguousarray(rows), weight, 1 - weight)

    def _birds(self, frame: Frame, s: float) -> None:
        width, height = self.size
        colour = rgb8(self.brief.palette.night)
        for x, y, phase in self.flock:
            span = 0.011 * height
            cx = (x + 0.055 * s) * width
            cy = (y + 0.008 * math.sin(s + phase)) * height
            lift = span * (0.35 + 0.5 * math.sin(9 * s + phase))
            wings = np.array([[cx - span, cy - lift], [cx, cy], [cx + span, cy - lift]])
            points = (wings * (1 << _SHIFT)).astype(np.int32)
            cv2.polylines(frame, [points], False, colour, 2, cv2.LINE_AA, _SHIFT)
