"""Compose a song: form, harmony, players, tempo. Everything follows from one seed."""

import numpy as np

from musicapp_pipeline.analysis.training import grooves, styles, tempo
from musicapp_pipeline.analysis.training.material import ENERGY, Material, draw
from musicapp_pipeline.analysis.training.notes import DRUMS, Note, Part, Score

Rng = np.random.Generator
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_FORMS: tuple[tuple[str, ...], ...] = (
    ("intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"),
    ("intro", "verse", "verse", "chorus", "verse", "chorus", "chorus"),
    ("verse", "prechorus", "chorus", "verse", "prechorus", "chorus", "bridge", "chorus"),
    ("intro", "verse", "chorus", "instrumental", "verse", "chorus", "outro"),
    ("intro", "chorus", "verse", "chorus", "verse", "breakdown", "chorus", "chorus", "outro"),
)
_EXAM_FORMS: tuple[tuple[str, ...], ...] = (
    ("intro", "verse", "prechorus", "chorus", "verse", "prechorus", "chorus", "breakdown",
     "chorus", "outro"),
    ("chorus", "verse", "chorus", "verse", "chorus", "bridge", "chorus"),
    ("intro", "verse", "chorus", "verse", "chorus", "instrumental", "chorus", "outro"),
    ("verse", "verse", "chorus", "verse", "bridge", "chorus", "chorus", "outro"),
)  # fmt: skip


def compose(
    seed: int, style: styles.Style, *, full: bool = False, exam: bool = False, seconds: float = 50.0
) -> Score:
    """A whole score.

    Args:
        seed: every choice follows from it.
        style: what may be chosen.
        full: a whole form (for sections) instead of an excerpt of about ``seconds``.
        exam: the held-out family's forms.
    """
    rng = np.random.default_rng(seed)
    metre = int(rng.choice(style.metres))
    low, high = style.tempo
    bpm = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    form = _EXAM_FORMS if exam else _FORMS
    kinds = list(form[int(rng.integers(len(form)))])
    drumless = bool(rng.random() < style.drumless)
    material: dict[str, Material] = {}
    for kind in dict.fromkeys(kinds):
        material[kind] = draw(rng, style, kind, metre, drumless)
    if not full:
        kinds = _excerpt(rng, kinds, material, seconds * bpm / 60 / metre)
    parts = _parts(kinds, material, metre, rng, exam)
    beats = parts[-1].end
    times = tempo.beat_seconds(
        rng, str(rng.choice(style.tempi)), bpm, beats, metre, [p.start for p in parts]
    )
    score = Score(
        metre,
        style.name,
        times + float(rng.uniform(0.1, 2.0)),
        parts,
        swing=float(rng.uniform(*style.swing)),
        swing16=float(rng.uniform(*style.swing16)),
        jitter=float(rng.choice([0.001, 0.004, 0.008, 0.013])),
        kit=int(rng.choice(style.kits)),
        programs={
            "bass": int(rng.choice(style.basses)),
            "comp": int(rng.choice(style.keys)),
            "second": int(rng.choice(style.keys)),
            "lead": int(rng.choice(style.leads)),
            "solo": int(rng.choice(style.leads)),
        },
        silent=_pause(rng, parts, metre),
        sung=bool(rng.random() < 0.5),
    )
    _play(rng, score, material)
    return score


def _excerpt(rng: Rng, kinds: list[str], material: dict[str, Material], bars: float) -> list[str]:
    """Neighbouring sections that together last about ``bars`` bars."""
    at = int(rng.integers(0, max(1, len(kinds) - 1)))
    out: list[str] = []
    total = 0
    while total < bars:
        out.append(kinds[at % len(kinds)])
        total += material[out[-1]].bars
        at += 1
    return out


def _parts(
    kinds: list[str], material: dict[str, Material], metre: int, rng: Rng, exam: bool
) -> list[Part]:
    parts, at = [], 0
    for kind in kinds:
        bars = material[kind].bars
        if exam and rng.random() < 0.12:
            bars += 1
        parts.append(Part(kind, at, at + bars * metre))
        at += bars * metre
    return parts


def _pause(rng: Rng, parts: list[Part], metre: int) -> frozenset[int]:
    """Now and then the band stops for a bar or two before a section."""
    if len(parts) < 3 or rng.random() > 0.06:
        return frozenset()
    turn = parts[int(rng.integers(1, len(parts)))].start
    return frozenset(range(turn - metre * int(rng.integers(1, 3)), turn))


def _play(rng: Rng, score: Score, material: dict[str, Material]) -> None:
    root = int(rng.integers(45, 57))
    scale = _SCALES[str(rng.choice(["major", "minor"]))]
    heard: dict[str, int] = {}
    for index, part in enumerate(score.parts):
        m = material[part.kind]
        again = heard.get(part.kind, 0)
        heard[part.kind] = again + 1
        energy = ENERGY[part.kind] + 0.05 * again
        for bar, start in enumerate(range(part.start, part.end, score.metre)):
            if start in score.silent:
                continue
            last = bar == (part.end - part.start) // score.metre - 1
            fill = last and index + 1 < len(score.parts)
            _drum_bar(rng, score, m, start, energy, first=bar == 0, fill=fill)
            chords = [
                [_pitch(root, scale, m.degree(bar, half) + step) for step in (0, 2, 4, 7)]
                for half in (0.0, 0.5)
            ]
            _pitched_bar(score, m, start, chords, energy, push=m.push if bar else 0.0)
            if (m.sung or m.solo) and bar % m.tune_bars == 0:
                lift = 7 if part.kind == "chorus" else 0
                _tune(score, m, start, part.end, root, scale, lift, energy)


def _drum_bar(
    rng: Rng, score: Score, m: Material, start: int, energy: float, *, first: bool, fill: bool
) -> None:
    if not m.drums:
        return
    bar = m.groove
    if fill and rng.random() < 0.55:
        extra = grooves.fill(rng, score.metre)
        bar = [hit for hit in bar if hit[0] < extra[0][0]] + extra
    if first and rng.random() < 0.6:
        bar = [*bar, (0.0, grooves.CRASH, 0.9)]
    for at, key, loud in bar:
        if rng.random() > 0.015:
            velocity = loud * (0.55 + 0.45 * energy) * rng.uniform(0.88, 1.06)
            score.notes.append(Note(start + at, 0.1, "drums", key, velocity))


def _pitched_bar(
    score: Score, m: Material, start: int, chords: list[list[int]], energy: float, *, push: float
) -> None:
    """One bar of bass and accompaniment; ``chords`` of its halves, ``push`` beats too early."""
    loud = 0.6 + 0.4 * energy
    layers = [("comp", m.comp, 12)]
    if m.has_bass:
        layers.append(("bass", m.bass, -12))
    if energy > 0.7:
        layers.append(("second", m.second, 12))
    for part, events, shift in layers:
        for at, length, degree, velocity in events:
            chord = chords[int(2 * at >= score.metre)]
            pitch = chord[degree % 3] + 12 * (degree // 3) + shift
            early = push if at == 0 else 0.0
            note = Note(start + at - early, length + early, part, pitch, velocity * loud)
            score.notes.append(note)


def _tune(
    score: Score,
    m: Material,
    start: int,
    end: int,
    root: int,
    scale: tuple[int, ...],
    lift: int,
    energy: float,
) -> None:
    layer = "lead" if m.sung else "solo"
    for at, length, step, velocity in m.tune:
        if start + at + length <= end and int(start + at) not in score.silent:
            pitch = _pitch(root, scale, step + lift) + 12
            score.notes.append(
                Note(start + at, length, layer, pitch, velocity * (0.7 + 0.3 * energy))
            )


def _pitch(root: int, scale: tuple[int, ...], step: int) -> int:
    return root + 12 * (step // 7) + scale[step % 7]


def channel_of(part: str) -> int:
    """The MIDI channel of a layer."""
    return DRUMS if part == "drums" else ("bass", "comp", "second", "lead", "solo").index(part)
