"""Long wavy hair: locks of strands between an inner and an outer guide on each side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.demo.portrait_build.frame import Frame, Points, curve
from musicapp_pipeline.demo.portrait_build.light import KEY, RIM_LEFT, RIM_RIGHT
from musicapp_pipeline.demo.portrait_build.strokes import Layer

Values = NDArray[np.float64]

_SAMPLES = 72
_HALF = np.asarray(KEY) / np.linalg.norm(KEY) + [0, 0, 1]
_HALF = _HALF / np.linalg.norm(_HALF)
_ROOT = np.asarray((0.085, 0.046, 0.036))
_LENGTH = np.asarray((0.300, 0.165, 0.105))
_SHEEN = np.asarray((0.98, 0.72, 0.52))


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
        curve([(0.21, -1.17), (-0.28, -1.15), (-0.70, -0.86), (-0.93, -0.40), (-0.99, 0.2), (-0.96, 0.75),
               (-0.92, 1.25), (-1.04, 1.8), (-0.90, 2.4), (-1.02, 3.1), (-0.95, 3.8)], _SAMPLES),
        curve([(0.13, -1.66), (-0.45, -1.74), (-1.02, -1.44), (-1.34, -0.80), (-1.46, 0.0), (-1.50, 0.7),
               (-1.60, 1.3), (-1.76, 1.9), (-1.72, 2.5), (-1.86, 3.1), (-1.75, 3.8)], _SAMPLES),
    )  # fmt: skip
    right = Sheet(
        1,
        curve([(0.23, -1.17), (0.50, -1.11), (0.77, -0.84), (0.94, -0.40), (0.99, 0.2), (0.95, 0.75),
               (0.93, 1.3), (1.07, 1.85), (0.92, 2.45), (1.04, 3.1), (0.98, 3.8)], _SAMPLES),
        curve([(0.15, -1.66), (0.60, -1.68), (1.06, -1.40), (1.34, -0.80), (1.44, 0.0), (1.47, 0.7),
               (1.56, 1.3), (1.72, 1.9), (1.68, 2.5), (1.83, 3.1), (1.72, 3.8)], _SAMPLES),
    )  # fmt: skip
    return left, right


def _depth(points: Points, wave: Values) -> Values:
    """Height towards the viewer of points on the scalp's dome and the fall below it."""
    x, y = points[:, 0], np.minimum(points[:, 1] + 0.15, 0)
    return np.asarray(
        1.15 * np.sqrt(np.clip(1 - (x / 1.75) ** 2 - (y / 1.72) ** 2, 0.03, None)) + wave,
        np.float64,
    )


def _colours(points: Points, depth: Values, share: Values, side: int, tone: float) -> Values:
    """Display colour along a strand: Kajiya-Kay sheen, body tone and coloured rims."""
    solid = np.concatenate([points, depth[:, None]], axis=1)
    tangent = np.gradient(solid, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    lean = tangent @ _HALF
    facing = np.clip(np.cos((share - 0.38) * 2.1), 0, 1) ** 1.2 * (1.0 if side < 0 else 0.72)
    sharp, broad = np.exp(-((lean / 0.14) ** 2)), np.exp(-((lean / 0.40) ** 2))
    fall = np.clip((points[:, 1] + 1.3) / 2.2, 0, 1)
    body = (
        _ROOT
        + (_LENGTH - _ROOT)
        * (0.35 + 0.45 * fall)[:, None]
        * (0.30 + 0.70 * broad * facing)[:, None]
    )
    tucked = np.exp(-share / 0.16) * np.clip((points[:, 1] - 0.2) / 0.9, 0, 1)
    colour = body * tone * (1 - 0.62 * tucked)[:, None]
    colour = colour + _SHEEN * (0.36 * sharp * facing * tone * (1 - tucked))[:, None]
    edge = np.clip((share - 0.66) / 0.34, 0, 1) ** 1.6
    rim = np.asarray(RIM_RIGHT if side > 0 else RIM_LEFT)
    return np.asarray(colour + rim * (edge * (0.25 + 0.75 * broad) * 0.62)[:, None], np.float64)


def _wave(draw: np.random.Generator, points: Points) -> tuple[Values, Values]:
    """Sideways and depth waves of a lock, growing down its length."""
    grow = np.clip((points[:, 1] + 0.2) / 1.6, 0, 1) ** 1.3
    phase, length = draw.normal(0.4, 0.55), draw.uniform(1.05, 1.35)
    turn = 2 * np.pi * points[:, 1] / length + phase
    return 0.075 * grow * np.sin(turn), 0.070 * grow * np.cos(turn)


def _lock(
    layer: Layer, sheet: Sheet, centre: float, strands: int, draw: np.random.Generator
) -> None:
    along = np.linspace(0, 1, _SAMPLES)
    spine = sheet.between(np.full(_SAMPLES, centre))
    sway, lift = _wave(draw, spine)
    spread = draw.uniform(0.020, 0.045)
    tone = draw.uniform(0.72, 1.20)
    drift = draw.normal(0, 0.05) * along**2
    for place in np.sort(draw.normal(0, 1, strands))[:: draw.choice([-1, 1])]:
        clump = spread * (0.9 + 0.5 * np.sin(np.pi * along) - 0.55 * along**3)
        share = centre + place * clump + drift
        points = sheet.between(share)
        jitter = draw.normal(0, 0.010) * along + 0.006 * np.sin(
            along * draw.uniform(6, 14) + draw.uniform(0, 6)
        )
        points = points + np.stack([sway + jitter, np.zeros(_SAMPLES)], axis=1)
        stop = int(_SAMPLES * draw.uniform(0.90, 1.0))
        shade = tone * (1 + 0.16 * draw.standard_normal()) * (1 - 0.10 * abs(place))
        colours = _colours(points, _depth(points, lift), np.clip(share, 0, 1), sheet.side, shade)
        layer.strand(points[:stop], colours[:stop], draw.uniform(0.0035, 0.0065))


def front_hair(frame: Frame, locks: int = 64, strands: int = 70) -> Layer:
    """The hair that frames the face, over everything else."""
    layer = Layer(frame)
    for sheet in sheets():
        draw = np.random.default_rng(200 + sheet.side)
        for centre in np.concatenate(
            [np.linspace(0.02, 0.99, 26), draw.uniform(0.0, 1.0, locks - 26)]
        ):
            _lock(layer, sheet, float(centre), strands, draw)
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
        layer.strand(points, colours, 0.012)
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
            first = draw.integers(0, 40)
            last = min(_SAMPLES, int(first + draw.integers(14, 44)))
            sway, lift = _wave(draw, points)
            points = points + np.stack([sway, np.zeros(_SAMPLES)], axis=1)
            colours = _colours(points, _depth(points, lift), np.clip(share, 0, 1), sheet.side, 0.9)
            layer.strand(points[first:last], colours[first:last], 0.0025)
    return layer
