"""A singer on a stage: the person of the reference image before moving light.

The face stays large, whole and nearly frontal, because lip-sync works on it afterwards.
"""

import math

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.face import study
from musicapp_pipeline.generation.picture.field import Floats, Frame, smoothstep
from musicapp_pipeline.generation.picture.placing import MARGIN, place
from musicapp_pipeline.generation.picture.stage import Dust, Place, Stage

_ON_STAGE = ("lights", "geometry", "ink")
"""Families that would say nothing out of focus: there the singer is on a stage."""


class Performance:
    """The person as one layer, the stage as another, each moved by the same camera.

    Args:
        reference: RGB image; its face is found or, failing that, the whole image is shown.
    """

    def __init__(
        self, brief: Brief, width: int, height: int, seconds: float, reference: Frame
    ) -> None:
        self.size = (width, height)
        self.seconds = seconds
        self.pace = brief.pace
        face, matte = study(reference)
        # In a tall frame the face is in the middle, in a wide one a little off it.
        aside = brief.rng("aside").uniform(-0.09, 0.09) if width > height else 0.0
        plate = place(reference, face, matte, self.size, brief.framing, aside)
        self.focus = plate.focus
        self._relight(brief, plate.picture, plate.alpha)
        self.behind: Stage | Place
        if brief.family in _ON_STAGE:
            self.behind = Stage(brief, width, height)
        else:
            self.behind = Place(brief, width, height, seconds)
        self.dust = Dust(brief, width, height)
        draw = brief.rng("camera")
        self.move = brief.movement
        self.sway = (draw.uniform(0, 6.3), draw.uniform(0, 6.3), draw.choice([-1, 1]))
        self.handheld = 1.0 if brief.finish == "documentary" else 0.25

    def _relight(self, brief: Brief, plate: Frame, alpha: Floats) -> None:
        """Two versions of the person, lit from either side, to be mixed over time."""
        height, width = alpha.shape
        soft = cv2.GaussianBlur(cv2.resize(alpha, None, fx=0.25, fy=0.25), (0, 0), 14)
        rim = alpha * (1 - cv2.resize(soft, (width, height)))
        across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
        centre = self.focus[0] / width
        base = plate.astype(np.float32) * np.float32(0.9)
        colours = (brief.palette.accent, brief.palette.light * 0.6 + brief.palette.mid * 0.4)
        rows = np.flatnonzero(alpha.max(axis=1) > 0.004)
        cols = np.flatnonzero(alpha.max(axis=0) > 0.004)
        box = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        self.origin = (int(cols[0]), int(rows[0]))
        self.lit = []
        for side, colour in zip((-1, 1), colours, strict=True):
            towards = smoothstep(-0.22, 0.30, (across - centre) * side)
            gain = 0.84 + 0.26 * towards
            tint = np.float32(1.0) + (colour * 1.6 - 0.8) * 0.16 * towards[:, :, None]
            edge = (rim * towards * 110)[:, :, None] * colour
            picture = np.clip(base * gain[:, :, None] * tint + edge, 0, 255)
            # Multiplied by the matte now, so that each frame needs only one more product.
            layers = np.dstack([picture * alpha[:, :, None], alpha * 255])[box]
            self.lit.append(np.ascontiguousarray(layers, dtype=np.uint8))

    def frame(self, t: float) -> Frame:
        """The picture ``t`` seconds in."""
        s = t * self.pace
        camera, stage_shift = self._camera(t, s)
        picture = self.behind.frame(s, stage_shift)
        mix = 0.5 + 0.42 * math.sin(0.9 * s + self.sway[0])
        person = cv2.addWeighted(self.lit[0], mix, self.lit[1], 1 - mix, 0)
        self._blend(picture, person, camera)
        return self.dust.over(picture, s)

    def _blend(self, picture: Frame, person: Frame, camera: Floats) -> None:
        """Put the person over the picture, touching only the part of it that they cover."""
        width, height = self.size
        rows, cols = person.shape[:2]
        x, y = self.origin
        corners = np.array([[x, y, 1], [x + cols, y, 1], [x, y + rows, 1], [x + cols, y + rows, 1]])
        at = corners @ camera.T
        x0, y0 = np.maximum(np.floor(at.min(axis=0)).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(at.max(axis=0)).astype(int), (width, height))
        if x0 >= x1 or y0 >= y1:
            return
        matrix = camera.copy()
        matrix[:, 2] += camera[:, :2] @ np.array([x, y], np.float32) - np.array([x0, y0])
        moved = cv2.warpAffine(person, matrix, (int(x1 - x0), int(y1 - y0)))
        target = np.ascontiguousarray(picture[y0:y1, x0:x1])
        through = cv2.cvtColor(255 - moved[:, :, 3], cv2.COLOR_GRAY2RGB)
        behind = cv2.multiply(target, through, scale=1 / 255)
        picture[y0:y1, x0:x1] = cv2.add(behind, cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB))

    def _camera(self, t: float, s: float) -> tuple[Floats, float]:
        """Plate to frame for the person, and how far the stage slides the other way (shares)."""
        width, height = self.size
        along = min(max(t / max(self.seconds, 0.1), 0.0), 1.0)
        eased = along * along * (3 - 2 * along)
        zoom, pan = 1.02, 0.0
        if self.move == "push":
            zoom = 1.0 + 0.10 * eased
        elif self.move == "pull":
            zoom = 1.10 - 0.10 * eased
        elif self.move == "arc":
            pan, zoom = 0.035 * math.sin(math.pi * (along - 0.5)), 1.0 + 0.05 * eased
        elif self.move == "lift":
            zoom = 1.06 - 0.05 * eased
        elif self.move in ("left", "right"):
            pan = (0.045 if self.move == "right" else -0.045) * (2 * eased - 1)
        beat, nod, way = self.sway
        sway = 0.006 * math.sin(1.9 * s + beat) + 0.0035 * math.sin(3.1 * s + nod)
        lift = 0.005 * math.sin(3.8 * s + nod)
        shake = self.handheld * 0.0035
        jx = shake * (math.sin(5.1 * t + 1) + 0.6 * math.sin(8.3 * t))
        jy = shake * (math.sin(4.3 * t) + 0.6 * math.sin(9.7 * t + 2))
        turn = math.radians(way * 0.55 * math.sin(1.9 * s + beat))
        cos, sin = zoom * math.cos(turn), zoom * math.sin(turn)
        fx, fy = self.focus
        to_x = fx - MARGIN * width + (pan + sway + jx) * width
        to_y = fy - MARGIN * height + (lift + jy) * height - (zoom - 1) * 0.12 * height
        matrix = np.array(
            [
                [cos, -sin, to_x - cos * fx + sin * fy],
                [sin, cos, to_y - sin * fx - cos * fy],
            ],
            np.float32,
        )
        return matrix, 0.4 * (pan + 0.5 * sway)
