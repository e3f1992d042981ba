"""How the music feels, in a few words: energy, brightness, key and form."""

from math import isfinite
from typing import Any, Final, Literal

from musicapp_pipeline.analysis.model import SongAnalysis

Tone = Literal["dark", "bright"]

_WORDS: Final[dict[Tone, tuple[str, str, str, str]]] = {
    "dark": (
        "brooding and still",
        "melancholic, restrained",
        "tense and driving",
        "fierce, unleashed",
    ),
    "bright": ("tender and still", "warm, unhurried", "hopeful and driving", "euphoric, wide open"),
}
_FORM: Final = {
    "intro": "anticipating",
    "prechorus": "building",
    "bridge": "turning inward",
    "breakdown": "suspended",
    "outro": "letting go",
}
CENTROID_MIDDLE: Final = 2200.0
"""Hz; the usual spectral centroid of popular recordings."""


def tone_of(analysis: SongAnalysis) -> Tone:
    """Whether the song as a whole leans dark or bright, by its key and its spectrum."""
    score = 0.0
    key = (analysis.key or "").strip().lower()
    if key:
        minor = "min" in key or key.endswith("m")
        score += -0.6 if minor else 0.6
    score += _brightness(analysis.spectral_features)
    return "bright" if score > 0 else "dark"


def _brightness(features: dict[str, Any]) -> float:
    """-0.5 to 0.5 from whatever the analysis says of brightness."""
    value = features.get("brightness")
    if isinstance(value, int | float) and isfinite(value) and 0 <= value <= 1:
        return float(value) - 0.5
    for name in ("centroid_mean", "spectral_centroid_mean", "centroid"):
        hz = features.get(name)
        if isinstance(hz, int | float) and isfinite(hz) and hz > 0:
            return min(max((float(hz) - CENTROID_MIDDLE) / CENTROID_MIDDLE, -0.5), 0.5)
    return 0.0


def mood_of(tone: Tone, section_type: str, energy: float) -> str:
    """A few words for a scene, for example ``"tense and driving, building"``."""
    word = _WORDS[tone][min(3, int(energy * 4))]
    form = _FORM.get(section_type)
    return f"{word}, {form}" if form else word
