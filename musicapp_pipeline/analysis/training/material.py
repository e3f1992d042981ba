"""What recurs whenever a kind of section returns: its chords, groove and figures."""

from dataclasses import dataclass

import numpy as np

from musicapp_pipeline.analysis.training import grooves, patterns, playing, styles

Rng = np.random.Generator
_PROGRESSIONS = (
    (0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 4, 3), (0, 0, 3, 4), (1, 4, 0, 0),
    (0, 3, 0, 4), (3, 0, 4, 5), (0, 6, 3, 0), (0, 2, 3, 4), (5, 4, 3, 4), (0, 0, 0, 0),
)  # fmt: skip
ENERGY = {
    "intro": 0.35, "verse": 0.6, "prechorus": 0.72, "chorus": 1.0, "bridge": 0.55,
    "breakdown": 0.3, "instrumental": 0.8, "outro": 0.4,
}  # fmt: skip


_PUSHED = 0.15
"""The share of sections whose chords come before the bar, as in much pop."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a kind of section is made of.

    Attributes:
        bars: how long it is.
        chords: scale degrees, each ``chord_bars`` bars long.
        push: beats by which chords come before their bar.
        sung: whether there is a tune; ``solo``: whether an instrument has one instead.
    """

    bars: int
    chords: tuple[int, ...]
    chord_bars: float
    push: float
    groove: grooves.Bar
    bass: list[playing.Event]
    comp: list[playing.Event]
    second: list[playing.Event]
    tune: list[playing.Event]
    tune_bars: int
    drums: bool
    has_bass: bool
    sung: bool
    solo: bool

    def degree(self, bar: int, part: float) -> int:
        """The chord's scale degree at a fraction of a bar."""
        return self.chords[int((bar + part) / self.chord_bars) % len(self.chords)]


def draw(rng: Rng, style: styles.Style, kind: str, metre: int, drumless: bool) -> Material:
    """Invent a kind of section."""
    short = kind in ("intro", "outro", "prechorus", "breakdown")
    usual = (4, 4, 8) if short else (8, 8, 16, 12) if kind == "verse" else (8, 8, 8, 16)
    lengths = usual if short else style.bars or usual
    progressions = style.chords or _PROGRESSIONS
    tune_bars = int(rng.choice([2, 4]))
    busy = float(rng.uniform(0.6, 1.4)) * (0.8 + 0.4 * ENERGY[kind])
    comp, bass = str(rng.choice(style.comp)), str(rng.choice(style.bass))
    # Two chords a bar where a bar has halves; then nobody holds one chord through.
    halves = metre in (4, 6) and rng.random() < 0.2
    if halves:
        comp, bass = ("halves" if comp == "pad" else comp), ("two" if bass == "long" else bass)
    return Material(
        bars=int(rng.choice(lengths)),
        chords=progressions[int(rng.integers(len(progressions)))],
        chord_bars=0.5 if halves else float(rng.choice([1, 1, 1, 2])),
        push=float(rng.choice([0.25, 0.5])) if rng.random() < _PUSHED else 0.0,
        groove=_groove(rng, style, metre),
        bass=playing.bass(rng, bass, metre),
        comp=playing.comp(rng, comp, metre),
        second=playing.comp(rng, str(rng.choice(("pad", *playing.COMP))), metre),
        tune=playing.melody(rng, metre, tune_bars, busy),
        tune_bars=tune_bars,
        drums=not drumless and (not short or kind == "prechorus" or rng.random() < 0.4),
        has_bass=rng.random() < (0.35 if short else 0.93),
        sung=kind in ("verse", "chorus", "prechorus", "bridge") and rng.random() < 0.92,
        solo=kind in ("instrumental", "intro", "outro") and rng.random() < 0.5,
    )


def _groove(rng: Rng, style: styles.Style, metre: int) -> grooves.Bar:
    name = str(rng.choice(style.grooves))
    fixed = styles.FIXED.get(name)
    if fixed is not None:
        return [hit for hit in fixed if hit[0] < metre]
    return patterns.draw(rng, name, metre)
