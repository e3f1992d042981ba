"""Lashes and brows, hair by hair."""

from __future__ import annotations

import numpy as np

from musicapp_pipeline.demo.portrait_build import features
from musicapp_pipeline.demo.portrait_build.frame import Field, Frame, Points
from musicapp_pipeline.demo.portrait_build.strokes import Layer

_LASH = (0.055, 0.035, 0.045)


def _arc(root: Points, tip: Points, bend: Points) -> Points:
    share = np.linspace(0, 1, 9)[:, None]
    middle = (root + tip) / 2 + bend
    return np.asarray(
        (1 - share) ** 2 * root + 2 * share * (1 - share) * middle + share**2 * tip, np.float64
    )


def _upper_lashes(layer: Layer, side: int, draw: np.random.Generator) -> None:
    margin = features.upper_lid(200)
    for spot in np.sort(199 * draw.uniform(0.10, 1, 104) ** 0.85):
        share = min(spot / 199, 0.93)
        root = margin[int(spot)] + [0, 0.003]
        out = (share - 0.40) * 1.7
        out = 0.68 * out + 0.32 * np.round(out * 7) / 7 + draw.normal(0, 0.07)
        length = (0.044 + 0.070 * share) * draw.uniform(0.70, 1.12)
        tip = root + length * np.asarray([np.sin(out), -np.cos(out) * 0.72])
        bend = np.asarray([0.016 * np.sign(out), 0.024])
        layer.hair(
            features.on_side(_arc(root, tip, bend), side), _LASH, draw.uniform(0.0034, 0.0050)
        )


def _lower_lashes(layer: Layer, side: int, draw: np.random.Generator) -> None:
    margin = features.lower_lid(200)
    for spot in np.sort(draw.uniform(50, 190, 30)):
        root = margin[int(spot)] + [0, 0.013]
        out = (spot / 199 - 0.45) * 1.4 + draw.normal(0, 0.14)
        length = 0.034 * draw.uniform(0.6, 1.1)
        tip = root + length * np.asarray([np.sin(out), np.cos(out)])
        bend = np.asarray([0.004 * np.sign(out), -0.004])
        layer.hair(features.on_side(_arc(root, tip, bend), side), _LASH, 0.0030)


def _brow(layer: Layer, side: int, draw: np.random.Generator) -> None:
    spine = features.brow(200)
    along = np.gradient(spine, axis=0)
    heading = np.arctan2(along[:, 1], along[:, 0])
    for share in draw.permutation(np.linspace(0, 1, 780) ** 0.92):
        spot = int(share * 199)
        across = draw.uniform(-1, 1)
        root = spine[spot] + [0, across * brow_thickness(share)]
        lift = np.interp(share, [0, 0.12, 0.4, 1.0], [-0.95, -0.70, -0.30, 0.02]) - 0.30 * across
        angle = heading[spot] + lift * (0.55 + 0.45 * (across > 0)) + draw.normal(0, 0.09)
        length = draw.uniform(0.045, 0.080) * np.interp(
            share, [0, 0.1, 0.8, 1], [0.6, 1, 0.85, 0.5]
        )
        tip = root + length * np.asarray([np.cos(angle), np.sin(angle)])
        shade = draw.uniform(0.75, 1.45)
        colour = (0.19 * shade, 0.115 * shade, 0.090 * shade)
        hair = _arc(root, tip, np.asarray([0, -0.006]))
        layer.hair(features.on_side(hair, side), colour, draw.uniform(0.0032, 0.0052))


def brow_thickness(share: float) -> float:
    """Half the brow's height in face units at a share of its length from the inner end."""
    return float(np.interp(share, [0, 0.06, 0.3, 0.62, 1.0], [0.020, 0.034, 0.040, 0.029, 0.004]))


def brow_powder(frame: Frame) -> Field:
    """Soft shade under the brow hairs, 0..1."""
    shade = np.zeros(frame.shape, np.float32)
    spine = features.brow(60)
    half = np.asarray([[0, brow_thickness(share)] for share in np.linspace(0, 1, 60)])
    outline = np.concatenate([spine - half, (spine + half)[::-1]])
    for side in (-1, 1):
        shade = np.maximum(shade, frame.fill(features.on_side(outline, side), 0.018))
    return shade


def upper_lashes(frame: Frame) -> Layer:
    """Upper lashes of both eyes."""
    layer = Layer(frame)
    for side in (-1, 1):
        _upper_lashes(layer, side, np.random.default_rng(70 + side))
    return layer


def lower_lashes(frame: Frame) -> Layer:
    """Lower lashes of both eyes."""
    layer = Layer(frame)
    for side in (-1, 1):
        _lower_lashes(layer, side, np.random.default_rng(80 + side))
    return layer


def brows(frame: Frame) -> Layer:
    """Hairs of both eyebrows."""
    layer = Layer(frame)
    for side in (-1, 1):
        _brow(layer, side, np.random.default_rng(90 + side))
    return layer
