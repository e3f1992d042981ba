"""Beats, bars and tempo of a song."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter1d

from musicapp_pipeline.analysis import bars, onsets, pulse
from musicapp_pipeline.analysis.arrays import Doubles, Floats, Ints
from musicapp_pipeline.analysis.spectra import CHROMA_FPS, FPS, Spectra

RULER_BPM = 120.0
"""The grid of a song in which no pulse is heard."""


@dataclass(frozen=True, slots=True)
class BeatGrid:
    """Beat times in seconds, strengths 0 to 1, positions in the bar (0 is the downbeat)."""

    times: Doubles
    strengths: Doubles
    position: Ints
    metre: int
    bpm: float
    confidence: float
    alternatives: tuple[float, ...]
    notes: tuple[str, ...] = ()

    @property
    def downbeats(self) -> Doubles:
        return np.asarray(self.times[self.position == 0])


def find_beats(song: Spectra, flux: Floats) -> BeatGrid:
    """Hear the beat grid of a song.

    Args:
        song: its spectra.
        flux: band flux at 100 fps, see :func:`onsets.band_flux`.
    """
    activation, contrast = onset_activation(flux)
    if song.duration < 0.6 or float(activation.max(initial=0)) < 0.05:
        return _ruler(song.duration, "no beat heard: the grid is a plain 120 BPM ruler")
    found = pulse.track_pulse(activation, prior=pulse.lognormal_tempo(115.0, 0.7))
    if len(found.frames) < 2:
        return _ruler(song.duration, "too short for a beat: the grid is a plain 120 BPM ruler")
    times, strengths = _place(found.frames, found.intervals, activation)
    inside = (times >= 0) & (times < song.duration)
    times, strengths = times[inside], strengths[inside]
    accent = _accent(times, contrast, song)
    found_bars = bars.find_bars(accent)
    confidence = pulse_confidence(times, activation)
    bpm = tempo_of(times)
    notes = []
    if confidence < 0.35:
        notes.append("the beat is weak or free: check the grid before you trust it")
    if len(times) > 8 and _unsteadiness(times) > 0.08:
        notes.append("the tempo varies; bpm is the median")
    return BeatGrid(
        times,
        strengths,
        found_bars.position,
        found_bars.metre,
        bpm,
        confidence,
        tuple(round(bpm * f, 3) for f in (0.5, 2.0) if 30 <= bpm * f <= 300),
        tuple(notes),
    )


def onset_activation(flux: Floats) -> tuple[Doubles, Floats]:
    """How much each frame sounds like a beat from attacks alone, 0 to 1, and the band contrasts."""
    contrast = onsets.local_contrast(flux)
    curve = contrast.mean(axis=1) + 0.5 * contrast[:, 0]
    smooth = gaussian_filter1d(curve.astype(np.float64), 1.5)
    return 1 - np.exp(-0.55 * smooth), contrast


def tempo_of(times: Doubles) -> float:
    """Beats a minute from the median interval, over four beats where there are enough."""
    if len(times) < 2:
        return 0.0
    span = min(4, len(times) - 1)
    return float(60 * span / np.median(times[span:] - times[:-span]))


def pulse_confidence(times: Doubles, activation: Doubles) -> float:
    """How much more happens on the beats than between them, and how steady they are, 0 to 1."""
    if len(times) < 4:
        return 0.0
    frames = np.clip(np.round(times * FPS).astype(int), 0, len(activation) - 1)
    near = np.stack(
        [activation[np.clip(frames + k, 0, len(activation) - 1)] for k in (-2, -1, 0, 1, 2)]
    )
    on = float(near.max(axis=0).mean())
    contrast = on - float(activation.mean())
    steady = float(np.exp(-6 * _unsteadiness(times)))
    enough = min(1.0, len(times) / 12)
    return float(np.clip(contrast / 0.55, 0, 1)) * steady * enough


def _unsteadiness(times: Doubles) -> float:
    gaps = np.diff(times)
    return float(np.median(np.abs(gaps / np.median(gaps) - 1)))


def _place(frames: Ints, intervals: Ints, activation: Doubles) -> tuple[Doubles, Doubles]:
    """Move each beat to the peak within its region, between frames."""
    times, strengths = [], []
    for frame, interval in zip(frames, intervals, strict=True):
        width = max(1, int(np.ceil(interval * pulse.BEAT_SHARE)))
        region = activation[frame : frame + width + 1]
        peak = int(frame) + int(region.argmax())
        times.append(onsets.refine_peak(activation.astype(np.float32), peak) / FPS)
        strengths.append(float(region.max()))
    return np.array(times) - onsets.LATENCY, np.array(strengths)


def _accent(times: Doubles, contrast: Floats, song: Spectra) -> Doubles:
    """How much each beat sounds like a downbeat: a low attack and a change of harmony."""
    frames = np.clip(np.round(times * FPS).astype(int), 0, len(contrast) - 1)
    low = np.array([contrast[max(0, f - 3) : f + 5, 0].max() for f in frames])
    edges = np.clip(
        np.round(np.append(times, song.duration) * CHROMA_FPS).astype(int), 0, len(song.chroma)
    )
    per_beat = np.stack(
        [
            song.chroma[min(a, len(song.chroma) - 1) : max(b, a + 1)].mean(axis=0)
            for a, b in pairwise(edges)
        ]
    )
    per_beat /= np.linalg.norm(per_beat, axis=1, keepdims=True) + 1e-9
    change = np.zeros(len(times))
    for i in range(1, len(times)):
        change[i] = 1 - float(
            per_beat[max(0, i - 2) : i].mean(axis=0) @ per_beat[i : i + 2].mean(axis=0)
        )
    return standard(0.5 * standard(low) + standard(change))


def standard(values: Doubles) -> Doubles:
    """Mean 0, deviation 1."""
    scaled: Doubles = (values - values.mean()) / (values.std() + 1e-9)
    return scaled


def _ruler(duration: float, note: str) -> BeatGrid:
    times = np.arange(0, duration, 60 / RULER_BPM)
    position = np.arange(len(times)) % 4
    return BeatGrid(times, np.zeros(len(times)), position, 4, RULER_BPM, 0.0, (), (note,))
