"""A city at night sliding by: towers with lit windows in several depths, a wet street below."""

import math
import random

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import (
    Floats,
    Frame,
    add_disc,
    fbm,
    glow,
    to_frame,
    vertical,
    work_size,
)


class City:
    """Strips of buildings moved by whole pixels a frame, so that edges stay crisp."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.brief = brief
        self.ground = int(height * brief.rng("ground").uniform(0.74, 0.80))
        self.way = brief.rng("way").choice([-1, 1])
        unit = max(1.0, min(width, height) / 720)
        self.speeds = [unit * brief.pace * v for v in (9.0, 21.0, 46.0)]
        self.sky = self._sky()
        travel = [round(v * (seconds + 1)) for v in self.speeds]
        self.strips = [self._strip(depth, width + travel[depth]) for depth in range(3)]
        self.cars = self._cars()

    def _sky(self) -> Frame:
        width, height = self.size
        colours = self.brief.palette
        w, h = work_size(width, height, 270)
        sky = np.repeat(
            vertical(
                [(0.0, colours.night), (0.45, colours.deep), (0.78, colours.mid * 0.95),
                 (1.0, colours.accent * 0.5)], h,
            ), w, axis=1,
        )  # fmt: skip
        haze = fbm(np.random.default_rng(self.brief.seed), h, w, cells=2, octaves=4)
        sky = sky * (0.8 + 0.4 * haze[:, :, None])
        draw = self.brief.rng("sky")
        moon = (w * draw.uniform(0.2, 0.8), h * draw.uniform(0.12, 0.3), h * 0.05)
        add_disc(sky, *moon[:2], moon[2] * 5, colours.light * 0.22, edge=1.0)
        add_disc(sky, *moon, colours.glow * 0.7, edge=0.12)
        return to_frame(sky.astype(np.float32), width, height)

    def _strip(self, depth: int, length: int) -> tuple[Frame, Frame]:
        """Buildings of one depth and their mask, ``length`` pixels wide and a ground high."""
        colours = self.brief.palette
        draw = self.brief.rng(f"strip{depth}")
        scale = min(self.size) / 720
        body = [
            colours.mid * 0.42 + colours.deep * 0.5,
            colours.deep * 0.62 + colours.night * 0.2,
            colours.night * 0.75,
        ][depth]
        image = np.zeros((self.ground, length, 3), np.uint8)
        mask = np.zeros((self.ground, length), np.uint8)
        lamps = [colours.light, colours.glow, colours.accent, colours.light * 0.8]
        reach = [(0.42, 0.72), (0.26, 0.6), (0.10, 0.34)][depth]
        x = -20
        while x < length:
            wide = int(scale * draw.uniform(60, 130) * (1 + 0.45 * depth))
            tall = int(self.ground * draw.uniform(*reach))
            top = self.ground - tall
            shade = draw.uniform(0.85, 1.15)
            cv2.rectangle(
                image, (x, top), (x + wide, self.ground), _rgb(body * np.float32(shade)), -1
            )
            cv2.rectangle(mask, (x, top), (x + wide, self.ground), 255, -1)
            self._windows(image, draw, (x, top, wide), depth, lamps, scale)
            if draw.random() < 0.3:
                mast = int(scale * draw.uniform(12, 40))
                cv2.line(mask, (x + wide // 2, top - mast), (x + wide // 2, top), 255, 2)
                cv2.line(
                    image,
                    (x + wide // 2, top - mast),
                    (x + wide // 2, top),
                    _rgb(body * np.float32(shade)),
                    2,
                )
                cv2.circle(image, (x + wide // 2, top - mast), 2, _rgb(colours.accent), -1)
            x += wide + int(scale * draw.uniform(-6, 26 if depth else 6))
        return image, mask

    def _windows(
        self,
        image: Frame,
        draw: random.Random,
        box: tuple[int, int, int],
        depth: int,
        lamps: list[Floats],
        scale: float,
    ) -> None:
        left, top, wide = box
        step_x = max(4, int(scale * (9 + 4 * depth)))
        step_y = max(5, int(scale * (13 + 6 * depth)))
        lit = draw.uniform(0.12, 0.42) * (1.0, 0.9, 0.5)[depth]
        power = (0.55, 0.8, 0.9)[depth]
        for y in range(top + step_y, self.ground - step_y, step_y):
            for x in range(left + step_x // 2, left + wide - step_x, step_x):
                if draw.random() < lit:
                    colour = draw.choice(lamps) * np.float32(draw.uniform(0.45, 1.0) * power)
                    cv2.rectangle(
                        image, (x, y), (x + step_x // 2, y + step_y // 2), _rgb(colour), -1
                    )

    def _cars(self) -> list[tuple[float, float, float, Floats]]:
        draw = self.brief.rng("cars")
        colours = self.brief.palette
        lights = [colours.glow, colours.accent]
        return [
            (draw.random(), draw.uniform(0.18, 0.85), (k % 2 * 2 - 1) * draw.uniform(0.12, 0.3),
             lights[k % 2])
            for k in range(12)
        ]  # fmt: skip

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        width, _ = self.size
        frame = self.sky.copy()
        upper = frame[: self.ground]
        for (image, mask), speed in zip(self.strips, self.speeds, strict=True):
            slack = image.shape[1] - width
            offset = min(max(round(speed * t), 0), slack)
            offset = offset if self.way > 0 else slack - offset
            view = np.s_[:, offset : offset + width]
            cv2.copyTo(image[view], mask[view], upper)
        self._street(frame, t)
        return glow(frame, 0.45, sigma=4)

    def _street(self, frame: Frame, t: float) -> None:
        """The wet street: the city upside down, smeared, with cars passing."""
        width, height = self.size
        deep = height - self.ground
        mirror = frame[self.ground - 2 * deep : self.ground][::-1]
        small = cv2.resize(mirror, (width // 4, max(2, deep // 4)), interpolation=cv2.INTER_AREA)
        smeared = cv2.blur(small, (3, max(3, deep // 16)))
        street = smeared.astype(np.float32) * np.float32(0.5 / 255)
        street += self.brief.palette.night * 0.5
        rows, cols = street.shape[:2]
        ripple = np.sin(np.arange(rows, dtype=np.float32) * 1.9 + 3.0 * t)[:, None, None]
        street *= 1 + 0.12 * ripple
        for x, lane, speed, colour in self.cars:
            at = ((x + speed * t * self.brief.pace) % 1.2 - 0.1) * cols
            y = lane * rows
            for spread in range(-2, 3):
                add_disc(street, at + spread * 1.2, y, 2.2 + 1.5 * lane, colour * 0.22, edge=0.9)
            add_disc(street, at, y + 5, 3.5, colour * 0.2, edge=1.0)
        frame[self.ground :] = to_frame(street, width, deep)


def _rgb(colour: Floats) -> tuple[int, int, int]:
    r, g, b = (math.floor(255 * min(max(float(c), 0.0), 1.0)) for c in colour)
    return r, g, b
