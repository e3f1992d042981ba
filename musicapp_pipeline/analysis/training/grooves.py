"""Drum patterns: a bar as hits ``(position in beats, General MIDI key, velocity)``."""

import numpy as np

KICK, SIDE, SNARE, CLAP = 36, 37, 38, 39
HAT, PEDAL, OPEN, CRASH, RIDE, TAMB, COWBELL = 42, 44, 46, 49, 51, 54, 56
LOW_TOM, MID_TOM, HIGH_TOM = 43, 47, 50
CONGA_HIGH, CONGA_MUTE, CONGA_LOW = 63, 62, 64
SHAKER, CLAVES, BLOCK, SURDO = 70, 75, 76, 41

Hit = tuple[float, int, float]
Bar = list[Hit]


def _steps(metre: int, step: float, key: int, loud: float, soft: float) -> Bar:
    count = round(metre / step)
    return [(i * step, key, loud if (i * step) % 1 == 0 else soft) for i in range(count)]


def _hats(rng: np.random.Generator, metre: int) -> Bar:
    key = int(rng.choice([HAT, HAT, HAT, RIDE, SHAKER, TAMB, OPEN]))
    step = float(rng.choice([0.5, 0.5, 0.5, 1.0, 0.25]))
    # Some drummers stress the off-beat.
    loud, soft = (0.6, 0.45) if rng.random() < 0.7 else (0.45, 0.62)
    return _steps(metre, step, key, loud, soft)


def _syncopation(rng: np.random.Generator, metre: int, many: float) -> Bar:
    places = [p for p in np.arange(0.25, metre, 0.25) if p % 1]
    weight = np.array([3.0 if p % 0.5 == 0 else 1.0 for p in places])
    count = min(rng.poisson(many), 4)
    chosen = rng.choice(places, size=count, replace=False, p=weight / weight.sum())
    return [(float(p), KICK, 0.75) for p in chosen]


def backbeat(rng: np.random.Generator, metre: int) -> Bar:
    """Pop and rock: low on one and three, snare on two and four."""
    snare = int(rng.choice([SNARE, 40, SNARE, CLAP, SIDE]))
    bar = [(0.0, KICK, 1.0), *_hats(rng, metre), *_syncopation(rng, metre, 1.2)]
    if metre == 4:
        bar += [(1.0, snare, 0.95), (3.0, snare, 0.95)]
        if rng.random() < 0.7:
            bar.append((2.0, KICK, 0.85))
    else:
        bar += [(float(p), snare, 0.9) for p in _answers(rng, metre)]
        bar += [(float(p), KICK, 0.8) for p in _groups(metre)[1:]]
    if rng.random() < 0.3:
        bar += [(float(p), SNARE, 0.25) for p in rng.choice(np.arange(0.25, metre, 0.5), 2)]
    return bar


def _groups(metre: int) -> list[int]:
    """Where the groups of an odd bar begin: 3+2, 2+2+3, 3+3."""
    return {5: [0, 3], 7: [0, 2, 4], 6: [0, 3], 3: [0], 2: [0]}.get(metre, [0, 2])


def _answers(rng: np.random.Generator, metre: int) -> list[int]:
    return {
        2: [1],
        3: [1, 2] if rng.random() < 0.5 else [2],
        5: [1, 4] if rng.random() < 0.5 else [2, 4],
        6: [3] if rng.random() < 0.7 else [1, 3, 5],
        7: [2, 6] if rng.random() < 0.5 else [1, 3, 5],
    }.get(metre, [1, 3])


def four_floor(rng: np.random.Generator, metre: int) -> Bar:
    """House, disco, techno: a kick on every beat."""
    bar = [(float(i), KICK, 1.0) for i in range(metre)]
    if rng.random() < 0.85:
        bar += [(i + 0.5, OPEN, 0.6) for i in range(metre)]
    if rng.random() < 0.75:
        bar += [(float(i), CLAP if rng.random() < 0.6 else SNARE, 0.75) for i in range(1, metre, 2)]
    if rng.random() < 0.5:
        bar += _steps(metre, 0.25, SHAKER if rng.random() < 0.5 else HAT, 0.35, 0.3)
    return bar


def half_time(rng: np.random.Generator, metre: int) -> Bar:
    """One snare a bar, in its middle; the pulse goes on."""
    bar = [(0.0, KICK, 1.0), (metre / 2 if metre % 2 == 0 else metre - 1.0, SNARE, 1.0)]
    bar += _syncopation(rng, metre, 1.5)
    bar += _steps(metre, float(rng.choice([0.5, 0.25, 1.0])), HAT, 0.5, 0.4)
    return bar


def hip_hop(rng: np.random.Generator, metre: int) -> Bar:
    """Boom bap: late kicks, a dry snare on two and four."""
    bar = [(0.0, KICK, 1.0), *_syncopation(rng, metre, 2.0)]
    bar += [(float(p), CLAP if rng.random() < 0.5 else SNARE, 0.9) for p in _answers(rng, metre)]
    return bar + _steps(metre, float(rng.choice([0.5, 0.25])), HAT, 0.5, 0.35)


def breaks(rng: np.random.Generator, metre: int) -> Bar:
    """Drum and bass, breakbeat."""
    bar = [(0.0, KICK, 1.0), (metre - 1.5, KICK, 0.95)]
    bar += [(float(p), SNARE, 1.0) for p in _answers(rng, metre)]
    if rng.random() < 0.6:
        bar += [(p, SNARE, 0.3) for p in (1.75, 2.25, 3.75) if p < metre]
    return bar + _steps(metre, float(rng.choice([0.5, 0.25])), HAT, 0.5, 0.4)


def one_drop(rng: np.random.Generator, metre: int) -> Bar:
    """Reggae: kick and rim together on three."""
    middle = float(metre // 2)
    bar = [(middle, KICK, 1.0), (middle, SIDE if rng.random() < 0.6 else SNARE, 0.8)]
    if rng.random() < 0.3:
        bar += [(float(i), KICK, 0.8) for i in range(metre)]
    return bar + _steps(metre, 0.5, HAT, 0.4, 0.5)


def swing(rng: np.random.Generator, metre: int) -> Bar:
    """Jazz: the ride's long-short, pedal on two and four (or two and three)."""
    key = RIDE if rng.random() < 0.8 else HAT
    bar: Bar = [(float(i), key, 0.7 if i % 2 else 0.62) for i in range(metre)]
    skip = range(1, metre, 2) if metre != 3 else [1]
    bar += [(i + 0.5, key, 0.5) for i in skip]
    bar += [(float(i), PEDAL, 0.55) for i in (range(1, metre, 2) if metre != 3 else [1, 2])]
    if rng.random() < 0.5:
        bar += [(float(i), KICK, 0.3) for i in range(metre)]
    comp = rng.choice(np.arange(0.5, metre, 0.5), size=rng.integers(0, 3), replace=False)
    return bar + [(float(p), SNARE, 0.35) for p in comp]


def shuffle(rng: np.random.Generator, metre: int) -> Bar:
    """Blues and country: triplet hats, backbeat."""
    key = HAT if rng.random() < 0.6 else RIDE
    bar: Bar = [(i + f, key, 0.6 if f == 0 else 0.45) for i in range(metre) for f in (0.0, 2 / 3)]
    if rng.random() < 0.3:
        bar += [(i + 1 / 3, key, 0.35) for i in range(metre)]
    bar += [(0.0, KICK, 1.0), *[(float(p), SNARE, 0.9) for p in _answers(rng, metre)]]
    if metre == 4:
        bar.append((2.0, KICK, 0.85))
    return bar


def waltz(rng: np.random.Generator, metre: int) -> Bar:
    """Low on one, light on the others."""
    light = int(rng.choice([SIDE, HAT, SNARE, BLOCK]))
    return [(0.0, KICK, 0.95), *[(float(i), light, 0.5) for i in range(1, metre)]]


def latin(rng: np.random.Generator, metre: int) -> Bar:
    """Clave, conga, cowbell; bossa, salsa and samba mixed."""
    clave = [0, 1.5, 3, 5, 6] if rng.random() < 0.5 else [1, 2, 4, 5.5, 7]
    bar: Bar = [(p / 2, CLAVES if rng.random() < 0.7 else SIDE, 0.6) for p in clave]
    bar += [(p, CONGA_MUTE, 0.45) for p in (0.0, 1.0)]
    bar += [(1.5 + d, CONGA_LOW, 0.6) for d in (0.0, 0.5, 2.0)]
    if rng.random() < 0.5:
        bar += [(p, KICK, 0.8) for p in (0.0, 1.5, 2.0, 3.5)]
    else:
        bar += [(1.0, SURDO, 0.9), (3.0, SURDO, 1.0), (0.0, SURDO, 0.5)]
    if rng.random() < 0.6:
        bar += _steps(metre, 0.25, SHAKER, 0.45, 0.35)
    elif rng.random() < 0.6:
        bar += [(float(i), COWBELL, 0.6) for i in range(metre)]
    return [hit for hit in bar if hit[0] < metre]


def dembow(rng: np.random.Generator, metre: int) -> Bar:
    """Reggaeton: kick on every beat, snares three against it."""
    bar = [(float(i), KICK, 1.0) for i in range(metre)]
    bar += [(p, SNARE, 0.8) for p in (0.75, 1.5, 2.75, 3.5) if p < metre]
    return bar + (_steps(metre, 0.5, HAT, 0.4, 0.4) if rng.random() < 0.5 else [])


def train(rng: np.random.Generator, metre: int) -> Bar:
    """Country and polka: low-high, brushes in sixteenths."""
    bar: Bar = [(float(i), KICK if i % 2 == 0 else SNARE, 0.85) for i in range(metre)]
    if rng.random() < 0.6:
        bar += [(p / 4, SNARE, 0.55 if p % 4 == 2 else 0.25) for p in range(metre * 4)]
    return bar


def metal(rng: np.random.Generator, metre: int) -> Bar:
    """Double kick or blast, cymbals on the beats."""
    step = float(rng.choice([0.5, 0.25]))
    bar = _steps(metre, step, KICK, 0.95, 0.9)
    bar += [(float(p), SNARE, 1.0) for p in _answers(rng, metre)]
    return bar + [(float(i), int(rng.choice([CRASH, RIDE, OPEN])), 0.7) for i in range(metre)]


def funk(rng: np.random.Generator, metre: int) -> Bar:
    """Sixteenths, ghost notes, a strong one."""
    bar = [(0.0, KICK, 1.0), *_syncopation(rng, metre, 2.2)]
    bar += [(float(p), SNARE, 1.0) for p in _answers(rng, metre)]
    ghosts = rng.choice(np.arange(0.25, metre, 0.25), size=3, replace=False)
    bar += [(float(p), SNARE, 0.25) for p in ghosts]
    return bar + _steps(metre, 0.25 if rng.random() < 0.6 else 0.5, HAT, 0.55, 0.35)


def hands(rng: np.random.Generator, metre: int) -> Bar:
    """Percussion without a kit: claps, stomps, shakers."""
    bar: Bar = []
    if rng.random() < 0.7:
        bar += _steps(metre, float(rng.choice([0.5, 0.25])), SHAKER, 0.6, 0.45)
    if rng.random() < 0.6:
        bar += [(float(p), CLAP if rng.random() < 0.5 else TAMB, 0.7) for p in _answers(rng, metre)]
    if rng.random() < 0.5:
        bar += [(float(p), LOW_TOM, 0.8) for p in _groups(metre)]
    return bar or [(float(i), BLOCK, 0.5) for i in range(metre)]


def march(rng: np.random.Generator, metre: int) -> Bar:
    """Drum on the beats, rolls before them."""
    bar: Bar = [(float(i), KICK if i % 2 == 0 else SNARE, 0.8) for i in range(metre)]
    rolls = rng.choice(metre, size=2)
    return bar + [(i + d, SNARE, 0.5) for i in rolls.tolist() for d in (0.5, 0.75)]


def skank(rng: np.random.Generator, metre: int) -> Bar:
    """Ska, polka, klezmer: everything low and loud on two and four, light between the beats."""
    answers = [float(p) for p in _answers(rng, metre)]
    bar: Bar = [(p, SNARE if rng.random() < 0.7 else SIDE, 0.85) for p in answers]
    bar += [(p, KICK, 0.9) for p in (answers if rng.random() < 0.6 else range(metre))]
    key = int(rng.choice([HAT, OPEN, TAMB]))
    bar += [(i + 0.5, key, 0.65) for i in range(metre)]
    return bar + ([(float(i), HAT, 0.4) for i in range(metre)] if rng.random() < 0.5 else [])


def rolls(rng: np.random.Generator, metre: int) -> Bar:
    """Trap: one clap a bar, a deep kick that avoids the beats, hats that stutter."""
    bar: Bar = [(0.0, KICK, 1.0), (float(metre // 2), CLAP if rng.random() < 0.7 else SNARE, 1.0)]
    bar += _syncopation(rng, metre, 2.0)
    bar += _steps(metre, float(rng.choice([0.5, 0.5, 0.25])), HAT, 0.5, 0.45)
    at = float(rng.choice(np.arange(0.5, metre - 0.5, 0.5)))
    step = float(rng.choice([1 / 8, 1 / 6, 1 / 4]))
    return bar + [(float(p), HAT, 0.4) for p in np.arange(at, at + 0.5, step)]


def toms(rng: np.random.Generator, metre: int) -> Bar:
    """Indie: the floor tom goes on in eighths, the kick comes before the beat."""
    key = int(rng.choice([LOW_TOM, MID_TOM, SURDO]))
    accents = rng.uniform(0.4, 0.75, metre * 2)
    bar: Bar = [(i / 2, key, float(loud)) for i, loud in enumerate(accents)]
    bar += [(0.0, KICK, 1.0), *_syncopation(rng, metre, 1.5)]
    if rng.random() < 0.7:
        bar += [(float(p), SNARE, 0.8) for p in _answers(rng, metre)]
    return bar


def slow(rng: np.random.Generator, metre: int) -> Bar:
    """Ballads and slow jams: few hits, far apart; sixteenths or triplets between them."""
    bar: Bar = [(0.0, KICK, 1.0)]
    bar += [(float(p), int(rng.choice([SNARE, SIDE, CLAP])), 0.9) for p in _answers(rng, metre)]
    bar += _syncopation(rng, metre, 1.0)
    step = float(rng.choice([0.25, 1 / 3, 0.5]))
    key = int(rng.choice([HAT, RIDE, SHAKER, TAMB]))
    count = round(metre / step)
    loud = rng.uniform(0.25, 0.5)
    return bar + [(i * step, key, 0.55 if i * step % 1 < 0.01 else loud) for i in range(count)]


def sixes(rng: np.random.Generator, metre: int) -> Bar:
    """Slow six: every eighth on a cymbal, the answer on four, the kick around it."""
    key = int(rng.choice([HAT, RIDE, RIDE, TAMB]))
    bar: Bar = [(float(i), key, 0.65 if i % 3 == 0 else 0.5) for i in range(metre)]
    bar += [(0.0, KICK, 1.0), (float(metre // 2), int(rng.choice([SNARE, SIDE])), 0.9)]
    extra = rng.choice([2.5, 1.5, 2.0, 5.0, 4.5, 5.5], size=rng.integers(0, 3), replace=False)
    return bar + [(float(p), KICK, 0.75) for p in extra if p < metre]


def fill(rng: np.random.Generator, metre: int) -> Bar:
    """The last one or two beats before a new section."""
    length = int(rng.integers(1, 3)) if metre > 2 else 1
    step = float(rng.choice([0.25, 0.25, 1 / 3, 0.5]))
    keys = [SNARE, HIGH_TOM, MID_TOM, LOW_TOM]
    places = np.arange(metre - length, metre - 0.01, step)
    return [
        (float(p), keys[min(3, int(4 * i / len(places)))], 0.7 + 0.25 * i / len(places))
        for i, p in enumerate(places)
    ]
