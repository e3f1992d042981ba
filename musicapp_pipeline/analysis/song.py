"""Hear a whole song: decode once, measure, and bring the parts together."""

from pathlib import Path

import numpy as np

from musicapp_pipeline.analysis import beats, labels, loudness, network, onsets, sections, tonality
from musicapp_pipeline.analysis.arrays import Doubles, Floats
from musicapp_pipeline.analysis.decoding import Sound, read_sound, sound_of
from musicapp_pipeline.analysis.model import Beat, EnergyPoint, Section, SongAnalysis
from musicapp_pipeline.analysis.spectra import Spectra, spectra
from musicapp_pipeline.cores import one_core
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
    with one_core():
        return _analyze(read_sound(path), on_progress)


def analyze_samples(samples: Floats, *, on_progress: OnProgress = silent) -> SongAnalysis:
    """Hear a song that is already decoded: mono at 22,050 Hz, (n,)."""
    with one_core():
        return _analyze(sound_of(samples), on_progress)


def _analyze(sound: Sound, on_progress: OnProgress) -> SongAnalysis:
    on_progress(0.2, "spectra")
    song = spectra(sound.samples)
    grown = onsets.rise(song.mel)
    flux = onsets.band_flux(grown)
    on_progress(0.4, "listening")
    heard = network.activations(song, grown)
    on_progress(0.5, "beats")
    grid = beats.find_beats(song, heard, flux)
    strength = onsets.onset_strength(flux)
    onset_times, onset_strengths = onsets.pick_onsets(strength)
    on_progress(0.8, "sections")
    parts = _sections(song, heard, grid, sound.duration)
    key, key_lead = tonality.find_key(song)
    points, energies = loudness.energy_curve(song.power)
    activity = flux.mean(axis=1).astype(np.float64)
    features = tonality.spectral_features(song, activity, key, grid.bpm)
    on_progress(1.0, "heard")
    return SongAnalysis(
        duration=round(sound.duration, 6),
        bpm=round(grid.bpm, 3),
        bpm_confidence=round(grid.confidence, 3),
        bpm_alternatives=grid.alternatives,
        metre=grid.metre,
        metre_confidence=round(grid.bars_confidence, 3),
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
        loudness_lufs=None if sound.lufs is None else round(sound.lufs, 2),
        key=key,
        notes=_notes(grid, sound),
    )


def _sections(
    song: Spectra, heard: Floats, grid: beats.BeatGrid, duration: float
) -> tuple[Section, ...]:
    features = sections.bar_features(song, heard, grid.downbeats)
    found = labels.label_sections(features, sections.boundaries(features), grid.confidence)
    # The resampled song may end a fraction of a sample elsewhere.
    last = found[-1].model_copy(update={"end_time": round(duration, _DIGITS)})
    return (*found[:-1], last)


def _beats(times: Doubles, strengths: Doubles) -> tuple[Beat, ...]:
    return tuple(
        Beat(time=round(float(t), _DIGITS), strength=round(float(min(max(s, 0.0), 1.0)), 3))
        for t, s in zip(times, strengths, strict=True)
    )


def _times(values: Doubles) -> tuple[float, ...]:
    return tuple(round(float(v), _DIGITS) for v in values)


def _notes(grid: beats.BeatGrid, sound: Sound) -> tuple[str, ...]:
    if sound.lufs is None:
        first = "the song is silent" if sound.duration >= 0.4 else "shorter than 0.4 s"
        return (first, *sound.notes, *grid.notes)
    return (*sound.notes, *grid.notes)
