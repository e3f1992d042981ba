"""The final exam: ten songs written as step patterns and chord charts, by a composer of their own.

Looked at once, when everything was decided. Nothing here is shared with what was studied, with
the first exam or with any other family: not the composer, the forms, the drums, the instruments
or the master.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from musicapp_pipeline_tests.benches.analysis_exam_final_sounds import PITCHED, RATE, kit, master

Truth = tuple[np.ndarray, np.ndarray, tuple[tuple[float, float, str], ...]]
_KINDS = {"I": "intro", "V": "verse", "P": "prechorus", "C": "chorus", "B": "bridge",
          "D": "breakdown", "S": "instrumental", "O": "outro"}  # fmt: skip
_FULL = {"I": 0.5, "V": 0.7, "P": 0.8, "C": 1.0, "B": 0.65, "D": 0.4, "S": 0.85, "O": 0.5}
_MAJOR = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True)
class Chart:
    """One song.

    Attributes:
        form: letters and bars, as in ``V8``.
        drums: a row a drum, a character a step, ``X`` loud, ``x`` soft; the bar is divided evenly.
        harmony: scale degrees of verses, of choruses and of what else there is, a digit a bar.
        bass, chords: sound and steps; a digit is a chord tone.
    """

    name: str
    bpm: float
    metre: int
    form: str
    drums: dict[str, str]
    harmony: tuple[str, str, str]
    bass: tuple[str, str]
    chords: tuple[str, str]
    lead: str
    swing: float = 0.5
    loose: float = 0.006
    drift: float = 0.0


CHARTS = (
    Chart("surf", 156, 4, "I4 V8 C8 V8 C8 S8 C8 O4",
          {"k": "X...X.X.", "s": "..X...X.", "r": "X.x.X.x.", "t": "......xx"},
          ("1144", "5511", "6655"), ("deep", "0.0.2.2."), ("fuzz", "0.00.00."), "fuzz", drift=0.03),
    Chart("afrobeat", 112, 4, "I8 V16 C8 S8 V8 C8 D8 C8",
          {"k": "X.....x...X..x..", "s": "....x..x....x..x", "x": "X.xxX.xxX.xxX.xx",
           "h": "X.X.X.X.X.X.X.X."},
          ("1111", "4411", "1515"), ("deep", "0..0..2.0...2.2."), ("drawbars", "..0...0.0...0..."),
          "reeds"),
    Chart("techno", 132, 4, "I8 V16 C16 D8 C16 O8",
          {"k": "X...X...X...X...", "o": "..X...X...X...X.", "c": "....X.......X...",
           "h": "xxxxxxxxxxxxxxxx"},
          ("1166", "6345", "1111"), ("filtered", "..0...0...0...0."),
          ("filtered", "0..1..2.0..1..2."), "filtered", loose=0.0),
    Chart("doo-wop", 171, 6, "I4 V8 C8 V8 C8 B8 C8 O2",
          {"k": "X.....x.....", "s": "......X.....", "r": "X.x.x.X.x.x."},
          ("1645", "4451", "2255"), ("deep", "0...1.2...1."), ("mallet", "0.1.2.0.1.2."), "singer",
          drift=-0.02),
    Chart("jazz waltz", 144, 3, "I8 V16 C8 V8 S16 C8 O4",
          {"r": "X..x.X", "k": "x.....", "h": "..X...", "s": ".....x"},
          ("1625", "4736", "2514"), ("deep", "0.1.2."), ("mallet", "0..0.."), "reeds", swing=0.62,
          loose=0.01),
    Chart("trip-hop", 83, 4, "I4 V8 C8 V8 C8 B8 C8",
          {"k": "X......x..X.....", "s": "....X.......X..x", "h": "x.x.x.x.x.xxx.x."},
          ("1167", "6543", "4455"), ("deep", "0.....2...0....."), ("drawbars", "0..............."),
          "singer", swing=0.54),
    Chart("marimbas", 96, 4, "V8 C8 V8 B4 C8 C8 O4", {},
          ("1526", "4145", "6363"), ("mallet", "0...2..."), ("mallet", "0121.121"), "mallet",
          loose=0.012, drift=0.05),
    Chart("five", 150, 5, "I4 V8 P4 C8 V8 P4 C8 O4",
          {"k": "X..x..X...", "s": "....X...X.", "h": "X.X.X.X.X."},
          ("1144", "6451", "2255"), ("filtered", "0.00..00.0"), ("drawbars", "0.....0..."),
          "singer"),
    Chart("jungle", 171, 4, "I8 V16 C16 D8 V8 C16",
          {"k": "X.X.......X.....", "s": "....X..x.x..X..x", "h": "X.X.X.X.X.X.X.X."},
          ("1133", "6644", "1111"), ("filtered", "0.......0..2...."),
          ("drawbars", "0.......0......."), "mallet", loose=0.002),
    Chart("gospel ballad", 71, 4, "V8 P4 C8 V8 P4 C8 B8 C8 C8 O4",
          {"k": "X.......X..x....", "s": "....X.......X...", "h": "X.x.X.x.X.x.X.x."},
          ("1415", "4136", "2563"), ("deep", "0.......1......."), ("drawbars", "0...0...0...0..."),
          "singer", loose=0.01, drift=0.02),
)  # fmt: skip


def final_song(
    number: int, charts: Sequence[Chart] = CHARTS, seed: int = 4711
) -> tuple[Chart, np.ndarray, Truth]:
    """Song ``number``: chart, samples at 22,050 Hz, and (beats, downbeats, sections) in seconds."""
    chart = charts[number]
    rng = np.random.default_rng([seed, number])
    form = [(word[0], int(word[1:])) for word in chart.form.split()]
    bars = [(letter, bar, length) for letter, length in form for bar in range(length)]
    beats = len(bars) * chart.metre
    tempo = chart.bpm * (1 + chart.drift * np.sin(np.linspace(0, 2.5 * np.pi, beats)))
    times = 0.4 + float(rng.uniform(0, 1)) + np.concatenate([[0], np.cumsum(60 / tempo)])
    mix = np.zeros(round((times[-1] + 3) * RATE))
    drums, root = kit(rng), int(rng.integers(40, 50))
    tunes = {letter: _tune(chart.metre, rng) for letter, _ in form}
    cache: dict[tuple[str, int, int], np.ndarray] = {}
    for at, (letter, bar, length) in enumerate(bars):
        full = _FULL[letter]
        for beat, sound, pitch, hold, gain in _bar(chart, letter, bar, length, root, tunes, rng):
            when = _at(times, at * chart.metre + beat, chart.swing)
            when += float(rng.normal(0, chart.loose))
            if pitch:
                key = (sound, pitch, round(hold * 600 / chart.bpm))
                if key not in cache:
                    made = PITCHED[sound](440 * 2 ** ((pitch - 69) / 12), key[2] / 10, rng)
                    cache[key] = made / (np.abs(made).max() + 1e-9)
                played = cache[key]
            else:
                played = drums[sound]
            _add(mix, when, gain * (0.4 + 0.6 * full) * float(rng.uniform(0.9, 1.1)) * played)
    samples = master(mix, rng)
    edges = np.cumsum([0, *(length * chart.metre for _, length in form)])
    starts = [0.0, *(float(times[i]) for i in edges[1:-1]), len(samples) / RATE]
    sections = tuple(
        (a, b, _KINDS[letter]) for (a, b), (letter, _) in zip(pairwise(starts), form, strict=True)
    )
    return chart, samples, (times[:-1], times[: -1 : chart.metre], sections)


def _at(times: np.ndarray, beat: float, swing: float) -> float:
    whole = min(int(beat), len(times) - 2)
    half, rest = divmod((beat - whole) * 2, 1)
    inside = swing + rest * (1 - swing) if half else rest * swing
    return float(times[whole] + inside * (times[whole + 1] - times[whole]))


def _tune(metre: int, rng: np.random.Generator) -> list[tuple[float, float, int]]:
    """Two bars called and two answered: (beat, length, step); the answer ends on the root."""
    call, step = [], int(rng.integers(2, 6))
    beat = float(rng.choice([0, 0.5]))
    while beat < 2 * metre - 1.5:
        length = float(rng.choice([0.5, 1, 1, 1.5, 2]))
        call.append((beat, length, step))
        step = int(np.clip(step + rng.choice([-2, -1, -1, 0, 1, 1, 2]), 0, 8))
        beat += length if rng.random() < 0.85 else length + 0.5
    answer = [(b + 2 * metre, n, s - 1) for b, n, s in call[:-1]]
    return [*call, *answer, (call[-1][0] + 2 * metre, 2.0, 0)]


def _steps(row: str, metre: int) -> list[tuple[float, str]]:
    return [(i * metre / len(row), mark) for i, mark in enumerate(row) if mark != "."]


def _bar(chart, letter, bar, length, root, tunes, rng):
    """What sounds in a bar: (beat, sound, pitch or 0, length in beats, gain)."""
    chart_of = chart.harmony[{"V": 0, "I": 0, "O": 0, "C": 1}.get(letter, 2)]
    degree = int(chart_of[bar % len(chart_of)]) - 1
    tones = [root + _MAJOR[(degree + k) % 7] + 12 * ((degree + k) // 7) for k in (0, 2, 4)]
    thin = letter in "IDO"
    if not (letter == "D" or (letter == "I" and bar < length // 2)):
        filling = bar == length - 1 and rng.random() < 0.6
        for drum, row in chart.drums.items():
            if thin and drum in "ksc" and letter == "O":
                continue
            for beat, mark in _steps(row, chart.metre):
                if not (filling and beat >= chart.metre - 1):
                    yield beat, drum, 0, 0, 0.9 if mark == "X" else 0.5
        if filling and chart.drums:
            for k in range(4):
                yield chart.metre - 1 + k / 4, "t" if k % 2 else "s", 0, 0, 0.6 + 0.1 * k
        if letter == "C" and bar == 0 and chart.drums:
            yield 0.0, "!", 0, 0, 0.8
    for beat, mark in _steps(chart.chords[1], chart.metre):
        for tone in tones[int(mark) :] if chart.chords[1].count("1") == 0 else [tones[int(mark)]]:
            yield beat, chart.chords[0], tone + 12, 0.8, 0.22
    if not thin or not chart.drums:
        for beat, mark in _steps(chart.bass[1], chart.metre):
            yield beat, chart.bass[0], tones[int(mark)] - 12, 0.9, 0.5
    if letter == "C":
        yield 0.0, "drawbars", tones[1] + 24, chart.metre * 0.95, 0.12
    if letter in "VPCB":
        low, high = bar % 4 * chart.metre, (bar % 4 + 1) * chart.metre
        for beat, hold, step in tunes[letter]:
            if low <= beat < high:
                lift = _MAJOR[(step + 2 * (letter == "C")) % 7] + 12 * (step > 6)
                yield beat - low, chart.lead, root + 24 + lift, hold * 0.95, 0.4


def _add(mix: np.ndarray, start: float, sound: np.ndarray) -> None:
    a = max(0, round(start * RATE))
    b = min(len(mix), a + len(sound))
    mix[a:b] += sound[: max(0, b - a)]
