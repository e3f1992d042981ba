"""Northern lights over a line of firs, stars behind, snow light below."""

import math

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import (
    Floats,
    Frame,
    fbm,
    smoothstep,
    to_frame,
    vertical,
    work_size,
)

_STEPS, _BELOW = 100, 0.2
_UP = np.arange(-_BELOW, 4.0, 1 / _STEPS, dtype=np.float32)
_FOOT = smoothstep(-0.10, 0.12, _UP)
_BODY = np.asarray(np.exp(-2.2 * np.clip(_UP, 0, 4)) * _FOOT * 0.85, np.float32)
_CROWN = np.asarray(np.exp(-((_UP - 1.0) ** 2) * 2.5) * _FOOT * 0.4, np.float32)
"""Brightness by height above a curtain's foot, in curtain heights."""


class Aurora:
    """Curtains of light: bright feet along a wandering line, rays fading upward."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 160)
        self.pace = brief.pace
        colours = brief.palette
        draw = brief.rng("aurora")
        sky = vertical(
            [(0.0, colours.night * 0.7), (0.6, colours.deep * 0.7), (1.0, colours.deep)], self.h
        )
        self.sky = np.repeat(sky, self.w, axis=1)
        rng = np.random.default_rng(brief.seed)
        self.rays = fbm(rng, 64, 2048, cells=48, octaves=4)[32]
        self.ys = np.arange(self.h, dtype=np.float32)[:, None] / self.h
        self.curtains = [
            (draw.uniform(0.42, 0.68), draw.uniform(0.04, 0.09), draw.uniform(0, 6.3),
             draw.uniform(0.6, 1.3), draw.uniform(0.30, 0.55), tint)
            for tint in (colours.accent, colours.accent * 0.6 + colours.light * 0.4,
                         colours.mid * 1.3)
        ]  # fmt: skip
        self.crown = colours.mid * 0.6 + colours.accent * 0.2
        front, mask = self._front(brief)
        self.top = int(np.flatnonzero(mask.any(axis=1))[0])
        self.front = np.ascontiguousarray(front[self.top :])
        self.mask = np.ascontiguousarray(mask[self.top :], np.float32) / np.float32(255)
        count = 240
        self.stars = np.stack(
            [rng.integers(0, width, count), (rng.random(count) ** 1.2 * height * 0.8).astype(int)],
            axis=1,
        )
        self.twinkle = rng.uniform(0, 6.3, count)
        self.star_size = rng.random(count)

    def _front(self, brief: Brief) -> tuple[Frame, Frame]:
        """Snow field with firs along its edge, and where it covers the sky."""
        width, height = self.size
        colours = brief.palette
        draw = brief.rng("firs")
        image = np.zeros((height, width, 3), np.uint8)
        mask = np.zeros((height, width), np.uint8)
        noise = fbm(np.random.default_rng(brief.seed + 5), 16, width, cells=3, octaves=4)[8]
        ground = height * (0.90 - 0.10 * noise)
        snow = vertical(
            [(0.0, colours.mid * 0.55), (1.0, colours.deep * 0.4)], max(2, int(height * 0.25))
        )
        image[-snow.shape[0] :] = (snow * 255).astype(np.uint8)
        for x in range(width):
            mask[int(ground[x]) :, x] = 255
        dark = tuple(int(c * 255) for c in colours.night * 0.7)
        for _ in range(int(width / min(self.size) * 44)):
            x = draw.randrange(width)
            tall = height * draw.uniform(0.05, 0.17)
            foot = ground[x] + height * draw.uniform(0.0, 0.02)
            for part in range(4):
                top = foot - tall * (1 - 0.2 * part)
                low = foot - tall * (0.58 - 0.19 * part)
                half = tall * (0.11 + 0.055 * part)
                triangle = np.array([[x, top], [x + half, low], [x - half, low]], np.int32)
                cv2.fillConvexPoly(image, triangle, dark)
                cv2.fillConvexPoly(mask, triangle, 255)
        return image, cv2.GaussianBlur(mask, (3, 3), 0)

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        canvas = self.sky.copy()
        xs = np.linspace(0, 1, self.w)
        for base, swing, phase, speed, tall, tint in self.curtains:
            line = base + swing * (
                np.sin(4.0 * xs + phase + 0.35 * speed * s)
                + 0.5 * np.sin(11.0 * xs - phase + 0.55 * speed * s)
            )
            slope = np.gradient(line) * self.w
            at = (xs * 900 + 260 * line + 26 * speed * s) % 2047
            ray = np.interp(at, np.arange(2048), self.rays)
            power = (0.25 + 0.75 * ray) * (0.6 + 0.4 * np.sin(2.3 * xs + 0.8 * s + phase))
            power = np.clip(power / (1 + 0.5 * np.abs(slope)), 0, 1).astype(np.float32)
            self._curtain(canvas, line.astype(np.float32), power, tall, tint)
        frame = to_frame(canvas, *self.size)
        self._stars(frame, s)
        below = np.ascontiguousarray(frame[self.top :])
        frame[self.top :] = cv2.blendLinear(self.front, below, self.mask, 1 - self.mask)
        return frame

    def _curtain(
        self, canvas: Floats, line: Floats, power: Floats, tall: float, tint: Floats
    ) -> None:
        up = (line[None, :] - self.ys) * np.float32(_STEPS / tall) + np.float32(_BELOW * _STEPS)
        steps = np.clip(up, 0, len(_BODY) - 1).astype(np.int32)
        profile = np.outer(_BODY, tint) + np.outer(_CROWN, self.crown)
        canvas += np.take(profile.astype(np.float32), steps, axis=0) * power[:, None]

    def _stars(self, frame: Frame, s: float) -> None:
        for (x, y), phase, size in zip(self.stars, self.twinkle, self.star_size, strict=True):
            power = (0.35 + 0.65 * size**2) * (0.75 + 0.25 * math.sin(2.5 * s + phase))
            patch = frame[y : y + 1 + int(size > 0.85), x : x + 1 + int(size > 0.85)]
            np.maximum(patch, np.uint8(235 * power), out=patch)
