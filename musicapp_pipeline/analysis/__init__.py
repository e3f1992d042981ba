"""Hearing a song: beats, bars, sections, energy, loudness, key.

Everything heavy is imported on the first call, so importing this package is cheap.
"""

from pathlib import Path
from typing import Any

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.progress import OnProgress, silent

__all__ = ["SongAnalysis", "analyze_audio", "analyze_song"]


def analyze_song(path: Path, *, on_progress: OnProgress = silent) -> SongAnalysis:
    """Hear a song; see ``musicapp_pipeline.analysis.song.analyze_song``."""
    from musicapp_pipeline.analysis.song import analyze_song as hear

    return hear(path, on_progress=on_progress)


def analyze_audio(audio_path: str) -> dict[str, Any]:
    """Hear a song; the specification's dict (plain JSON data) and more keys beside it.

    Args:
        audio_path: any audio file, or a video file with sound.

    Returns:
        ``bpm``, ``duration``, ``beats``, ``onsets``, ``energy_curve``, ``sections``,
        ``spectral_features`` as specified, and ``downbeats``, ``metre``, ``metre_confidence``,
        ``bpm_confidence``, ``bpm_alternatives``, ``grid_by_person``, ``onset_strengths``,
        ``loudness_lufs``, ``key``, ``notes``.
    """
    return analyze_song(Path(audio_path)).to_dict()
