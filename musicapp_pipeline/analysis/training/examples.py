"""Generated songs as what the network is fed: features, targets, weights, and their variations."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.features import (
    NETWORK_FPS,
    harmonic_change,
    network_frames,
    network_input,
)
from musicapp_pipeline.analysis.onsets import rise
from musicapp_pipeline.analysis.spectra import MEL_BANDS, SAMPLE_RATE, spectra

Rng = np.random.Generator
_WIDTH = 0.8
"""Frames by which a target spreads, so that its peak says where between frames the beat is."""
_TURN_WIDTH = 5.0
"""The same where sections meet: they are felt more than heard."""


@dataclass(slots=True)
class Example:
    """One song. ``mel`` is kept in half precision; times are in seconds.

    ``turns`` are where sections begin, ``tune`` where something has the lead, ``voice`` where
    somebody sings.
    """

    name: str
    mel: NDArray[np.float16]
    harmony: Floats
    beats: Doubles
    downbeats: Doubles
    silent: list[tuple[float, float]]
    turns: Doubles
    tune: list[tuple[float, float]]
    voice: list[tuple[float, float]]


def load(json_path: Path) -> Example:
    """Read a generated song and measure it; the features are cached beside it."""
    import soundfile

    facts = json.loads(json_path.read_text())
    cache = json_path.with_suffix(".npz")
    if cache.exists():
        stored = np.load(cache)
        mel, harmony = stored["mel"], stored["harmony"]
    else:
        samples, rate = soundfile.read(json_path.with_suffix(".wav"), dtype="float32")
        if rate != SAMPLE_RATE:
            raise ValueError(f"{json_path.stem} is at {rate} Hz; generate it at {SAMPLE_RATE}")
        heard = spectra(samples)
        mel = heard.mel.astype(np.float16)
        harmony = harmonic_change(heard.chroma, network_frames(heard.mel))
        np.savez(cache, mel=mel, harmony=harmony)
    return Example(
        json_path.stem,
        mel,
        harmony,
        np.array(facts["beats"]),
        np.array(facts["downbeats"]),
        [(float(a), float(b)) for a, b in facts["silent"]],
        np.array([start for start, _, _ in facts["sections"]]),
        [(float(a), float(b)) for a, b in facts["tune"]],
        [(float(a), float(b)) for a, b in facts["voice"]],
    )


def excerpt(song: Example, frames: int, rng: Rng) -> tuple[Floats, Floats, Floats]:
    """A random stretch, varied in speed, tone and level.

    Args:
        frames: length at 50 fps.

    Returns:
        inputs (frames, 164), targets (frames, 5), see ``train.TASKS``, and weights (frames,).
    """
    speed = float(rng.uniform(0.85, 1.18)) if rng.random() < 0.6 else 1.0
    span = int(np.ceil(frames * speed))
    start = int(rng.integers(0, max(1, len(song.harmony) - span)))
    at = start + np.arange(frames) * speed
    mel = _stretch(song.mel, 2 * start + np.arange(2 * frames) * speed)
    harmony = _stretch(song.harmony, at)
    to_frame = NETWORK_FPS / speed
    offset = start / NETWORK_FPS
    targets = np.stack(
        [
            *(_spread((t - offset) * to_frame, frames) for t in (song.beats, song.downbeats)),
            _spread((song.turns - offset) * to_frame, frames, _TURN_WIDTH),
            *(_within(spans, offset, to_frame, frames) for spans in (song.voice, song.tune)),
        ],
        axis=1,
    )
    weights = ((at >= 0) & (at < len(song.harmony))).astype(np.float32)
    weights[_within(song.silent, offset, to_frame, frames) > 0] = 0
    mel = _colour(mel, rng)
    if rng.random() < 0.08:
        harmony = np.zeros_like(harmony)
    return network_input(mel, rise(mel), harmony), targets, weights


def _within(spans: list[tuple[float, float]], offset: float, to_frame: float, count: int) -> Floats:
    """One inside the spans, zero outside, at so many frames a second from ``offset`` on."""
    inside = np.zeros(count, np.float32)
    for a, b in spans:
        inside[max(0, int((a - offset) * to_frame)) : max(0, int((b - offset) * to_frame))] = 1
    return inside


def _stretch(frames: NDArray[Any], at: NDArray[np.floating[Any]]) -> Floats:
    """Rows at fractional positions; nothing beyond the end."""
    low = np.floor(at).astype(np.int64)
    part = (at - low).astype(np.float32)[:, None]
    last = len(frames) - 1
    a = frames[np.minimum(low, last)].astype(np.float32)
    b = frames[np.minimum(low + 1, last)].astype(np.float32)
    mixed: Floats = a * (1 - part) + b * part
    mixed[low > last] = 0
    return mixed


def _spread(frames: Doubles, count: int, width: float = _WIDTH) -> Floats:
    """A bell of height one around each time."""
    target = np.zeros(count, np.float32)
    reach = int(np.ceil(3 * width))
    for shift in range(-reach, reach + 1):
        index = np.round(frames).astype(np.int64) + shift
        inside = (index >= 0) & (index < count)
        bell = np.exp(-0.5 * np.square((index - frames) / width)).astype(np.float32)
        np.maximum.at(target, index[inside], bell[inside])
    return target


def _colour(mel: Floats, rng: Rng) -> Floats:
    """Another level, another equaliser, bands missing, hiss."""
    gain = rng.normal(0, 0.35)
    knots = rng.normal(0, rng.uniform(0, 0.6), 6)
    curve = np.interp(np.arange(MEL_BANDS), np.linspace(0, MEL_BANDS - 1, 6), knots)
    scaled: Floats = np.log1p(np.expm1(mel) * np.exp(gain + curve).astype(np.float32))
    if rng.random() < 0.4:
        width = int(rng.integers(3, 20))
        start = int(rng.integers(0, MEL_BANDS - width))
        scaled[:, start : start + width] = 0
    if rng.random() < 0.15:
        scaled[:, int(rng.integers(45, MEL_BANDS)) :] = 0
    if rng.random() < 0.25:
        hiss = rng.exponential(10 ** rng.uniform(-2, 0), scaled.shape).astype(np.float32)
        scaled = np.log1p(np.expm1(scaled) + hiss)
    if rng.random() < 0.3:
        scaled = np.roll(scaled, int(rng.integers(-3, 4)), axis=1)
    return scaled
