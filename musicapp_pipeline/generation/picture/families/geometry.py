"""A tunnel of turning polygons drawn with light."""

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import Floats, Frame, glow, rgb8, to_frame, vertical

_SHIFT = 4


class Geometry:
    """Rings of a regular polygon coming nearer, each turned a little against the next."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.pace = brief.pace
        draw = brief.rng("geometry")
        self.sides = draw.choice([3, 4, 5, 6, 6, 8])
        self.twist = draw.choice([-1, 1]) * draw.uniform(0.16, 0.4)
        self.spin = draw.choice([-1, 1]) * draw.uniform(0.1, 0.25)
        self.rings = 15
        colours = brief.palette
        self.tints = [colours.accent, colours.light, colours.mid * 0.6 + colours.accent * 0.4]
        sky = vertical(
            [(0.0, colours.night), (0.5, colours.deep * 0.75), (1.0, colours.night * 0.8)], 64
        )
        self.back = to_frame(np.repeat(sky, 64, axis=1), width, height)
        self.sway = draw.uniform(0, 6.3)
        self.spokes = draw.random() < 0.6

    def _ring(self, z: float, turn: float, s: float) -> Floats:
        width, height = self.size
        radius = 0.17 * min(width, height) / (z + 0.06)
        angle = turn + np.arange(self.sides) * 2 * np.pi / self.sides
        away = z * 0.22 * min(width, height)
        cx = width / 2 + away * np.sin(0.5 * s + self.sway)
        cy = height / 2 + away * np.cos(0.41 * s + self.sway)
        return np.stack([cx + radius * np.cos(angle), cy + radius * np.sin(angle)], axis=1)

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        frame = self.back.copy()
        travel = s * 0.16 * self.rings / 4
        first = int(np.floor(travel))
        rings = []
        for k in range(self.rings):
            index = first + self.rings - k
            z = (index - travel) / self.rings * 1.4
            turn = index * self.twist + self.spin * s * (1.4 - z)
            rings.append((z, index, self._ring(z, turn, s)))
        for (z, index, points), following in zip(rings, [*rings[1:], None], strict=True):
            fade = float(np.clip((1.4 - z) / 0.9, 0, 1) * np.clip(z * 12, 0, 1))
            under = self.back[0, 0] / 255.0
            tint = self.tints[index % len(self.tints)]
            colour = rgb8(under + (tint - under) * np.float32(fade))
            thick = int(np.clip(self.size[1] / 320 / (z + 0.12), 1, 9))
            fixed = (points * (1 << _SHIFT)).astype(np.int32)
            cv2.polylines(frame, [fixed], True, colour, thick, cv2.LINE_AA, _SHIFT)
            if self.spokes and following is not None:
                ahead = (following[2] * (1 << _SHIFT)).astype(np.int32)
                faint = rgb8(under + (tint - under) * np.float32(fade * 0.35))
                pairs = np.stack([fixed, ahead], axis=1)
                cv2.polylines(frame, list(pairs), False, faint, 1, cv2.LINE_AA, _SHIFT)
        return glow(glow(frame, 0.5, sigma=3), 0.6, shrink=8, sigma=7)
