"""What pitched players do with a chord for one bar: ``(position, length, degree, velocity)``.

``degree`` counts chord tones from the root upwards; 0 is the root, 3 its octave.
"""

import numpy as np

Event = tuple[float, float, int, float]
Rng = np.random.Generator


def bass(rng: Rng, kind: str, metre: int) -> list[Event]:
    """One bar of bass."""
    if kind == "long":
        return [(0.0, metre * 0.95, 0, 0.8)]
    if kind == "quarters":
        return [(float(i), 0.9, 0, 0.8) for i in range(metre)]
    if kind == "walking":
        steps = [0, *rng.integers(0, 4, metre - 1).tolist()]
        return [(float(i), 0.95, int(d), 0.75) for i, d in enumerate(steps)]
    if kind == "octaves":
        return [(i / 2, 0.45, 3 if i % 2 else 0, 0.75) for i in range(metre * 2)]
    if kind == "tumbao":
        return [(p, 1.2, d, 0.8) for p, d in ((0.0, 0), (1.5, 2), (3.0, 0)) if p < metre]
    if kind == "two":
        half = max(1, metre // 2)
        return [(0.0, half * 0.9, 0, 0.85), (float(half), half * 0.8, 2, 0.75)]
    if kind == "syncopated":
        places = [0.0, *sorted(rng.choice(np.arange(0.5, metre, 0.5), 3, replace=False).tolist())]
        return [(float(p), 0.45, int(rng.choice([0, 0, 2, 3])), 0.8) for p in places]
    if kind == "offbeat":
        return [(i + 0.5, 0.4, 0, 0.85) for i in range(metre)]
    if kind == "sixteenths":
        return [(i / 4, 0.22, 0, 0.75 if i % 4 == 0 else 0.6) for i in range(metre * 4)]
    return [(i / 2, 0.45, 0, 0.8 if i % 2 == 0 else 0.7) for i in range(metre * 2)]


BASS = (
    "long",
    "quarters",
    "walking",
    "octaves",
    "tumbao",
    "two",
    "syncopated",
    "offbeat",
    "sixteenths",
    "eighths",
)


def comp(rng: Rng, kind: str, metre: int) -> list[Event]:
    """One bar of accompaniment."""
    triad = (0, 1, 2)
    if kind == "pad":
        return [(0.0, metre * 0.98, d, 0.55) for d in triad]
    if kind == "stabs":
        return [(float(i), 0.5, d, 0.6) for i in range(metre) for d in triad]
    if kind == "offbeats":
        return [(i + 0.5, 0.3, d, 0.6) for i in range(metre) for d in triad]
    if kind == "upstrokes":
        length = float(rng.uniform(0.1, 0.3))
        doubled = (0.0, 0.25) if rng.random() < 0.3 else (0.0,)
        return [
            (i + 0.5 + d, length, tone, 0.65)
            for i in range(metre)
            for d in doubled
            for tone in triad
        ]
    if kind == "answers":
        return [(float(i), 0.4, d, 0.6) for i in range(1, metre, 2) for d in triad]
    if kind == "eighths":
        return [(i / 2, 0.45, d, 0.55 - 0.1 * (i % 2)) for i in range(metre * 2) for d in triad]
    if kind == "late":
        return [(float(i), 0.5, d, 0.55) for i in range(1, metre) for d in triad]
    if kind == "arpeggio":
        order = [0, 1, 2, 3, 2, 1]
        return [(i / 2, 0.6, order[i % 6], 0.6) for i in range(metre * 2)]
    if kind == "alberti":
        return [(i / 2, 0.5, (0, 2, 1, 2)[i % 4], 0.55) for i in range(metre * 2)]
    if kind == "sixteenths":
        order = rng.integers(0, 4, 4).tolist()
        return [(i / 4, 0.24, int(order[i % 4]), 0.55) for i in range(metre * 4)]
    if kind == "triplets":
        return [(i / 3, 0.32, i % 3, 0.55) for i in range(metre * 3)]
    if kind == "strum":
        late = np.arange(1, metre, 0.5).tolist()
        places = [0.0, 1.0, 1.5, 2.5, 3.0, 3.5] if metre == 4 else [0.0, *late]
        return [
            (float(p) + 0.015 * d, 0.6, d, 0.6 if p % 1 == 0 else 0.45)
            for p in places
            for d in (*triad, 3)
        ]
    if kind == "charleston":
        return [(p, 0.5, d, 0.6) for p in (0.0, 1.5) if p < metre for d in triad]
    if kind == "halves":
        half = max(1, metre // 2)
        return [(float(p), half * 0.9, d, 0.6) for p in (0, half) for d in triad]
    if kind == "power":
        return [
            (i / 2, 0.45, d, 0.75 if i % 2 == 0 else 0.65) for i in range(metre * 2) for d in (0, 2)
        ]
    chosen = rng.choice(np.arange(0, metre, 0.5), size=3, replace=False)
    return [(float(p), 0.4, d, 0.6) for p in chosen for d in triad]


COMP = (
    "pad",
    "stabs",
    "offbeats",
    "late",
    "arpeggio",
    "alberti",
    "sixteenths",
    "triplets",
    "strum",
    "charleston",
    "halves",
    "power",
    "random",
    "upstrokes",
    "answers",
    "eighths",
)


def melody(rng: Rng, metre: int, bars: int, busy: float) -> list[Event]:
    """A tune of a few bars; ``degree`` is a scale step here. Rests end the phrase."""
    grid = 0.5 if rng.random() < 0.75 else 0.25
    total = float(metre * bars)
    at = float(rng.choice([0.0, 0.0, 0.5, 1.0, -0.5 * (metre > 2)]))
    step = int(rng.integers(0, 7))
    out: list[Event] = []
    while at < total - 1:
        length = float(rng.choice([1, 2, 3, 4], p=[0.45, 0.3, 0.1, 0.15])) * grid
        length = max(length / max(busy, 0.3), grid)
        length = round(length / grid) * grid
        if rng.random() > 0.18:
            out.append((at, length * 0.92, step, float(rng.uniform(0.55, 0.85))))
        at += length
        step = int(np.clip(step + rng.integers(-2, 3), -3, 9))
    return out
