"""What a composed song is made of. Positions are in beats; seconds come from the tempo map."""

from dataclasses import dataclass, field

import numpy as np

from musicapp_pipeline.analysis.arrays import Doubles

DRUMS = 9
"""The General MIDI drum channel."""
VOICES = (52, 53, 54)
"""General MIDI programs that sound like voices."""
BREATH = 0.6
"""Seconds without a note that still belong to a phrase."""


@dataclass(frozen=True, slots=True)
class Note:
    """``part`` names a layer; drums use their General MIDI key as ``pitch``."""

    start: float
    length: float
    part: str
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the form: its type, first beat and one past its last beat."""

    kind: str
    start: int
    end: int


@dataclass(slots=True)
class Score:
    """A whole song before it sounds.

    Attributes:
        metre: beats a bar.
        seconds: time of every beat and of the end, (beats + 1,).
        silent: for each beat, whether the song is silent there.
        swing: where the second eighth of a beat lies, .5 (straight) to .67.
        swing16: the same for the second sixteenth of an eighth.
        jitter: standard deviation of a player's timing in seconds.
        sung: whether a voice has the lead, not an instrument.
    """

    metre: int
    style: str
    seconds: Doubles
    parts: list[Part]
    notes: list[Note] = field(default_factory=list)
    programs: dict[str, int] = field(default_factory=dict)
    kit: int = 0
    silent: frozenset[int] = frozenset()
    swing: float = 0.5
    swing16: float = 0.5
    jitter: float = 0.004
    sung: bool = False

    def time_of(self, beat: float) -> float:
        """When a position sounds, swing included."""
        whole = int(np.floor(beat))
        inside = _swung(beat - whole, self.swing, self.swing16)
        if whole < 0:
            return float(self.seconds[0] + (whole + inside) * (self.seconds[1] - self.seconds[0]))
        if whole >= len(self.seconds) - 1:
            step = float(self.seconds[-1] - self.seconds[-2])
            return float(self.seconds[-1]) + (whole + inside - len(self.seconds) + 1) * step
        here, after = self.seconds[whole], self.seconds[whole + 1]
        return float(here + inside * (after - here))

    @property
    def beats(self) -> Doubles:
        """Times of the beats that sound, in seconds."""
        count = len(self.seconds) - 1
        return np.array([self.seconds[i] for i in range(count) if i not in self.silent])

    @property
    def downbeats(self) -> Doubles:
        """Times of the bars' first beats that sound, in seconds."""
        first = range(0, len(self.seconds) - 1, self.metre)
        return np.array([self.seconds[i] for i in first if i not in self.silent])

    @property
    def tune(self) -> list[tuple[float, float]]:
        """Spans in seconds in which something has the lead; short breaths do not end one."""
        return self._spans("lead", "solo")

    @property
    def voice(self) -> list[tuple[float, float]]:
        """Spans in seconds in which somebody sings."""
        return self._spans("lead") if self.sung or self.programs["lead"] in VOICES else []

    def _spans(self, *layers: str) -> list[tuple[float, float]]:
        spans: list[tuple[float, float]] = []
        for note in sorted(self.notes, key=lambda note: note.start):
            if note.part in layers:
                start, end = self.time_of(note.start), self.time_of(note.start + note.length)
                if spans and start - spans[-1][1] < BREATH:
                    start, end = spans[-1][0], max(end, spans[-1][1])
                    spans.pop()
                spans.append((start, end))
        return spans


def _swung(inside: float, swing: float, swing16: float) -> float:
    half = inside * 2
    eighth, rest = int(half), half - int(half)
    rest = rest * 2 * swing16 if rest < 0.5 else swing16 + (rest - 0.5) * 2 * (1 - swing16)
    return rest * swing if eighth == 0 else swing + rest * (1 - swing)
