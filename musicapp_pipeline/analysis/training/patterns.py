"""More drum patterns: those in which it is easy to hear another beat or another bar."""

from collections.abc import Callable

import numpy as np

from musicapp_pipeline.analysis.training import grooves
from musicapp_pipeline.analysis.training.grooves import (
    CLAP,
    COWBELL,
    CRASH,
    HAT,
    HIGH_TOM,
    KICK,
    LOW_TOM,
    MID_TOM,
    OPEN,
    RIDE,
    SHAKER,
    SIDE,
    SNARE,
    SURDO,
    TAMB,
    Bar,
)

Rng = np.random.Generator
_LOW = frozenset({KICK, SURDO, LOW_TOM, MID_TOM})
_ANSWERS = frozenset({SNARE, 40, CLAP, SIDE})


def draw(rng: Rng, name: str, metre: int) -> Bar:
    """A bar of a pattern of this module or of ``grooves``; now and then some of its drums rest."""
    make: Callable[[Rng, int], Bar] = _ALL.get(name) or getattr(grooves, name)
    bar = list(make(rng, metre))
    return _thinned(rng, bar) if rng.random() < 0.18 else bar


def _thinned(rng: Rng, bar: Bar) -> Bar:
    """Without the low drums, the answers or the cymbals: the others have to tell the bar."""
    which = int(rng.integers(3))

    def group(key: int) -> int:
        return 0 if key in _LOW else 1 if key in _ANSWERS else 2

    return [hit for hit in bar if group(hit[1]) != which] or bar


def stomp(rng: Rng, metre: int) -> Bar:
    """Motown and glam: a snare, clap or tambourine on every beat; only the kick knows the bar."""
    key = int(rng.choice([SNARE, SNARE, CLAP, TAMB, SIDE]))
    bar: Bar = [(float(i), key, 0.85) for i in range(metre)]
    kicks = [(0.0, 1.5, 2.0), (0.0, 2.5), (0.0, 0.5, 2.0), (0.0, 1.5, 2.5), (0.0, 2.0), (0.0,)]
    bar += [(p, KICK, 0.95) for p in kicks[int(rng.integers(6))] if p < metre]
    if rng.random() < 0.5:
        bar += [(float(i), int(rng.choice([TAMB, SHAKER])), 0.6) for i in range(1, metre, 2)]
    if rng.random() < 0.5:
        bar += [(i / 2, HAT, 0.45) for i in range(2 * metre)]
    return bar


def polka(rng: Rng, metre: int) -> Bar:
    """Hardcore, polka, bluegrass: low on every beat, the snare on every off-beat."""
    bar: Bar = [(float(i), KICK, 1.0) for i in range(metre)]
    bar += [(i + 0.5, SNARE, float(rng.uniform(0.6, 1.0))) for i in range(metre)]
    key, step = int(rng.choice([OPEN, HAT, RIDE, CRASH])), float(rng.choice([0.5, 1.0]))
    if rng.random() < 0.8:
        bar += [(float(p), key, 0.5) for p in np.arange(0, metre, step)]
    return bar


def dbeat(rng: Rng, metre: int) -> Bar:
    """Punk: kicks that run into the snares of two and four."""
    bar: Bar = [(0.0, KICK, 1.0), *[(float(i), SNARE, 1.0) for i in range(1, metre, 2)]]
    runs = [(1.5, 2.5), (0.5, 1.5, 2.5), (1.5, 2.0), (0.5, 2.0, 2.5)]
    bar += [(p, KICK, 0.9) for p in runs[int(rng.integers(4))] if p < metre]
    return bar + [(float(i), int(rng.choice([OPEN, CRASH, RIDE])), 0.6) for i in range(metre)]


def half_step(rng: Rng, metre: int) -> Bar:
    """Dubstep: the kick on one, the snare on three, hats that come and go."""
    bar: Bar = [(0.0, KICK, 1.0), (float(metre // 2), SNARE, 1.0)]
    for place in (0.75, 1.5, 2.75, 3.5):
        if place < metre and rng.random() < 0.3:
            bar.append((place, KICK, 0.85))
    step = float(rng.choice([0.5, 0.5, 1.0, 1 / 3, 0.25]))
    places = np.arange(0, metre - 0.01, step)
    return bar + [(float(p), HAT, 0.4) for p in places if rng.random() < 0.75]


def dusty(rng: Rng, metre: int) -> Bar:
    """Lo-fi: a lazy kick, soft answers, eighths that swing."""
    kick_places = [p for p in (0.75, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75) if p < metre]
    count = int(rng.integers(1, 3))
    bar: Bar = [(0.0, KICK, 1.0)]
    bar += [(float(p), KICK, 0.8) for p in rng.choice(kick_places, size=count, replace=False)]
    key = int(rng.choice([SNARE, SIDE, CLAP]))
    bar += [(float(i), key, float(rng.uniform(0.5, 0.9))) for i in range(1, metre, 2)]
    hat = int(rng.choice([HAT, HAT, SHAKER, RIDE]))
    step = float(rng.choice([0.5, 0.5, 0.25, 1.0]))
    return bar + [(float(p), hat, float(rng.uniform(0.3, 0.6))) for p in np.arange(0, metre, step)]


def three_two(rng: Rng, metre: int) -> Bar:
    """Tresillo and clave on low drums: 3 + 3 + 2 eighths, or 3 + 3 + 4 + 2 + 4 sixteenths."""
    places = [(0.0, 1.5, 3.0), (0.0, 0.75, 1.5, 2.5, 3.0), (0.0, 0.75, 1.5, 2.0, 2.75, 3.5)]
    key = int(rng.choice([KICK, LOW_TOM, MID_TOM, SURDO]))
    bar: Bar = [(p, key, 1.0 if p == 0 else 0.85) for p in places[int(rng.integers(3))]]
    if rng.random() < 0.6:
        bar += [(float(i), SNARE, 0.8) for i in ((1, 3) if rng.random() < 0.6 else (2,))]
    step = float(rng.choice([0.25, 0.5]))
    key = int(rng.choice([SHAKER, HAT, TAMB]))
    bar += [(float(p), key, 0.5) for p in np.arange(0, metre, step)]
    return [hit for hit in bar if hit[0] < metre]


def carnival(rng: Rng, metre: int) -> Bar:
    """Soca, calypso, Afrobeats: a kick on every beat or two, the snare in threes against it."""
    bar: Bar = [(float(i), KICK, 1.0) for i in range(0, metre, 1 if rng.random() < 0.65 else 2)]
    runs = [
        (0.75, 1.5, 2.75, 3.5),
        (0.75, 1.75, 2.75, 3.5),
        (1.0, 1.75, 3.0, 3.75),
        (0.75, 1.5, 2.5, 3.0),
        (0.5, 1.25, 2.0, 3.0),
    ]
    key = int(rng.choice([SNARE, SNARE, SIDE, CLAP, HIGH_TOM]))
    bar += [(p, key, 0.9) for p in runs[int(rng.integers(5))]]
    hand = int(rng.choice([SHAKER, HAT, TAMB, COWBELL]))
    step = float(rng.choice([0.25, 0.25, 0.5]))
    bar += [(float(p), hand, float(rng.uniform(0.3, 0.6))) for p in np.arange(0, metre, step)]
    return [hit for hit in bar if hit[0] < metre]


def sparse(rng: Rng, metre: int) -> Bar:
    """Next to nothing: one drum, in one or two places."""
    choices: tuple[Bar, ...] = (
        [(float(i), SIDE, 0.7) for i in range(1, metre, 2)],
        [(0.0, KICK, 0.9)],
        [(0.0, KICK, 0.9), (float(metre // 2), SIDE, 0.7)],
        [(float(i), HAT, 0.5) for i in range(metre)],
        [(i + 0.5, SHAKER, 0.6) for i in range(metre)],
        [(float(metre - 1), CLAP, 0.8)],
        [(float(i), KICK, 0.9) for i in range(metre)],
    )
    return choices[int(rng.integers(len(choices)))]


_ALL: dict[str, Callable[[Rng, int], Bar]] = {
    make.__name__: make
    for make in (stomp, polka, dbeat, half_step, dusty, three_two, carnival, sparse)
}
