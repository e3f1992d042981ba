"""The first exam: twelve songs in styles, forms, sounds and masters that were studied nowhere.

Composed here alone. It was for looking at only; since its figures are known, it is a family to
develop on, and ``analysis_exam_final`` took its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from musicapp_pipeline_tests.benches.analysis_exam_sounds import PITCHED, RATE, drums, master

Hits = tuple[tuple[float, str, float], ...]
Form = tuple[tuple[str, int], ...]


def _every(step: float, metre: int, name: str, loud: float, shift: float = 0.0) -> Hits:
    return tuple((float(p), name, loud) for p in np.arange(shift, metre - 1e-6, step))


def _at(name: str, loud: float, *places: float) -> Hits:
    return tuple((p, name, loud) for p in places)


@dataclass(frozen=True)
class Style:
    """One song. Grooves are a bar of hits; figures a bar of (place, length, chord tone)."""

    name: str
    bpm: float
    metre: int
    form: Form
    groove: Hits
    bass: tuple[str, tuple[tuple[float, float, int], ...]]
    comp: tuple[str, tuple[tuple[float, float, int], ...]]
    lead: str
    swing: float = 0.5
    wander: float = 0.004
    breath: float = 0.0
    extra: Hits = field(default=())
    """What the chorus adds."""


def _line(
    *places: float, length: float = 0.45, tones: tuple[int, ...] = (0,)
) -> tuple[tuple[float, float, int], ...]:
    return tuple((p, length, tones[i % len(tones)]) for i, p in enumerate(places))


def _block(*places: float, length: float = 0.45) -> tuple[tuple[float, float, int], ...]:
    return tuple((p, length, tone) for p in places for tone in (0, 1, 2))


_POP: Form = (("intro", 4), ("verse", 16), ("chorus", 8), ("verse", 8), ("chorus", 8),
              ("instrumental", 8), ("chorus", 8), ("outro", 4))  # fmt: skip
_RISE: Form = (("verse", 8), ("prechorus", 4), ("chorus", 8), ("instrumental", 4), ("verse", 8),
               ("prechorus", 4), ("chorus", 8), ("breakdown", 8), ("chorus", 16))  # fmt: skip
_PLAIN: Form = (("intro", 8), ("verse", 8), ("verse", 8), ("chorus", 8), ("verse", 8),
                ("chorus", 8), ("bridge", 6), ("chorus", 8))  # fmt: skip
_SHORT: Form = (("verse", 12), ("chorus", 8), ("verse", 12), ("chorus", 8), ("bridge", 8),
                ("chorus", 8), ("outro", 6))  # fmt: skip
_EIGHTHS = (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)

STYLES = (
    Style("city pop", 109, 4, _POP, _at("kick", 1, 0, 1.75, 2.5) + _at("snare", 0.9, 1, 3)
          + _every(0.25, 4, "hat", 0.4),
          ("upright", _line(0, 0.75, 1.5, 2, 2.75, 3.5, tones=(0, 0, 2, 0, 2, 1))),
          ("electric", _block(0, 1.5, 2.75)), "horn", extra=_at("crash", 0.4, 0)),
    Style("motown", 121, 4, _RISE, _at("snare", 0.8, 0, 1, 2, 3) + _at("kick", 0.9, 0, 1.5, 2)
          + _at("shaker", 0.9, 1, 3),
          ("upright", _line(0, 0.5, 1.5, 2, 3, 3.5, tones=(0, 0, 2, 0, 2, 1))),
          ("pluck", _block(1, 3)), "horn", wander=0.008),
    Style("bo diddley", 112, 4, _PLAIN, _at("tom", 1, 0, 0.75, 1.5, 2.5, 3) + _every(0.25, 4,
          "shaker", 0.6),
          ("upright", _line(0, 2, length=1.6)), ("pluck", _block(0, 0.75, 1.5, 2.5, 3)), "bowed",
          wander=0.008, extra=_at("snare", 0.7, 1, 3)),
    Style("tango", 122, 4, _SHORT, (), ("upright", _line(0, 1, 2, 3, tones=(0, 2))),
          ("bowed", _block(0, 1, 2, 3, length=0.4)), "bowed", wander=0.01, breath=0.03),
    Style("lo-fi", 76, 4, _POP, _at("kick", 1, 0, 1.25, 2.5) + _at("snare", 0.7, 1, 3)
          + _every(0.5, 4, "hat", 0.5), ("upright", _line(0, 2.5, length=1.4, tones=(0, 2))),
          ("electric", _block(0, 2.5, length=1.4)), "electric", swing=0.6),
    Style("dubstep", 140, 4, _RISE, _at("kick", 1, 0, 1.5) + _at("snare", 1, 2)
          + _every(0.5, 4, "hat", 0.35) + _at("hat", 0.3, 3.25, 3.75),
          ("wobble", _line(0, 2, length=1.9)),
          ("electric", _block(0, length=3.5)), "pluck", wander=0),
    Style("minuet", 118, 3, _SHORT, (), ("harpsichord", _line(0, 1, 2, tones=(0, 1, 2))),
          ("harpsichord", _block(1, 2)), "harpsichord", wander=0.008, breath=0.02),
    Style("math rock", 134, 7, _PLAIN, _at("kick", 1, 0, 3, 4.5) + _at("snare", 0.9, 2, 5)
          + _every(1, 7, "ride", 0.6) + _every(1, 7, "bell", 0.2, 0.5),
          ("pluck", _line(0, 1, 2, 3, 3.5, 4.5, 5.5, 6)), ("pluck", _block(0, 1.5, 3, 4.5, 6)),
          "pluck"),
    Style("five swing", 168, 5, _PLAIN, _every(1, 5, "ride", 0.6) + _at("ride", 0.4, 1.5, 4.5)
          + _at("hat", 0.7, 1, 4) + _at("kick", 0.4, 0, 3),
          ("upright", _line(0, 1, 2, 3, 4, tones=(0, 1, 2))),
          ("electric", _block(0, 1.5, 3)), "horn", swing=0.63, wander=0.006),
    Style("power ballad", 69, 4, _RISE, _at("kick", 1, 0, 2, 2.5) + _at("snare", 1, 1, 3)
          + _every(0.5, 4, "hat", 0.45), ("pluck", _line(0, 2, length=1.8)),
          ("pluck", _line(*_EIGHTHS, length=0.9, tones=(0, 1, 2, 1))), "choir", wander=0.006,
          extra=_at("crash", 0.8, 0)),
    Style("a cappella", 88, 4, _SHORT, (), ("choir", _line(0, 2, length=1.7)),
          ("choir", _block(0, 1, 2, 3, length=0.8)), "choir", wander=0.01, breath=0.04),
    Style("hardcore", 192, 4, _POP, _every(1, 4, "kick", 1) + _every(1, 4, "snare", 0.8, 0.5)
          + _every(1, 4, "open", 0.5), ("pluck", _line(*_EIGHTHS)), ("pluck", _block(*_EIGHTHS)),
          "choir", wander=0.008),
)  # fmt: skip
_LOUD = {"intro": 0.45, "verse": 0.65, "prechorus": 0.75, "chorus": 1.0, "bridge": 0.6,
         "breakdown": 0.35, "instrumental": 0.85, "outro": 0.45}  # fmt: skip
_CHORDS = ((0, 5, 7, 5), (0, 9, 5, 7), (2, 7, 0, 0), (9, 5, 0, 7), (0, 4, 5, 5), (5, 7, 4, 9))
_MINOR = frozenset({2, 4, 9})
Truth = tuple[np.ndarray, np.ndarray, tuple[tuple[float, float, str], ...]]


def exam_song(number: int) -> tuple[Style, np.ndarray, Truth]:
    """Song ``number``: style, samples at 22,050 Hz, and (beats, downbeats, sections) in seconds."""
    style = STYLES[number]
    rng = np.random.default_rng([77, number])
    bars = [(kind, bar) for kind, length in style.form for bar in range(length)]
    times = _clock(style, len(bars) * style.metre, rng)
    mix = np.zeros(round((times[-1] + 2.5) * RATE))
    kit, cache = drums(rng), {}
    plans = {kind: _plan(style, rng) for kind, _ in style.form}
    late = {
        "drums": 0.0,
        **{part: float(rng.normal(0.004, 0.004)) for part in ("bass", "comp", "lead")},
    }
    for at, (kind, bar) in enumerate(bars):
        loud = _LOUD[kind] * float(rng.uniform(0.94, 1.06))
        for place, part, name, pitch, length, gain in _bar(style, plans[kind], kind, bar):
            beat = at * style.metre + place
            start = _when(times, beat, style.swing) + late[part] + float(rng.normal(0, 0.004))
            seconds = round(length * 60 / style.bpm, 2)
            key = (name, pitch, seconds)
            if key not in cache:
                cache[key] = kit[name] if part == "drums" else _pitched(name, pitch, seconds, rng)
            _add(mix, start, gain * loud * float(rng.uniform(0.9, 1.05)) * cache[key])
    samples = master(mix, rng)
    edges = np.cumsum([0, *(length * style.metre for _, length in style.form)])
    starts = [0.0, *(float(times[i]) for i in edges[1:-1]), len(samples) / RATE]
    sections = tuple(
        (a, b, kind) for (a, b), (kind, _) in zip(pairwise(starts), style.form, strict=True)
    )
    return style, samples, (times[:-1], times[: -1 : style.metre], sections)


def _clock(style: Style, beats: int, rng: np.random.Generator) -> np.ndarray:
    """When each beat falls: a slow wander, phrases that breathe, a last bar that slows."""
    wander = np.convolve(rng.normal(0, style.wander, beats + 8), np.ones(8), "valid")[:beats]
    phrase = np.sin(np.arange(beats) * 2 * np.pi / (4 * style.metre))
    gaps = 60 / style.bpm * np.exp(wander + style.breath * phrase)
    gaps[-style.metre :] *= np.linspace(1, 1 + 4 * style.wander + 3 * style.breath, style.metre)
    return np.concatenate([[0.0], np.cumsum(gaps)]) + float(rng.uniform(0.2, 1.5))


def _when(times: np.ndarray, beat: float, swing: float) -> float:
    whole = min(int(beat), len(times) - 2)
    inside = beat - whole
    swung = inside * 2 * swing if inside < 0.5 else swing + (inside - 0.5) * 2 * (1 - swing)
    return float(times[whole] + swung * (times[whole + 1] - times[whole]))


@dataclass(frozen=True)
class _Plan:
    """What recurs with a kind of section: chords and a tune of two bars (place, length, step)."""

    chords: tuple[int, ...]
    tune: tuple[tuple[int, float, float, int], ...]


def _plan(style: Style, rng: np.random.Generator) -> _Plan:
    tune, step = [], int(rng.integers(0, 5))
    for bar in range(2):
        at = float(rng.choice([0, 0.5, 1]))
        while at < style.metre - 0.5 * bar:
            length = float(rng.choice([0.5, 1, 1.5], p=[0.4, 0.4, 0.2]))
            if rng.random() < 0.8:
                tune.append((bar, at, length * 0.9, step))
            step = int(np.clip(step + rng.integers(-2, 3), -2, 8))
            at += length
    return _Plan(_CHORDS[int(rng.integers(len(_CHORDS)))], tuple(tune))


def _bar(
    style: Style, plan: _Plan, kind: str, bar: int
) -> Iterator[tuple[float, str, str, int, float, float]]:
    """What sounds in a bar: (place, part, sound, pitch, length in beats, gain)."""
    quiet = kind in ("intro", "breakdown", "outro")
    if not quiet or (kind == "intro" and bar >= 4):
        for place, name, gain in style.groove + (style.extra if kind == "chorus" else ()):
            yield place, "drums", name, 0, 1.0, gain
    root = plan.chords[bar % len(plan.chords)]
    chord = (0, 3 if root in _MINOR else 4, 7)
    for place, length, tone in style.comp[1]:
        yield place, "comp", style.comp[0], 57 + root + chord[tone], length, 0.25
    if not quiet or style.groove == ():
        for place, length, tone in style.bass[1]:
            yield place, "bass", style.bass[0], 33 + root + chord[tone], length, 0.5
    if kind not in ("intro", "breakdown", "instrumental", "outro"):
        for which, place, length, step in plan.tune:
            if which == bar % 2:
                scale = (0, 2, 4, 5, 7, 9, 11)
                lift = 12 * (step // 7) + scale[step % 7] + (4 if kind == "chorus" else 0)
                yield place, "lead", style.lead, 69 + lift, length, 0.35


def _pitched(name: str, pitch: int, seconds: float, rng: np.random.Generator) -> np.ndarray:
    sound = PITCHED[name](440 * 2 ** ((pitch - 69) / 12), seconds, rng)
    return sound / (np.abs(sound).max() + 1e-9)


def _add(mix: np.ndarray, start: float, sound: np.ndarray) -> None:
    a = max(0, round(start * RATE))
    b = min(len(mix), a + len(sound))
    mix[a:b] += sound[: b - a]
