"""What is around a singer: a stage or a place out of focus behind, dust in front."""

import math

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.families import family
from musicapp_pipeline.generation.picture.field import (
    Floats,
    Frame,
    add_disc,
    fbm,
    to_frame,
    vertical,
    work_size,
)

_SLIDE = 0.06


class Stage:
    """Light in haze, drawn small and enlarged, since all of it is out of focus."""

    def __init__(self, brief: Brief, width: int, height: int) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 128)
        colours = brief.palette
        draw = brief.rng("stage")
        wall = vertical(
            [(0.0, colours.deep * 0.9), (0.55, colours.deep * 0.75 + colours.mid * 0.15),
             (1.0, colours.night)], self.h,
        )  # fmt: skip
        rng = np.random.default_rng(brief.seed)
        haze = fbm(rng, self.h, 2 * self.w, cells=2, octaves=4)
        self.wall = np.repeat(wall, self.w, axis=1)
        self.haze = haze
        self.haze_colour = colours.mid
        self.beams = [
            (draw.uniform(-0.1, 1.1), draw.uniform(-0.5, 0.5), draw.uniform(0.10, 0.22),
             draw.uniform(0.5, 1.1), draw.uniform(0, 6.3),
             draw.choice([colours.accent, colours.light, colours.mid * 1.2]))
            for _ in range(5)
        ]  # fmt: skip
        self.lamps = [
            (draw.random(), draw.random() ** 1.3 * 0.8, draw.uniform(0.03, 0.09),
             draw.uniform(0.5, 1.4), draw.uniform(0, 6.3),
             draw.choice([colours.accent, colours.glow, colours.light]) * draw.uniform(0.3, 0.7))
            for _ in range(13)
        ]  # fmt: skip
        ys, xs = np.mgrid[0 : self.h, 0 : self.w].astype(np.float32)
        self.xs, self.down = xs / self.h, ys / self.h + np.float32(0.08)
        self.fall = np.exp(-1.1 * ys / self.h)

    def frame(self, s: float, slide: float) -> Frame:
        """The stage at scene time ``s``, slid sideways by a share of the width."""
        drift = np.array([[1, 0, -0.5 * self.w + 6 * s + slide * self.w], [0, 1, 0]], np.float32)
        haze = cv2.warpAffine(self.haze, drift, (self.w, self.h), borderMode=cv2.BORDER_WRAP)
        canvas = self.wall + (haze * 0.45)[:, :, None] * self.haze_colour
        shaft = (0.35 + 0.65 * haze) * self.fall
        for x, lean, spread, speed, phase, colour in self.beams:
            swing = lean + 0.22 * math.sin(0.55 * speed * s + phase)
            power = 0.30 + 0.16 * math.sin(1.3 * speed * s + 2 * phase)
            self._beam(canvas, shaft, x + slide, swing, spread, colour * np.float32(power))
        unit = min(self.w, self.h)
        for x, y, radius, speed, phase, colour in self.lamps:
            lamp = np.float32(0.6 + 0.4 * math.sin(1.7 * speed * s + phase))
            add_disc(
                canvas, (x + slide) * self.w, y * self.h, radius * unit, colour * lamp,
                edge=0.25, rim=0.3,
            )  # fmt: skip
        return to_frame(canvas, *self.size)

    def _beam(
        self, canvas: Floats, shaft: Floats, x: float, swing: float, spread: float, colour: Floats
    ) -> None:
        across = (self.xs - np.float32(x * self.w / self.h) - np.float32(swing) * self.down) / (
            np.float32(spread) * self.down + np.float32(0.02)
        )
        across *= across
        across += 1
        across *= across
        canvas += (shaft / across)[:, :, None] * colour


class Place:
    """A picture family out of focus: wherever the scene says that the singer is."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 216)
        # Wider than shown, so that there is something to slide over.
        self.wide = 2 * round(self.w * (1 + 2 * _SLIDE) / 2)
        self.picture = family(brief.family)(brief, self.wide, self.h, seconds)
        self.pace = brief.pace

    def frame(self, s: float, slide: float) -> Frame:
        """The place at scene time ``s``, slid sideways by a share of the width."""
        # A family paces itself; distant things move half as fast as they would up close.
        far = self.picture.frame(0.5 * s / self.pace)
        offset = (self.wide - self.w) / 2 - min(max(slide, -_SLIDE), _SLIDE) * self.w
        move = np.array([[1, 0, -offset], [0, 1, 0]], np.float32)
        seen = cv2.warpAffine(far, move, (self.w, self.h), borderMode=cv2.BORDER_REPLICATE)
        soft = cv2.convertScaleAbs(cv2.GaussianBlur(seen, (0, 0), 2.2), alpha=0.82)
        return np.asarray(cv2.resize(soft, self.size, interpolation=cv2.INTER_LINEAR), np.uint8)


class Dust:
    """Dust catching light near the left and right edges, never across the face."""

    def __init__(self, brief: Brief, width: int, height: int) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 160)
        draw = brief.rng("dust")
        self.colour = brief.palette.glow
        self.motes = [
            (draw.random(), draw.random(), draw.uniform(0.008, 0.03), draw.uniform(0.2, 1),
             draw.uniform(0, 6.3))
            for _ in range(16)
        ]  # fmt: skip

    def over(self, frame: Frame, s: float) -> Frame:
        """The frame with the dust added."""
        canvas = np.zeros((self.h, self.w, 3), np.float32)
        for x, y, radius, speed, phase in self.motes:
            px = (x + 0.012 * s * speed + 0.01 * math.sin(s * speed + phase)) % 1.0
            py = (y - 0.02 * s * speed) % 1.0
            edge = min(max((abs(px - 0.5) - 0.26) / 0.16, 0.0), 1.0)
            if edge:
                power = np.float32(0.28 * edge * (0.6 + 0.4 * math.sin(2 * s * speed + phase)))
                where = (px * self.w, py * self.h, radius * min(self.w, self.h))
                add_disc(canvas, *where, self.colour * power, edge=0.6)
        lit = np.clip(canvas * 255, 0, 255).astype(np.uint8)
        return np.asarray(cv2.add(frame, cv2.resize(lit, self.size)), np.uint8)
