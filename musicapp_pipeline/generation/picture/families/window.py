"""A quiet room: light from a window wandering over the wall, a curtain breathing, dust."""

import math

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


class Window:
    """The shape of the panes, sheared across a wall and broken by what moves outside."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 240)
        self.pace = brief.pace
        self.colours = brief.palette
        draw = brief.rng("window")
        self.lean = draw.choice([-1, 1]) * draw.uniform(0.25, 0.55)
        self.place = (draw.uniform(0.42, 0.58), draw.uniform(0.42, 0.55))
        self.panes = draw.choice([(2, 2), (2, 3), (3, 3), (3, 4)])
        self.half = (draw.uniform(0.26, 0.34), draw.uniform(0.30, 0.38))
        rng = np.random.default_rng(brief.seed)
        plaster = fbm(rng, self.h, self.w, cells=6, octaves=5)
        wall = vertical(
            [(0.0, self.colours.deep * 0.9),
             (0.7, self.colours.deep * 0.7 + self.colours.mid * 0.1),
             (0.86, self.colours.deep * 0.5), (0.861, self.colours.night),
             (1.0, self.colours.night)],
            self.h,
        )  # fmt: skip
        self.wall = np.asarray(wall * (0.8 + 0.4 * plaster[:, :, None]), np.float32)
        self.outside = fbm(rng, 256, 256, cells=4, octaves=4)
        ys, xs = np.mgrid[0 : self.h, 0 : self.w].astype(np.float32)
        self.xs, self.ys = xs / self.w, ys / self.h
        self.shape = self._shape()
        self.side = -1 if self.lean > 0 else 1
        self.folds = draw.uniform(0, 6.3)
        self.motes = [
            (draw.random(), draw.random(), draw.uniform(0.003, 0.011), draw.uniform(0.3, 1),
             draw.uniform(0, 6.3))
            for _ in range(46)
        ]  # fmt: skip

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        light = self._light(s)
        warm = self.colours.light * 0.75 + self.colours.accent * 0.25
        canvas = self.wall * (0.55 + 1.1 * light[:, :, None]) + light[:, :, None] * warm * 0.62
        self._curtain(canvas, s)
        for x, y, radius, speed, phase in self.motes:
            px = (x + 0.02 * speed * s + 0.012 * math.sin(speed * s + phase)) % 1.0
            py = (y - 0.018 * speed * s + 0.01 * math.cos(0.7 * speed * s + phase)) % 1.0
            lit = float(light[int(py * (self.h - 1)), int(px * (self.w - 1))])
            power = np.float32((0.06 + 0.5 * lit) * (0.6 + 0.4 * math.sin(2 * speed * s + phase)))
            where = (px * self.w, py * self.h, radius * self.h)
            add_disc(canvas, *where, self.colours.glow * power, edge=0.7)
        return to_frame(np.asarray(canvas, np.float32), *self.size)

    def _shape(self) -> Floats:
        """The panes' light on a wall half as wide again as the picture."""
        ys, xs = np.mgrid[0 : self.h, 0 : int(1.5 * self.w)].astype(np.float32)
        x, y = xs / self.w - 0.25 - self.place[0], ys / self.h - self.place[1]
        u, v = (x - self.lean * y) / self.half[0], (y - 0.10 * x) / self.half[1]
        inside = smoothstep(1.06, 0.94, np.abs(u)) * smoothstep(1.06, 0.94, np.abs(v))
        for along, count in ((u, self.panes[0]), (v, self.panes[1])):
            cell = np.abs(np.mod((along + 1) * count / 2, 1.0) - 0.5)
            inside = inside * smoothstep(0.475, 0.435, cell)
        return np.asarray(inside, np.float32)

    def _light(self, s: float) -> Floats:
        """How much window light falls on each pixel, 0 to 1."""
        wander = 0.05 * math.sin(0.16 * s) - 0.25
        move = np.array([[1, 0, wander * self.w], [0, 1, 0]], np.float32)
        inside = cv2.warpAffine(self.shape, move, (self.w, self.h))
        flow = cv2.remap(
            self.outside, self.xs * 190 + 9 * s, self.ys * 150 + 4 * s,
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP,
        )  # fmt: skip
        leaves = 0.45 + 0.55 * smoothstep(0.30, 0.62, flow)
        return np.asarray(inside * leaves, np.float32)

    def _curtain(self, canvas: Floats, s: float) -> None:
        """A thin curtain at one side, moved by air."""
        across = self.xs if self.side < 0 else 1 - self.xs
        sway = 0.025 * np.sin(5.5 * self.ys + 0.9 * s) * self.ys
        edge = np.float32(0.17) + sway + 0.02 * math.sin(0.5 * s)
        body = smoothstep(0.03, -0.03, across - edge)
        folds = 0.6 + 0.4 * np.sin(75 * (across + 0.6 * sway) + self.folds)
        cloth = self.colours.mid * 0.5 + self.colours.light * 0.28
        tint = folds[:, :, None] * cloth
        canvas += (tint - canvas) * (body * 0.72)[:, :, None]
