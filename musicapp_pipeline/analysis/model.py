"""What hearing a song yields. Times are seconds from the first decoded sample."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value that can be stored as JSON and read back equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Beat(Frozen):
    """A perceived pulse; ``strength`` 0 to 1."""

    time: float
    strength: float


class EnergyPoint(Frozen):
    """Loudness over time, normalised 0 to 1 within the song."""

    time: float
    energy: float


class Section(Frozen):
    """A part of the song's form. ``type`` is one of ``SECTION_TYPES``; ``name`` may be edited."""

    name: str
    start_time: float
    end_time: float
    type: str
    confidence: float = 0.0


SECTION_TYPES = (
    "intro",
    "verse",
    "prechorus",
    "chorus",
    "bridge",
    "breakdown",
    "instrumental",
    "outro",
)


USABLE = 0.35
"""The confidence from which a grid stands on beats that are heard."""


class SongAnalysis(Frozen):
    """The result of ``analyze_audio``, with the specification's keys and more.

    ``beats`` ascend strictly; ``sections`` tile ``[0, duration]`` without gaps; every downbeat is
    the time of one of the beats. ``grid_by_person`` says that somebody set or corrected the beats,
    and so stands for them. ``notes`` are sentences for people ("no steady beat found").
    """

    duration: float
    bpm: float
    bpm_confidence: float = 0.0
    grid_by_person: bool = False
    bpm_alternatives: tuple[float, ...] = ()
    metre: int = 4
    metre_confidence: float = 0.0
    beats: tuple[Beat, ...] = ()
    downbeats: tuple[float, ...] = ()
    onsets: tuple[float, ...] = ()
    onset_strengths: tuple[float, ...] = ()
    energy_curve: tuple[EnergyPoint, ...] = ()
    sections: tuple[Section, ...] = ()
    spectral_features: dict[str, Any] = {}
    loudness_lufs: float | None = None
    key: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def has_beat(self) -> bool:
        """Whether the beats are to be cut on: heard with some certainty, or a person's.

        What is laid over noise, speech, free time or silence is not: a cut there stands on nothing.
        """
        return self.grid_by_person or self.bpm_confidence >= USABLE

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        return self.model_dump(mode="json")
