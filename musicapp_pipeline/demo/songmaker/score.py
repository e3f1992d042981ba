"""A song as written: parts on bars, chords, notes and lyrics. Positions are in beats."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from musicapp_pipeline.demo.songmaker.errors import BadScore


@dataclass(frozen=True)
class Note:
    """``beat`` counts from the start of the part; ``beats`` is the length; ``pitch`` is MIDI."""

    beat: float
    beats: float
    pitch: int
    level: float = 1.0


@dataclass(frozen=True)
class Lyric:
    """One sung line: its words with hyphens between syllables, and one note a syllable."""

    syllables: str
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        wanted = len(self.syllables.replace("-", " ").split())
        if wanted != len(self.notes):
            raise BadScore(
                f"{self.syllables!r} has {wanted} syllables but {len(self.notes)} notes;"
                " write one note a syllable",
                field="notes",
                value=len(self.notes),
                allowed=wanted,
            )

    @property
    def text(self) -> str:
        """The line as people read it."""
        return self.syllables.replace("-", "")


@dataclass(frozen=True)
class Part:
    """A stretch of bars played the same way.

    ``chords`` repeat, one a bar. ``layers`` names who plays (see ``arrangement.LAYERS``);
    ``energy`` (0 to 1) sets how bright and loud. ``hook`` is the instrumental line.
    """

    name: str
    type: str
    bars: int
    chords: tuple[str, ...]
    energy: float
    layers: frozenset[str]
    lyrics: tuple[Lyric, ...] = ()
    hook: tuple[Note, ...] = ()
    harmony: bool = False
    """Whether the sung lines get doubles and a second voice."""


@dataclass(frozen=True)
class Song:
    """Everything that is needed to render; the same value gives the same sound."""

    title: str
    style: str
    bpm: Fraction
    metre: int
    parts: tuple[Part, ...]
    key: int
    """Pitch class of the tonic, 0 is C."""
    seed: int = 0
    lead_in: float = 0.2
    """Seconds of silence before the first beat."""
    tail: float = 2.0
    """Seconds after the last part, over which the final chord on its downbeat rings."""

    @property
    def beats(self) -> int:
        """Beats of all parts; the final chord is one more."""
        return sum(part.bars for part in self.parts) * self.metre

    @property
    def duration(self) -> float:
        """Seconds from the first sample to the last."""
        return self.seconds(self.beats) + self.tail

    def seconds(self, beat: float) -> float:
        """When a beat, counted from the start of the song, is played."""
        return self.lead_in + beat * float(60 / self.bpm)

    def placed(self) -> Iterator[tuple[int, Part]]:
        """Each part with the beat on which it starts."""
        beat = 0
        for part in self.parts:
            yield beat, part
            beat += part.bars * self.metre

    def bars(self) -> Iterator[tuple[int, int, Part]]:
        """Each bar: its first beat in the song, its number within its part, and the part."""
        for start, part in self.placed():
            for bar in range(part.bars):
                yield start + bar * self.metre, bar, part
