"""Fire below, sparks rising through heat and smoke."""

import math

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import (
    Floats,
    Frame,
    fbm,
    glow,
    rgb8,
    smoothstep,
    to_frame,
    work_size,
)

_SHIFT = 4
_NOISE = 512


class Embers:
    """Rising noise, thinned with height, read through a ramp from dark to white heat."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 180)
        self.pace = brief.pace
        rng = np.random.default_rng(brief.seed)
        self.flame = fbm(rng, _NOISE, _NOISE, cells=6, octaves=5)
        self.warp = fbm(rng, _NOISE, _NOISE, cells=4, octaves=3)
        ys, xs = np.mgrid[0 : self.h, 0 : self.w].astype(np.float32)
        self.xs, self.ys = xs * 1.45, ys * 1.1
        up = 1 - ys / np.float32(self.h)
        tongue = fbm(rng, self.h, self.w, cells=3, octaves=2)
        rise = 1.35 - 0.5 * brief.framing
        self.heat = np.clip(0.86 - up * rise + 0.5 * (tongue - 0.5), 0, 1)
        self.smoke = smoothstep(0.1, 0.9, up) * 0.8
        self.ramp = self._ramp(brief)
        self.smoke_colour = brief.palette.mid * 0.5 + brief.palette.deep * 0.5
        self._make_sparks(brief)

    def _ramp(self, brief: Brief) -> Floats:
        colours = brief.palette
        # One hue from smoulder to white heat: two would look like paint, not fire.
        hot = colours.mid / max(float(colours.mid.max()), 0.1)
        stops = np.stack(
            [colours.night * 0.5, colours.deep * 0.7, colours.mid, hot * 0.95,
             hot * 0.7 + 0.3, hot * 0.3 + 0.7],
        )  # fmt: skip
        knots = np.array([0, 0.25, 0.45, 0.65, 0.85, 1.0])
        at = np.linspace(0, 1, 256)
        return np.stack([np.interp(at, knots, stops[:, c]) for c in range(3)], axis=1).astype(
            np.float32
        )

    def _make_sparks(self, brief: Brief) -> None:
        draw = brief.rng("sparks")
        width, height = self.size
        self.sparks = [
            (draw.random() * width, draw.uniform(0.14, 0.42) * height, draw.random(),
             draw.uniform(0, 6.3), draw.uniform(0.4, 1.6), draw.choice([1, 1, 2, 2, 3]))
            for _ in range(170)
        ]  # fmt: skip
        self.hot, self.warm = self.ramp[250], self.ramp[170]

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        bend = self._noise(self.warp, self.xs, self.ys + 60 * s) - 0.5
        body = self._noise(self.flame, self.xs + 70 * bend, self.ys + 150 * s)
        fire = np.clip(self.heat * (0.18 + 1.12 * body) - 0.06, 0, 1)
        canvas = self.ramp[(fire * 255).astype(np.uint8)]
        wisps = self._noise(self.warp, self.xs * 0.7 + 20 * bend, self.ys * 0.6 + 40 * s)
        canvas = canvas + (self.smoke * wisps * (1 - fire))[:, :, None] * self.smoke_colour
        frame = to_frame(canvas.astype(np.float32), *self.size)
        self._draw_sparks(frame, s)
        return glow(frame, 0.6, sigma=4)

    def _noise(self, texture: Floats, x: Floats, y: Floats) -> Floats:
        found = cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return np.asarray(found, np.float32)

    def _draw_sparks(self, frame: Frame, s: float) -> None:
        height = self.size[1]
        for x, speed, start, phase, sway, size in self.sparks:
            y, before = (self._rise(speed, start, s - back) for back in (0.0, 0.035))
            if before < y:
                continue
            life = 1 - y / height
            swing = 0.03 * height * sway
            ax = x + swing * math.sin(2.1 * s + phase) + 40 * life
            bx = x + swing * math.sin(2.1 * (s - 0.035) + phase) + 40 * life
            fade = np.float32(max(0.0, 1 - life * 0.9))
            colour = rgb8((self.hot * (1 - life) + self.warm * life) * fade)
            ends = (np.array([[ax, y], [bx, before]]) * (1 << _SHIFT)).astype(np.int32)
            cv2.line(frame, ends[0], ends[1], colour, size, cv2.LINE_AA, _SHIFT)

    def _rise(self, speed: float, start: float, s: float) -> float:
        height = self.size[1]
        return height * 1.05 - (start * height * 1.15 + speed * s) % (height * 1.15)
