"""Long wavy hair: locks of strands between an inner and an outer guide on each side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.demo.portrait_build.frame import Frame, Points, curve
from musicapp_pipeline.demo.portrait_build.light import KEY, RIM_LEFT, RIM_RIGHT
from musicapp_pipeline.demo.portrait_build.strokes import Layer

Values = NDArray[np.float64]

_SAMPLES = 90
_HALF = np.asarray(KEY) / np.linalg.norm(KEY) + [0, 0, 1]
_HALF = _HALF / np.linalg.norm(_HALF)
_ROOT = np.asarray((0.085, 0.046, 0.036))
_LENGTH = np.asarray((0.300, 0.165, 0.105))
_SHEEN = np.asarray((0.98, 0.72, 0.52))


@dataclass(frozen=True)
class Strand:
    """One strand: its course, its height, its share of the sheet's width and its own look."""

    side: int
    points: Points
    depth: Values
    share: Values
    tone: float
    tilt: float


@dataclass(frozen=True)
class Sheet:
    """One side of the hair: the curves its strands lie between, root first."""

    side: int
    inner: Points
    outer: Points

    def between(self, share: Values) -> Points:
        """Strand at each point's share of the way from the inner to the outer guide, (n, 2)."""
        return np.asarray(
            self.inner * (1 - share[:, None]) + self.outer * share[:, None], np.float64
        )


def sheets() -> tuple[Sheet, Sheet]:
    """The wide sweep on the left of the picture and the narrow one on the right."""
    left = Sheet(
        -1,
        curve(
            [(0.20, -1.08), (-0.10, -1.00), (-0.46, -0.78), (-0.72, -0.46), (-0.87, 0.05),
             (-0.94, 0.60),
             (-0.90, 1.15), (-0.99, 1.70), (-0.86, 2.30), (-1.00, 3.00), (-0.92, 3.90)],
            _SAMPLES,
        ),
        curve(
            [(0.15, -1.68), (0.00, -1.74), (-0.50, -1.77), (-1.02, -1.46), (-1.33, -0.82),
             (-1.44, 0.0),
             (-1.50, 0.75), (-1.60, 1.4), (-1.74, 2.0), (-1.72, 2.7), (-1.84, 3.9)],
            _SAMPLES,
        ),
    )  # fmt: skip
    right = Sheet(
        1,
        curve(
            [(0.22, -1.08), (0.42, -0.99), (0.65, -0.75), (0.83, -0.38), (0.94, 0.10), (0.94, 0.65),
             (0.92, 1.2), (1.03, 1.75), (0.90, 2.35), (1.03, 3.0), (0.96, 3.9)],
            _SAMPLES,
        ),
        curve(
            [(0.15, -1.68), (0.28, -1.73), (0.64, -1.70), (1.06, -1.40), (1.33, -0.80), (1.43, 0.0),
             (1.46, 0.75), (1.55, 1.4), (1.70, 2.0), (1.68, 2.7), (1.80, 3.9)],
            _SAMPLES,
        ),
    )  # fmt: skip
    return left, right


def _depth(points: Points, wave: Values) -> Values:
    """Height towards the viewer of points on the scalp's dome and the fall below it."""
    x, y = points[:, 0], np.minimum(points[:, 1] + 0.15, 0)
    return np.asarray(
        1.15 * np.sqrt(np.clip(1 - (x / 1.75) ** 2 - (y / 1.72) ** 2, 0.03, None)) + wave,
        np.float64,
    )


def _colours(strand: Strand) -> Values:
    """Display colour along a strand: Kajiya-Kay sheen, body tone and coloured rims."""
    points, share = strand.points, np.clip(strand.share, 0, 1)
    solid = np.concatenate([points, strand.depth[:, None]], axis=1)
    tangent = np.gradient(solid, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    lean = tangent @ _HALF + strand.tilt
    facing = np.clip(np.cos((share - 0.40) * 1.9), 0, 1) ** 1.2 * (1.0 if strand.side < 0 else 0.75)
    sharp, broad = np.exp(-((lean / 0.17) ** 2)), np.exp(-((lean / 0.42) ** 2))
    fall = np.clip((points[:, 1] + 1.3) / 2.4, 0, 1)
    rooted = 0.40 + 0.60 * np.clip(np.arange(len(points)) / (0.11 * len(points)), 0, 1)
    body = (
        _ROOT
        + (_LENGTH - _ROOT)
        * (0.30 + 0.60 * fall)[:, None]
        * (0.28 + 0.72 * broad * facing)[:, None]
    )
    tucked = np.exp(-share / 0.14) * np.clip((points[:, 1] - 0.2) / 0.9, 0, 1)
    colour = body * strand.tone * (1 - 0.66 * tucked)[:, None]
    colour = colour + _SHEEN * (0.30 * sharp * facing * strand.tone**2 * (1 - tucked))[:, None]
    colour = colour * rooted[:, None]
    edge = np.clip((share + 0.5 * strand.tilt - 0.74) / 0.26, 0, 1) ** 1.8
    rim = np.asarray(RIM_RIGHT if strand.side > 0 else RIM_LEFT)
    return np.asarray(
        colour + rim * (edge * (0.18 + 0.82 * sharp) * 0.75 * strand.tone)[:, None], np.float64
    )


def _wave(centre: float, nudge: float, points: Points) -> tuple[Values, Values]:
    """Sideways and depth waves of a strand, growing down its length."""
    grow = np.clip((points[:, 1] + 0.2) / 1.6, 0, 1) ** 1.3
    turn = (
        2 * np.pi * points[:, 1] / (1.20 + 0.12 * np.sin(5 * centre))
        + 0.5
        + 1.1 * np.sin(4.2 * centre + 0.7)
    )
    return 0.075 * grow * np.sin(turn + nudge), 0.070 * grow * np.cos(turn + nudge)


def _lock(
    layer: Layer,
    sheet: Sheet,
    centre: float,
    strands: int,
    spread: float,
    tone: float,
    draw: np.random.Generator,
) -> None:
    """Draw one lock: strands that spread in the middle and meet again towards the tip."""
    along = np.linspace(0, 1, _SAMPLES)
    nudge, drift = draw.normal(0, 0.35), draw.normal(0, 0.05) * along**2
    clump = spread * (0.9 + 0.5 * np.sin(np.pi * along) - 0.55 * along**3)
    for place in np.sort(draw.normal(0, 1, strands))[:: draw.choice([-1, 1])]:
        share = centre + place * clump + drift
        points = sheet.between(share)
        sway, lift = _wave(centre, nudge + draw.normal(0, 0.14), points)
        jitter = draw.normal(0, 0.012) * along
        jitter = jitter + 0.006 * np.sin(along * draw.uniform(6, 14) + draw.uniform(0, 6))
        points = points + np.stack([sway + jitter, np.zeros(_SAMPLES)], axis=1)
        shade = tone * (1 + 0.15 * draw.standard_normal()) * (1 - 0.12 * abs(place))
        whole = Strand(sheet.side, points, _depth(points, lift), share, shade, draw.normal(0, 0.10))
        layer.strand(
            *_shifted(points, _colours(whole), draw.uniform()), draw.uniform(0.0030, 0.0060)
        )


def _shifted(points: Points, colours: Values, offset: float) -> tuple[Points, Values]:
    """The same strand sampled between its points, so that neighbours do not step in line."""
    ends = points[:1], colours[:1]
    points = points[:-1] * (1 - offset) + points[1:] * offset
    colours = colours[:-1] * (1 - offset) + colours[1:] * offset
    return np.concatenate([ends[0], points]), np.concatenate([ends[1], colours])


def front_hair(frame: Frame, locks: int = 120, strands: int = 38) -> Layer:
    """The hair that frames the face: a dark ground, then lighter locks over it."""
    layer = Layer(frame)
    for sheet in sheets():
        draw = np.random.default_rng(200 + sheet.side)
        for centre in np.linspace(0.03, 0.985, 26):
            _lock(layer, sheet, float(centre), 70, 0.034, draw.uniform(0.42, 0.62), draw)
        for centre in draw.uniform(0.0, 0.99, locks):
            spread = draw.uniform(0.008, 0.024)
            _lock(layer, sheet, float(centre), strands, spread, draw.uniform(0.65, 1.25), draw)
    return layer


def back_hair(frame: Frame, strands: int = 2600) -> Layer:
    """Dark hair behind neck and shoulders."""
    layer = Layer(frame)
    left, right = sheets()
    draw = np.random.default_rng(150)
    for place in draw.uniform(0, 1, strands):
        points = left.outer * (1 - place) + right.outer * place
        points = points + np.stack(
            [0.05 * np.sin(points[:, 1] * 4 + draw.normal(0, 0.5)), np.zeros(_SAMPLES)], axis=1
        )
        shade = draw.uniform(0.35, 0.85) * (0.35 + 0.65 * abs(2 * place - 1) ** 2)
        colours = np.repeat((_ROOT * 1.1 * shade)[None], _SAMPLES, axis=0)
        start = int(np.argmax(points[:, 1] > -0.9))
        layer.strand(points[start:], colours[start:], 0.012)
    return layer


def flyaways(frame: Frame, count: int = 260) -> Layer:
    """Single loose hairs that catch the rim light, and the fine ones at the hairline."""
    layer = Layer(frame)
    for sheet in sheets():
        draw = np.random.default_rng(300 + sheet.side)
        along = np.linspace(0, 1, _SAMPLES)
        for _ in range(count // 2):
            start = draw.uniform(0.82, 1.0)
            share = (
                start + draw.normal(0.03, 0.10) * along + 0.03 * np.sin(along * draw.uniform(4, 12))
            )
            points = sheet.between(share)
            first = int(draw.integers(0, 50))
            last = min(_SAMPLES, first + int(draw.integers(16, 50)))
            sway, lift = _wave(start, 0.0, points)
            points = points + np.stack([sway, np.zeros(_SAMPLES)], axis=1)
            whole = Strand(
                sheet.side, points, _depth(points, lift), share, 1.0, draw.normal(0, 0.1)
            )
            colours = _colours(whole)
            layer.strand(points[first:last], colours[first:last], 0.0025)
    return layer
