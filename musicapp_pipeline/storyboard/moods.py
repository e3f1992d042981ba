"""How the music feels, in a few words: energy, brightness, key and form."""

from math import isfinite
from typing import Final, Literal

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.storyboard.density import DRIVE, drive_of

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


def tone_of(analysis: SongAnalysis) -> Tone:
    """Whether the song as a whole leans dark or bright: its valence, else its key and spectrum."""
    valence = _share(analysis.spectral_features.get("valence"))
    if valence is not None:
        return "bright" if valence > 0.5 else "dark"
    score = (_share(analysis.spectral_features.get("brightness")) or 0.5) - 0.5
    key = (analysis.key or "").strip().lower()
    if key:
        score += -0.6 if "min" in key or key.endswith("m") else 0.6
    return "bright" if score > 0 else "dark"


def _share(value: object) -> float | None:
    usable = isinstance(value, int | float) and isfinite(value) and 0 <= value <= 1
    return float(value) if usable and isinstance(value, int | float) else None


def mood_of(tone: Tone, section_type: str, energy: float) -> str:
    """A few words for a scene, for example ``"tense and driving, building"``."""
    if section_type in DRIVE:
        # A verse as loud as its chorus still feels less: form tempers what is measured.
        energy = 0.6 * energy + 0.4 * drive_of(section_type)
    word = _WORDS[tone][min(3, int(energy * 4))]
    form = _FORM.get(section_type)
    return f"{word}, {form}" if form else word
