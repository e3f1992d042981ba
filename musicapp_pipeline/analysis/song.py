"""Hear a whole song: decode once, measure, and bring the parts together."""

from pathlib import Path
from typing import Any

import numpy as np

from musicapp_pipeline.analysis import beats, labels, loudness, onsets, sections, tonality
from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.model import Beat, EnergyPoint, Section, SongAnalysis
from musicapp_pipeline.analysis.spectra import SAMPLE_RATE, Spectra, spectra
from musicapp_pipeline.progress import OnProgress, silent

_DIGITS = 4
"""Times are kept to a tenth of a millisecond, so that equal input gives equal bytes."""


def analyze_song(path: Path, *, on_progress: OnProgress = silent) -> SongAnalysis:
    """Hear a song.

    Args:
        path: any audio file, or a video file with sound.
        on_progress: told the finished share.

    Returns:
        The analysis. Silence, speech and very short files yield a plain grid with confidence 0
        and a note.

    Raises:
        MediaError: the file is missing, empty or holds no sound that can be decoded.
    """
    on_progress(0.0, "decoding")
    samples = _read(path)
    return analyze_samples(samples, on_progress=on_progress)


def analyze_samples(samples: Floats, *, on_progress: OnProgress = silent) -> SongAnalysis:
    """Hear a song that is already decoded: mono at 22,050 Hz, (n,)."""
    on_progress(0.2, "spectra")
    heard = spectra(samples)
    flux = onsets.band_flux(heard.mel)
    on_progress(0.5, "beats")
    grid = beats.find_beats(heard, flux)
    strength = onsets.onset_strength(flux)
    onset_times, onset_strengths = onsets.pick_onsets(strength)
    on_progress(0.8, "sections")
    parts = _sections(heard, grid)
    key, key_lead = tonality.find_key(heard)
    lufs = loudness.integrated_lufs(samples)
    points, energies = loudness.energy_curve(heard.power)
    features = tonality.spectral_features(
        heard, flux.mean(axis=1).astype(np.float64), key, grid.bpm
    )
    on_progress(1.0, "heard")
    return SongAnalysis(
        duration=round(heard.duration, 6),
        bpm=round(grid.bpm, 3),
        bpm_confidence=round(grid.confidence, 3),
        bpm_alternatives=grid.alternatives,
        metre=grid.metre,
        beats=_beats(grid.times, grid.strengths),
        downbeats=_times(grid.downbeats),
        onsets=_times(onset_times),
        onset_strengths=tuple(round(float(s), 3) for s in onset_strengths),
        energy_curve=tuple(
            EnergyPoint(time=round(float(t), 3), energy=round(float(e), 4))
            for t, e in zip(points, energies, strict=True)
        ),
        sections=parts,
        spectral_features={**features, "key_confidence": round(key_lead, 3)},
        loudness_lufs=None if lufs is None else round(lufs, 2),
        key=key,
        notes=_notes(grid, lufs, heard),
    )


def _read(path: Path) -> Floats:
    from musicapp_pipeline.media.audio import read_mono

    samples: Floats = np.ascontiguousarray(read_mono(path, SAMPLE_RATE), np.float32)
    return samples


def _sections(heard: Spectra, grid: beats.BeatGrid) -> tuple[Section, ...]:
    features = sections.bar_features(heard, grid.downbeats)
    return labels.label_sections(features, sections.boundaries(features), grid.confidence)


def _beats(times: Doubles, strengths: Doubles) -> tuple[Beat, ...]:
    return tuple(
        Beat(time=round(float(t), _DIGITS), strength=round(float(min(max(s, 0.0), 1.0)), 3))
        for t, s in zip(times, strengths, strict=True)
    )


def _times(values: Doubles) -> tuple[float, ...]:
    return tuple(round(float(v), _DIGITS) for v in values)


def _notes(grid: beats.BeatGrid, lufs: float | None, heard: Spectra) -> tuple[str, ...]:
    notes: list[Any] = list(grid.notes)
    if lufs is None:
        notes.insert(0, "the song is silent" if heard.duration >= 0.4 else "shorter than 0.4 s")
    return tuple(notes)
