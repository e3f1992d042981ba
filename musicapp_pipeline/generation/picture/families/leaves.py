"""Leaves and petals falling through shafts of light between trees."""

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
    smoothstep,
    to_frame,
    vertical,
    work_size,
)

_SHIFT = 4
_OUTLINE = np.array([[0, -1], [0.5, -0.45], [0.55, 0.1], [0.3, 0.65], [0, 1],
                     [-0.3, 0.65], [-0.55, 0.1], [-0.5, -0.45]])  # fmt: skip


class Leaves:
    """A soft wood behind, rays from above, tumbling leaves in three depths before it."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 240)
        self.pace = brief.pace
        draw = brief.rng("leaves")
        self.sun = draw.uniform(0.15, 0.85)
        self.back, self.rays = self._wood(brief)
        self.glow_colour = brief.palette.glow
        colours = brief.palette
        tints = [colours.accent, colours.light, colours.accent * 0.6 + colours.mid * 0.4]
        self.leaves = [
            (draw.random(), draw.random(), 0.010 + 0.034 * depth**2, 0.05 + 0.13 * depth,
             draw.uniform(0, 6.3), draw.uniform(0.7, 1.9), draw.choice([-1, 1]),
             draw.choice(tints) * np.float32(0.95 - 0.75 * depth**3))
            for depth in sorted(draw.random() for _ in range(46))
        ]  # fmt: skip

    def _wood(self, brief: Brief) -> tuple[Floats, Floats]:
        colours = brief.palette
        rng = np.random.default_rng(brief.seed)
        base = vertical(
            [(0.0, colours.mid), (0.5, colours.mid * 0.6 + colours.deep * 0.4),
             (1.0, colours.night)], self.h,
        )  # fmt: skip
        crowns = fbm(rng, self.h, self.w, cells=5, octaves=4)
        wood = base * (0.45 + 0.9 * crowns[:, :, None])
        draw = brief.rng("trunks")
        for _ in range(7):
            x, wide = draw.random() * self.w, draw.uniform(0.010, 0.035) * self.h
            columns = np.arange(self.w, dtype=np.float32)
            trunk = smoothstep(wide * 1.6, wide * 0.5, np.abs(columns - x))[None, :, None]
            wood = wood + (colours.night - wood) * trunk * draw.uniform(0.35, 0.8)
        canvas = np.asarray(wood, np.float32)
        for _ in range(24):
            spot = (draw.random() * self.w, draw.random() ** 1.5 * 0.7 * self.h)
            radius = draw.uniform(0.02, 0.06) * self.h
            add_disc(canvas, *spot, radius, colours.light * draw.uniform(0.06, 0.22), edge=0.35)
        ys, xs = np.mgrid[0 : self.h, 0 : self.w].astype(np.float32)
        angle = np.arctan2(xs - self.sun * self.w, ys + 0.25 * self.h)
        spokes = fbm(rng, 16, 1024, cells=10, octaves=4)[8]
        self.turns = (angle / math.pi + 0.5) * 1023
        self.fall = np.exp(-1.3 * ys / self.h)
        return canvas, spokes

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        index = np.mod(self.turns + 5 * s, 1024).astype(np.intp)
        shafts = smoothstep(0.35, 0.95, self.rays[index]) * self.fall
        canvas = self.back + (shafts * 0.55)[:, :, None] * self.glow_colour
        frame = to_frame(np.asarray(canvas, np.float32), *self.size)
        for leaf in self.leaves:
            self._leaf(frame, s, *leaf)
        return frame

    def _leaf(
        self, frame: Frame, s: float, x: float, y: float, size: float, speed: float,
        phase: float, tumble: float, way: int, colour: Floats,
    ) -> None:  # fmt: skip
        width, height = self.size
        cy = ((y + speed * s) % 1.2 - 0.1) * height
        swing = 0.05 * math.sin(0.9 * tumble * s + phase)
        cx = ((x + 0.025 * way * s + swing) % 1.2 - 0.1) * width
        turn = way * (0.8 * tumble * s + phase)
        flat = 0.25 + 0.75 * abs(math.cos(1.3 * tumble * s + phase))
        cos, sin = math.cos(turn), math.sin(turn)
        points = _OUTLINE * (flat, 1.0) @ np.array([[cos, sin], [-sin, cos]])
        placed = (points * size * min(self.size) + (cx, cy)) * (1 << _SHIFT)
        lit = colour * np.float32(0.7 + 0.3 * flat)
        cv2.fillPoly(frame, [placed.astype(np.int32)], rgb8(lit), cv2.LINE_AA, _SHIFT)
