"""The key, and what the sound's colour suggests."""

from typing import Any

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles
from musicapp_pipeline.analysis.spectra import CHROMA_FPS, Spectra

_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


def find_key(song: Spectra) -> tuple[str | None, float]:
    """The key's name (``"A minor"``) and how far it leads the next, 0 to 1.

    Source: Krumhansl & Kessler's key profiles (1982), correlated with the mean chroma.
    """
    frames = song.chroma / (song.chroma.sum(axis=1, keepdims=True) + 1e-9)
    loud = song.chroma.sum(axis=1) > 1e-6
    if not loud.any():
        return None, 0.0
    mean = frames[loud].mean(axis=0).astype(np.float64)
    if mean.std() < 1e-6:
        return None, 0.0
    scores = [
        (float(np.corrcoef(np.roll(profile, root), mean)[0, 1]), f"{_NAMES[root]} {mode}")
        for mode, profile in (("major", _MAJOR), ("minor", _MINOR))
        for root in range(12)
    ]
    scores.sort(reverse=True)
    lead = (scores[0][0] - scores[1][0]) / 0.3
    return scores[0][1], float(np.clip(lead, 0, 1) * np.clip(scores[0][0], 0, 1))


def spectral_features(song: Spectra, flux: Doubles, key: str | None, bpm: float) -> dict[str, Any]:
    """Means over the song, curves twice a second, and proxies for brightness and mood.

    ``brightness``, ``valence`` and ``arousal`` are 0 to 1; the last two are proxies from mode,
    tempo, brightness and activity, good for choosing a look, not a measurement of feeling.
    """
    loud = song.chroma.sum(axis=1) > 1e-6
    shape = song.shape[loud] if loud.any() else song.shape
    centroid, rolloff, flatness = (float(v) for v in shape.mean(axis=0))
    brightness = float(np.clip(np.log2(max(centroid, 1) / 500) / 3, 0, 1)) if loud.any() else 0.0
    activity = float(np.clip(flux.mean() / 0.12, 0, 1)) if len(flux) else 0.0
    pace = float(np.clip((bpm - 60) / 110, 0, 1)) if bpm else 0.0
    mode = 0.5 if key is None else 0.75 if key.endswith("major") else 0.3
    arousal = 0.4 * activity + 0.35 * pace + 0.25 * brightness
    step = CHROMA_FPS // 2
    return {
        "centroid_hz": round(centroid, 1),
        "rolloff_hz": round(rolloff, 1),
        "flatness": round(flatness, 4),
        "flux": round(float(flux.mean()) if len(flux) else 0.0, 4),
        "brightness": round(brightness, 3),
        "valence": round(0.7 * mode + 0.3 * brightness, 3),
        "arousal": round(arousal, 3),
        "curve_step": 0.5,
        "centroid_curve": [round(float(v), 1) for v in song.shape[::step, 0]],
    }
