"""From the score to what each player strikes when."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from musicapp_pipeline.demo.songmaker.harmony import bass_note, chord_notes
from musicapp_pipeline.demo.songmaker.score import Part, Song
from musicapp_pipeline.demo.songmaker.styles import Style, style_named

LAYERS = (
    "drums",  # the style's full pattern
    "beat",  # its light pattern
    "bass",
    "pad",
    "keys",
    "arp",
    "hook",
    "crash",  # on the part's first beat
    "shaker",  # quavers that keep the pulse where there are no drums
    "fill",  # toms in the part's last bar
    "build",  # a snare roll that grows through the last bar
    "riser",  # into the next part
)
STEP = 0.25
_LEVELS = {"X": 1.0, "x": 0.78, "o": 0.45}


@dataclass(frozen=True)
class Strike:
    """One note for one player; ``beat`` counts from the start of the song."""

    beat: float
    beats: float
    pitch: int
    level: float
    brightness: float


Strikes = dict[str, list[Strike]]


def arrange(song: Song) -> Strikes:
    """What every player does, by player: drum names, ``bass``, ``pad``, ``keys``, ``arp``, ``hook``
    and ``riser``."""
    style = style_named(song.style)
    played: Strikes = defaultdict(list)
    for beat, bar, part in song.bars():
        chord = part.chords[bar % len(part.chords)]
        _drums(played, song.metre, style, part, beat, bar)
        _harmony(played, style, part, beat, chord)
    for start, part in song.placed():
        bright = part.energy
        if "hook" in part.layers:
            played["hook"] += [
                Strike(start + n.beat, n.beats, n.pitch, n.level, bright) for n in part.hook
            ]
        if "riser" in part.layers:
            length = min(part.bars, 2) * song.metre
            end = start + part.bars * song.metre
            played["riser"].append(Strike(end - length, length, 0, 1.0, bright))
    _last_chord(played, song)
    return played


def _groove(played: Strikes, style: Style, part: Part, beat: int, filled: bool) -> None:
    """The style's pattern of a bar; a fill takes the last beat over from all but the kick."""
    pattern = style.full if "drums" in part.layers else style.light
    for drum, steps in pattern.items():
        upto = len(steps) - 4 if filled and drum != "kick" else len(steps)
        played[drum] += [
            Strike(beat + i * STEP, STEP, 0, _LEVELS[mark], part.energy)
            for i, mark in enumerate(steps[:upto])
            if mark in _LEVELS
        ]


def _drums(played: Strikes, metre: int, style: Style, part: Part, beat: int, bar: int) -> None:
    """All that is struck in one bar."""
    last = bar == part.bars - 1
    filled = last and "fill" in part.layers
    if part.layers & {"drums", "beat"}:
        _groove(played, style, part, beat, filled)
    if filled:
        for i, drum in enumerate(("snare", "snare", "tom", "tom")):
            at = beat + metre - 1 + i * STEP
            played[drum].append(Strike(at, STEP, 0, 0.6 + 0.12 * i, part.energy))
    if "shaker" in part.layers:
        played["shaker"] += [
            Strike(beat + i * 0.5, STEP, 0, 0.6 if i % 2 else 1.0, part.energy)
            for i in range(2 * metre)
        ]
    if last and "build" in part.layers:
        # Quavers, then semiquavers, ever louder.
        steps = 4 * metre
        roll = [i for i in range(steps) if i % 2 == 0 or i >= steps // 2]
        played["snare"] += [
            Strike(beat + i * STEP, STEP, 0, 0.15 + 0.6 * (i / steps) ** 2, 1.0) for i in roll
        ]
    if bar == 0 and "crash" in part.layers:
        played["crash"].append(Strike(beat, 1.0, 0, 1.0, part.energy))


def _held(steps: str, silent: str = ".") -> Iterator[tuple[float, float, str]]:
    """``R--.`` as (beat, length in beats, mark)."""
    for i, mark in enumerate(steps):
        if mark not in silent + "-":
            length = 1
            while i + length < len(steps) and steps[i + length] == "-":
                length += 1
            yield i * STEP, length * STEP, mark


def _harmony(played: Strikes, style: Style, part: Part, beat: int, chord: str) -> None:
    bright, bar_beats = part.energy, float(style.metre)
    root = bass_note(chord, 36)
    if "bass" in part.layers:
        steps = style.bass if "drums" in part.layers else style.bass_light
        above = {"R": 0, "O": 12, "F": 7}
        played["bass"] += [
            Strike(beat + at, length, root + above[mark], 1.0, bright)
            for at, length, mark in _held(steps)
        ]
    if "pad" in part.layers:
        played["pad"] += [
            Strike(beat, bar_beats, pitch, 1.0, bright) for pitch in chord_notes(chord, 55)
        ]
    if "keys" in part.layers:
        played["keys"] += [
            Strike(beat + at, length, pitch, 1.0, bright)
            for at, length, _ in _held(style.chords)
            for pitch in chord_notes(chord, 57)
        ]
    if "arp" in part.layers:
        notes = chord_notes(chord, 69) + chord_notes(chord, 81)[:1]
        order = notes + notes[-2:0:-1]
        struck = [i for i, mark in enumerate(style.arpeggio) if mark == "x"]
        played["arp"] += [
            Strike(beat + i * STEP, STEP, order[k % len(order)], 1.0 if k % 2 else 0.8, bright)
            for k, i in enumerate(struck)
        ]


def _last_chord(played: Strikes, song: Song) -> None:
    """The downbeat after the last bar, left to ring."""
    part, beat = song.parts[-1], song.beats
    chord = song.parts[0].chords[0]
    ring = max(song.tail - 0.6, 0.2) / float(60 / song.bpm)
    for pitch in chord_notes(chord, 57):
        played["keys"].append(Strike(beat, ring, pitch, 1.0, part.energy))
        played["pad"].append(Strike(beat, ring, pitch, 0.8, part.energy))
    played["bass"].append(Strike(beat, ring, bass_note(chord, 36), 1.0, part.energy))
    played["kick"].append(Strike(beat, STEP, 0, 0.9, part.energy))
