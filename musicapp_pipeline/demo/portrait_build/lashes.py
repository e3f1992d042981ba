"""Lashes and brows, hair by hair."""

from __future__ import annotations

import numpy as np

from musicapp_pipeline.demo.portrait_build import features
from musicapp_pipeline.demo.portrait_build.frame import Frame, Points
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
    for spot in np.sort(draw.uniform(12, 199, 92)):
        root = margin[int(spot)] + [0, 0.004]
        out = (spot / 199 - 0.42) * 1.55 + draw.normal(0, 0.10)
        length = (0.055 + 0.060 * np.clip(spot / 199, 0, 0.93)) * draw.uniform(0.75, 1.1)
        tip = root + length * np.asarray([np.sin(out), -np.cos(out) * 0.80])
        bend = np.asarray([0.012 * np.sign(out), 0.020])
        layer.hair(
            features.on_side(_arc(root, tip, bend), side), _LASH, draw.uniform(0.0075, 0.0115)
        )


def _lower_lashes(layer: Layer, side: int, draw: np.random.Generator) -> None:
    margin = features.lower_lid(200)
    for spot in np.sort(draw.uniform(45, 192, 46)):
        root = margin[int(spot)] + [0, 0.014]
        out = (spot / 199 - 0.45) * 1.3 + draw.normal(0, 0.16)
        length = 0.034 * draw.uniform(0.6, 1.1)
        tip = root + length * np.asarray([np.sin(out), np.cos(out)])
        bend = np.asarray([0.004 * np.sign(out), -0.004])
        layer.hair(features.on_side(_arc(root, tip, bend), side), (0.16, 0.10, 0.11), 0.0050)


def _brow(layer: Layer, side: int, draw: np.random.Generator) -> None:
    spine = features.brow(200)
    along = np.gradient(spine, axis=0)
    heading = np.arctan2(along[:, 1], along[:, 0])
    for spot in draw.permutation(np.linspace(0, 199, 620)):
        share = spot / 199
        thick = np.interp(share, [0, 0.06, 0.3, 0.62, 1.0], [0.034, 0.048, 0.047, 0.033, 0.006])
        across = draw.uniform(-1, 1)
        root = spine[int(spot)] + [0, across * thick]
        lift = (
            np.interp(share, [0, 0.12, 0.4, 1.0], [-1.25, -0.75, -0.28, 0.02]) + 0.30 * across * -1
        )
        angle = heading[int(spot)] + lift * (0.55 + 0.45 * (across > 0)) + draw.normal(0, 0.10)
        length = draw.uniform(0.045, 0.085) * np.interp(
            share, [0, 0.1, 0.8, 1], [0.75, 1, 0.85, 0.5]
        )
        tip = root + length * np.asarray([np.cos(angle), np.sin(angle)])
        shade = draw.uniform(0.75, 1.35)
        colour = (0.17 * shade, 0.105 * shade, 0.085 * shade)
        bend = np.asarray([0, -0.006])
        layer.hair(
            features.on_side(_arc(root, tip, bend), side), colour, draw.uniform(0.0055, 0.0085)
        )


def lashes(frame: Frame) -> Layer:
    """Upper and lower lashes of both eyes."""
    layer = Layer(frame)
    for side in (-1, 1):
        draw = np.random.default_rng(70 + side)
        _lower_lashes(layer, side, draw)
        _upper_lashes(layer, side, draw)
    return layer


def brows(frame: Frame) -> Layer:
    """Both eyebrows."""
    layer = Layer(frame)
    for side in (-1, 1):
        _brow(layer, side, np.random.default_rng(90 + side))
    return layer
