"""Tunes for words, and tunes without words, by chance on the chords."""

import numpy as np

from musicapp_pipeline.demo.songmaker.harmony import chord_notes, scale
from musicapp_pipeline.demo.songmaker.score import Lyric, Note

QUAVER = 0.5
_BREATH = 0.75
"""Beats left free at a line's end."""


def compose_line(
    syllables: str,
    start: float,
    metre: int,
    bars: int,
    key: int,
    chords: tuple[str, ...],
    centre: int,
    rng: np.random.Generator,
) -> Lyric:
    """A tune for one line.

    Args:
        syllables: the line with hyphens between syllables.
        start: its first beat within the part.
        metre: beats a bar.
        bars: bars it may take.
        key: pitch class of the scale.
        chords: one a bar, repeating, from the part's start.
        centre: MIDI pitch around which it moves.
        rng: chance; the same generator state gives the same contour for any words.
    """
    count = len(syllables.replace("-", " ").split())
    lengths = _rhythm(count, bars * metre - _BREATH, rng)
    steps = np.cumsum(rng.choice([-2, -1, -1, 0, 1, 1, 2], size=32))
    notes = scale(key, centre - 7, centre + 7)
    middle = len(notes) // 2
    out, at = [], start
    for index, beats in enumerate(lengths):
        wanted = notes[int(np.clip(middle + steps[index], 0, len(notes) - 1))]
        strong = at == int(at) or beats >= 1.0
        chord = chords[int(at // metre) % len(chords)]
        pitch = _nearest(wanted, chord) if strong else wanted
        out.append(Note(at, beats, pitch))
        at += beats
    return Lyric(syllables, tuple(out))


def _rhythm(count: int, room: float, rng: np.random.Generator) -> list[float]:
    """Lengths of ``count`` notes: quavers, some doubled, the last one held."""
    lengths = [QUAVER] * count
    spare = int((room - QUAVER * count) / QUAVER)
    held = min(max(spare - count // 3, 0), 3)
    lengths[-1] += held * QUAVER
    order = rng.permutation(count - 1)[: max(min(spare - held, count - 1), 0)]
    for index in order:
        lengths[index] += QUAVER
    if spare < 0:  # More syllables than quavers: everything a little quicker.
        lengths = [length * room / (QUAVER * count) for length in lengths]
    return lengths


def _nearest(pitch: int, chord: str) -> int:
    candidates = chord_notes(chord, pitch - 6) + chord_notes(chord, pitch + 1)
    return min(candidates, key=lambda candidate: (abs(candidate - pitch), candidate))


def compose_hook(
    bars: int, metre: int, chords: tuple[str, ...], rng: np.random.Generator
) -> tuple[Note, ...]:
    """A two-bar motif on the chords, repeated."""
    slots = np.arange(0.0, 2 * metre - 0.5, QUAVER)
    chosen = np.sort(rng.choice(slots, size=metre + 2, replace=False))
    degrees = rng.integers(0, 4, size=len(chosen))
    ends = np.append(chosen[1:], 2.0 * metre - 0.25)
    out = []
    for bar in range(0, bars, 2):
        for at, end, degree in zip(chosen, ends, degrees, strict=True):
            chord = chords[(bar + int(at // metre)) % len(chords)]
            notes = chord_notes(chord, 69) + chord_notes(chord, 81)[:1]
            length = float(min(end - at, 1.5))
            out.append(Note(bar * metre + float(at), length, notes[int(degree)]))
    return tuple(out)
