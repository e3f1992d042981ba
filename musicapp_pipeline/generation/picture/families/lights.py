"""Out-of-focus lights drifting through a glowing room."""

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.field import (
    Floats,
    Frame,
    add_disc,
    fbm,
    to_frame,
    work_size,
)


class Lights:
    """Layers of soft discs at different distances, moving with parallax."""

    def __init__(self, brief: Brief, width: int, height: int, seconds: float) -> None:
        self.size = (width, height)
        self.w, self.h = work_size(width, height, 320)
        self.pace = brief.pace
        colours = brief.palette
        self.back = self._backdrop(brief)
        draw = brief.rng("discs")
        tints = [colours.accent, colours.accent, colours.mid, colours.light, colours.glow]
        self.discs = []
        for _ in range(38):
            depth = draw.random()
            self.discs.append(
                (
                    draw.random(),
                    draw.random(),
                    (0.035 + 0.17 * depth**1.6) * min(self.w, self.h) * (1 + 0.35 * brief.framing),
                    draw.choice(tints) * np.float32((0.75 - 0.5 * depth) * draw.uniform(0.6, 1.2)),
                    draw.uniform(-1, 1) * 0.012 + 0.02 * (depth - 0.3),
                    draw.uniform(-0.02, -0.004) * (0.5 + depth),
                    draw.uniform(0.4, 1.3),
                    draw.uniform(0, 6.3),
                    0.12 + 0.5 * depth,
                )
            )

    def _backdrop(self, brief: Brief) -> Floats:
        noise = fbm(np.random.default_rng(brief.seed), self.h, self.w * 2, cells=2, octaves=3)
        ramp = brief.palette.ramp()
        index = (noise * 120 + 20).astype(np.uint8)
        rows = np.linspace(1.0, 0.55, self.h, dtype=np.float32)[:, None, None]
        return (ramp[index] * rows).astype(np.float32)

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        shift = np.array([[1, 0, -0.5 * self.w + 9 * s], [0, 1, 0]], np.float32)
        canvas = cv2.warpAffine(self.back, shift, (self.w, self.h), borderMode=cv2.BORDER_WRAP)
        for x, y, radius, colour, vx, vy, beat, phase, edge in self.discs:
            px = ((x + vx * s) % 1.0) * 1.3 - 0.15
            py = ((y + vy * s) % 1.0) * 1.3 - 0.15
            pulse = np.float32(0.75 + 0.25 * np.sin(beat * s * 2.2 + phase))
            add_disc(
                canvas, px * self.w, py * self.h, radius, colour * pulse, edge=edge, rim=0.5 - edge
            )
        return to_frame(canvas, *self.size)
