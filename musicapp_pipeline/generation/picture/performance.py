"""A singer on a stage: the person of the reference image before moving light.

The face stays large, whole and nearly frontal, because lip-sync works on it afterwards.
"""

import math

import numpy as np

from musicapp_pipeline.generation.picture.brief import Brief
from musicapp_pipeline.generation.picture.cv import cv2
from musicapp_pipeline.generation.picture.face import Face, study
from musicapp_pipeline.generation.picture.field import Floats, Frame, smoothstep
from musicapp_pipeline.generation.picture.stage import Dust, Place, Stage

_ON_STAGE = ("lights", "geometry", "ink")
"""Families that would say nothing out of focus: there the singer is on a stage."""
_MARGIN = 0.14
"""Share of the frame kept around it, so that the camera can move without showing an edge."""


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
        self._place(brief, reference, face, matte)
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

    def _place(self, brief: Brief, reference: Frame, face: Face, matte: Floats) -> None:
        width, height = self.size
        eyes = 0.172 * min(width, height) * (1 + 0.22 * brief.framing)
        scale = eyes / face.eyes
        if not face.found:
            scale = max(width / reference.shape[1], height / reference.shape[0])
        plate_w, plate_h = (round(v * (1 + 2 * _MARGIN)) for v in (width, height))
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        image = cv2.resize(reference, None, fx=scale, fy=scale, interpolation=interpolation)
        # In a tall frame the face sits higher; in a wide one a little off the middle.
        aside = brief.rng("aside").uniform(-0.09, 0.09) if width > height else 0.0
        eye_x = plate_w * 0.5 + aside * width
        eye_y = _MARGIN * height + height * (0.40 if width > height else 0.36)
        shift = np.array([[1, 0, eye_x - face.x * scale], [0, 1, eye_y - face.y * scale]])
        inside = (plate_w, plate_h)
        self.focus = (eye_x, eye_y + 0.6 * eyes)
        plate = cv2.warpAffine(
            image, shift, inside, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        covered = np.full(image.shape[:2], 255, np.uint8)
        cover = cv2.warpAffine(covered, shift, inside).astype(np.float32) / 255
        rows, cols = image.shape[:2]
        whole = cv2.resize(matte, (cols, rows), interpolation=cv2.INTER_CUBIC)
        alpha = np.clip(cv2.warpAffine(whole, shift, inside), 0, 1)
        self._relight(brief, plate, (alpha * _fade_edges(cover, eyes)).astype(np.float32))

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
        to_x = fx - _MARGIN * width + (pan + sway + jx) * width
        to_y = fy - _MARGIN * height + (lift + jy) * height - (zoom - 1) * 0.12 * height
        matrix = np.array(
            [
                [cos, -sin, to_x - cos * fx + sin * fy],
                [sin, cos, to_y - sin * fx - cos * fy],
            ],
            np.float32,
        )
        return matrix, 0.4 * (pan + 0.5 * sway)


def _fade_edges(cover: Floats, eyes: float) -> Floats:
    """1 inside the reference image, falling to 0 towards those of its borders that show."""
    distance = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    height = cover.shape[0]
    if cover[-1].max() > 0.5:
        # Where the image reaches the lower border of the plate nothing has to fade.
        distance[height // 2 :] = np.maximum(distance[height // 2 :], 0)
    return smoothstep(0.0, 0.5 * eyes, distance)
