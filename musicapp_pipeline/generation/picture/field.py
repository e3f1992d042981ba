"""Small drawing tools: smooth noise, soft discs, glow and the way from floats to frames."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.generation.picture.cv import cv2

Floats = NDArray[np.float32]
Frame = NDArray[np.uint8]


def fbm(
    rng: np.random.Generator, height: int, width: int, *, cells: int = 4, octaves: int = 4
) -> Floats:
    """Smooth noise that tiles in both directions, shape (height, width), about 0 to 1.

    Args:
        rng: the source.
        height: in pixels.
        width: in pixels.
        cells: blobs across in the coarsest octave.
        octaves: each twice as fine and half as strong as the one before.
    """
    total = np.zeros((height, width), np.float32)
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        n = cells * 2**octave
        grid = rng.random((n, n), dtype=np.float32)
        # Wrapping the grid before enlarging makes the edges meet; resize is exact where remap
        # rounds positions to 1/32 of a cell, which shows as stripes.
        edge = 3
        wrapped = np.pad(grid, edge, mode="wrap")
        step_x, step_y = -(-width // n), -(-height // n)
        whole = ((n + 2 * edge) * step_x, (n + 2 * edge) * step_y)
        large = cv2.resize(wrapped, whole, interpolation=cv2.INTER_CUBIC)
        tile = large[edge * step_y : (edge + n) * step_y, edge * step_x : (edge + n) * step_x]
        if tile.shape != (height, width):
            tile = cv2.resize(tile, (width, height), interpolation=cv2.INTER_AREA)
        total += weight * tile
        norm += weight
        weight *= 0.5
    total /= norm
    low, high = np.percentile(total, [1, 99])
    return np.asarray(np.clip((total - low) / max(high - low, 1e-6), 0, 1), np.float32)


def smoothstep(low: float, high: float, x: NDArray[np.floating]) -> Floats:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def add_disc(
    canvas: Floats,
    x: float,
    y: float,
    radius: float,
    colour: Floats,
    *,
    edge: float = 0.2,
    rim: float = 0.0,
) -> None:
    """Add a soft disc of light to a float canvas (height, width, 3), placed to the sub-pixel.

    Args:
        edge: share of the radius over which it fades; 1 is a soft glow.
        rim: how much brighter the rim is, as out-of-focus highlights have.
    """
    height, width = canvas.shape[:2]
    x0, x1 = max(int(x - radius - 1), 0), min(int(x + radius + 2), width)
    y0, y1 = max(int(y - radius - 1), 0), min(int(y + radius + 2), height)
    if x0 >= x1 or y0 >= y1:
        return
    dx = np.arange(x0, x1, dtype=np.float32) - np.float32(x)
    dy = np.arange(y0, y1, dtype=np.float32) - np.float32(y)
    distance = np.sqrt(dy[:, None] ** 2 + dx[None, :] ** 2) / np.float32(radius)
    alpha = np.clip((1 - distance) / edge, 0, 1)
    alpha *= alpha * (3 - 2 * alpha)
    if rim:
        alpha *= 1 + rim * np.clip(distance, 0, 1) ** 4
    canvas[y0:y1, x0:x1] += alpha[:, :, None] * colour


def glow(frame: Frame, strength: float, *, shrink: int = 4, sigma: float = 5.0) -> Frame:
    """The frame with its bright parts bleeding light; cheap because blurred small."""
    height, width = frame.shape[:2]
    small = cv2.resize(frame, (width // shrink, height // shrink), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma)
    wide = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.addWeighted(frame, 1.0, wide, strength, 0), np.uint8)


def to_frame(canvas: Floats, width: int, height: int) -> Frame:
    """A float canvas (0 to 1, any size) as an 8-bit frame of the asked size."""
    levels = canvas * np.float32(255)
    # A fixed grain under one level, added before rounding, keeps soft gradients free of bands.
    levels += _grain(*canvas.shape[:2])
    small = np.clip(levels, 0, 255).astype(np.uint8)
    if canvas.shape[:2] != (height, width):
        small = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(small, np.uint8)


@lru_cache(maxsize=8)
def _grain(height: int, width: int) -> Floats:
    return np.random.default_rng(1).random((height, width, 1), dtype=np.float32)


def work_size(width: int, height: int, short: int) -> tuple[int, int]:
    """Width and height of a smaller canvas of the same shape whose short side is ``short``."""
    scale = min(1.0, short / min(width, height))
    return max(8, round(width * scale)), max(8, round(height * scale))


def vertical(stops: list[tuple[float, Floats]], height: int) -> Floats:
    """A vertical gradient, shape (height, 1, 3), through colours at heights 0 (top) to 1."""
    at = np.linspace(0, 1, height)
    knots = np.array([position for position, _ in stops])
    colours = np.stack([colour for _, colour in stops])
    columns = [np.interp(at, knots, colours[:, c]) for c in range(3)]
    return np.stack(columns, axis=1)[:, None, :].astype(np.float32)


def rgb8(colour: Floats) -> tuple[int, int, int]:
    """A float RGB colour as the numbers that OpenCV's drawing calls take."""
    r, g, b = (round(float(c) * 255) for c in np.clip(colour, 0, 1))
    return r, g, b
