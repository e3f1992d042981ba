"""The head as a height field: a measured average face, with lids, nose and lips modelled on top."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from musicapp_pipeline.demo.portrait_build import features
from musicapp_pipeline.demo.portrait_build.frame import (
    Field,
    Frame,
    Points,
    bump,
    smoothstep,
    twin,
)

HALF_FACE = Path(__file__).with_name("half_face.csv")

# The samples come from a plain oval; these knots move them to the sitter's proportions.
_SAMPLE_HEIGHTS = [-0.92, 0.0, 0.70, 0.87, 1.20, 1.45, 1.94]
_SITTER_HEIGHTS = [-0.88, 0.0, 0.63, 0.76, 1.06, 1.27, 1.70]
_DEPTH_SCALE = 0.72
_SKULL = [
    (0.0, -1.20, 0.02), (0.0, -1.5, -0.30), (0.45, -1.2, -0.06), (0.5, -1.5, -0.45),
    (0.80, -1.15, -0.35), (0.98, -0.85, -0.50), (0.86, -1.3, -0.65),
]  # fmt: skip


def samples() -> Points:
    """Scattered points of the sitter's face, (n, 3): x, y and height towards the viewer."""
    half = np.loadtxt(HALF_FACE, delimiter=",")
    x, y = half[:, 0], half[:, 1]
    oval = 1.21 * np.sqrt(np.clip(1 - ((y - 0.24) / 1.70) ** 2, 1e-3, None))
    height = np.interp(y, _SAMPLE_HEIGHTS, _SITTER_HEIGHTS)
    share = x / oval
    target = share * features.half_width(height.astype(np.float32))
    blend = np.clip((share - 0.45) / 0.5, 0, 1)
    moved = np.stack([x * (1 - blend) + target * blend, height, half[:, 2] * _DEPTH_SCALE], axis=1)
    right = np.concatenate([moved, np.asarray(_SKULL)])
    left = right[right[:, 0] > 1e-3] * [-1, 1, 1]
    return np.concatenate([right, left])


def base_height(frame: Frame) -> Field:
    """Thin-plate surface through the samples, evaluated on a coarse grid and enlarged."""
    known = samples()
    surface = RBFInterpolator(known[:, :2], known[:, 2], smoothing=2e-3)
    coarse = Frame(256, frame.tilt_degrees)
    grid = np.stack([coarse.x.ravel(), coarse.y.ravel()], axis=1)
    near = (np.abs(grid[:, 0]) < 1.5) & (grid[:, 1] > -2) & (grid[:, 1] < 2.2)
    values = np.full(len(grid), -1.5)
    values[near] = surface(grid[near])
    field = values.reshape(coarse.x.shape).astype(np.float32)
    enlarged = cv2.resize(field, (frame.size, frame.size), interpolation=cv2.INTER_CUBIC)
    rows, columns = frame.part_of(Frame(frame.size))
    enlarged = enlarged[rows, columns]
    return frame.blur(np.asarray(enlarged, np.float32), 0.032)


def lips_relief(frame: Frame) -> Field:
    """Two cushions that meet in a groove, with a raised border round the upper one."""
    x, y = frame.x, frame.y
    middle, top, bottom = (
        features.mouth_line(x),
        features.upper_lip_edge(x),
        features.lower_lip_edge(x),
    )
    inside = smoothstep(0.425, 0.35, np.abs(x))
    up = np.clip((middle - y) / np.maximum(middle - top, 1e-3), -0.2, 1.6)
    low = np.clip((y - middle) / np.maximum(bottom - middle, 1e-3), -0.2, 1.6)
    upper = 0.075 * np.sqrt(np.clip(up, 0, 1)) * np.clip(1.25 - up, 0, 1) ** 0.8
    lower = 0.105 * np.sqrt(np.clip(low * 1.1, 0, 1)) * np.clip(1.12 - low, 0, 1) ** 0.7
    relief = np.where(y < middle, upper, lower) * inside
    relief = frame.blur(np.asarray(relief, np.float32), 0.012)
    relief += 0.035 * bump(frame, (0, 1.12), (0.24, 0.14))
    relief -= 0.045 * bump(frame, (0, 1.285), (0.16, 0.045))
    relief -= 0.018 * twin(frame, (0.435, 0.985), (0.026, 0.045))
    relief += 0.012 * twin(frame, (0.06, 0.87), (0.018, 0.06)) - 0.02 * bump(
        frame, (0, 0.87), (0.028, 0.07)
    )
    return np.asarray(relief, np.float32)


def nose_relief(frame: Frame) -> Field:
    """Bridge, tip, wings and the soft grooves round them."""
    relief = 0.045 * bump(frame, (0, 0.595), (0.080, 0.075))
    relief += 0.035 * bump(frame, (0, 0.25), (0.050, 0.26))
    relief += 0.060 * twin(frame, (0.158, 0.655), (0.046, 0.052))
    relief -= 0.030 * twin(frame, (0.235, 0.640), (0.028, 0.070), -0.35)
    relief -= 0.022 * twin(frame, (0.105, 0.600), (0.028, 0.045), 0.3)
    relief -= 0.030 * twin(frame, (0.088, 0.722), (0.040, 0.016), 0.2)
    return np.asarray(relief, np.float32)


def lids_relief(frame: Frame) -> Field:
    """Eyeballs under the lids, the fold above them and the brow bone."""
    relief = 0.05 * twin(frame, (0.52, -0.36), (0.24, 0.07), 0.1)
    relief += 0.06 * twin(frame, (0.5, -0.01), (0.20, 0.13))
    relief -= 0.05 * twin(frame, (0.28, -0.12), (0.07, 0.09))
    relief -= 0.035 * twin(frame, (0.52, -0.20), (0.20, 0.035))
    relief -= 0.008 * twin(frame, (0.42, 0.19), (0.16, 0.03), 0.35)
    return np.asarray(relief, np.float32)


def height_field(frame: Frame) -> Field:
    """Height towards the viewer in face units at every pixel of the face."""
    cheeks = 0.065 * twin(frame, (0.58, 0.44), (0.20, 0.14))
    chin = 0.05 * bump(frame, (0, 1.50), (0.15, 0.11))
    inside = (frame.fill(features.face_outline()) > 0.5).astype(np.uint8)
    inward = cv2.distanceTransform(inside, cv2.DIST_L2, 5).astype(np.float32) / frame.unit
    jaw = -0.24 * frame.blur(smoothstep(0.27, -0.03, inward) ** 2, 0.02)
    relief = base_height(frame) + lips_relief(frame) + nose_relief(frame) + lids_relief(frame)
    return np.asarray(relief + cheeks + chin + jaw, np.float32)
