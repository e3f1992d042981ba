"""Styles: which players, tempi and habits belong together.

``STUDY`` is what the network learns from and constants are tuned on; ``EXAM`` is held out: other
grooves, sound fonts, forms and mastering. A style of one never appears in the other.
"""

from dataclasses import dataclass

from musicapp_pipeline.analysis.training import grooves


@dataclass(frozen=True, slots=True)
class Style:
    """What a song of this style may be; every choice is drawn from the tuple."""

    name: str
    tempo: tuple[float, float]
    grooves: tuple[str, ...]
    bass: tuple[str, ...]
    comp: tuple[str, ...]
    metres: tuple[int, ...] = (4,)
    swing: tuple[float, float] = (0.5, 0.5)
    swing16: tuple[float, float] = (0.5, 0.5)
    kits: tuple[int, ...] = (0, 8, 16)
    keys: tuple[int, ...] = (0, 1, 4, 5, 16, 24, 25, 27, 48, 50, 88, 90)
    leads: tuple[int, ...] = (40, 52, 53, 54, 56, 65, 66, 73, 80, 81)
    basses: tuple[int, ...] = (32, 33, 34, 35, 38, 39)
    tempi: tuple[str, ...] = ("steady", "steady", "human", "drift", "steps")
    drumless: float = 0.03
    bars: tuple[int, ...] = ()
    """Lengths of verses, choruses and the like; empty for the usual ones."""
    chords: tuple[tuple[int, ...], ...] = ()
    """Progressions in scale degrees; empty for the usual ones."""
    weight: float = 1.0


_SLOW = ("steady", "human", "rubato", "drift")
_LIVE = ("human", "human", "drift", "live", "steady")
_TWELVE = (
    (0, 0, 0, 0, 3, 3, 0, 0, 4, 3, 0, 0), (0, 3, 0, 0, 3, 3, 0, 0, 4, 3, 0, 4),
    (0, 0, 0, 0, 3, 3, 0, 0, 4, 4, 0, 0),
)  # fmt: skip
"""Blues in twelve bars."""

STUDY: tuple[Style, ...] = (
    Style("pop", (80, 150), ("backbeat", "backbeat", "four_floor", "half_time"),
          ("eighths", "long", "syncopated"), ("pad", "stabs", "arpeggio", "strum"), weight=2.0),
    Style("rock", (95, 175), ("backbeat", "backbeat", "half_time"),
          ("eighths", "quarters"), ("power", "strum", "stabs"),
          keys=(27, 29, 30, 28, 18), tempi=_LIVE, weight=2.0),
    Style("half", (120, 160), ("half_time",), ("long", "syncopated"), ("pad", "sixteenths"),
          kits=(24, 25, 0), weight=0.5),
    Style("hiphop", (72, 108), ("hip_hop",), ("syncopated", "long"), ("pad", "random", "stabs"),
          swing16=(0.5, 0.62), kits=(25, 24, 0), tempi=("steady",), weight=1.3),
    Style("house", (110, 135), ("four_floor",), ("offbeat", "octaves", "eighths"),
          ("pad", "offbeats", "random", "sixteenths"), kits=(24, 25), tempi=("steady",)),
    Style("dnb", (155, 182), ("breaks",), ("long", "syncopated"), ("pad", "random"),
          kits=(24, 25, 0), tempi=("steady",)),
    Style("reggae", (62, 92), ("one_drop",), ("syncopated", "two"), ("offbeats",),
          tempi=_LIVE, weight=1.2),
    Style("swing", (90, 215), ("swing",), ("walking", "two"), ("charleston", "late", "random"),
          metres=(4, 4, 4, 3), swing=(0.6, 0.67), kits=(32, 40), keys=(0, 1, 26, 11, 4),
          leads=(56, 57, 65, 66, 71, 11), basses=(32,), tempi=_LIVE, weight=1.6),
    Style("shuffle", (80, 140), ("shuffle",), ("walking", "quarters"), ("stabs", "charleston"),
          swing=(0.64, 0.67), tempi=_LIVE),
    Style("waltz", (80, 200), ("waltz", "backbeat"), ("long", "two"), ("late", "arpeggio", "pad"),
          metres=(3,), kits=(40, 0, 48), keys=(0, 21, 24, 48, 6), tempi=_LIVE, weight=1.5),
    Style("six", (110, 200), ("backbeat",), ("long", "two"), ("arpeggio", "pad", "strum"),
          metres=(6,), tempi=_LIVE, weight=1.2),
    Style("odd", (95, 180), ("backbeat", "four_floor"), ("long", "quarters", "eighths"),
          ("power", "pad", "random", "arpeggio"), metres=(5, 7), weight=1.4),
    Style("latin", (85, 210), ("latin",), ("tumbao", "two"), ("random", "charleston", "offbeats"),
          keys=(0, 24, 26, 21), tempi=_LIVE, weight=1.3),
    Style("dembow", (80, 105), ("dembow",), ("long", "syncopated"), ("pad", "offbeats"),
          kits=(25, 24), tempi=("steady",)),
    Style("country", (75, 180), ("train", "backbeat"), ("two",), ("late", "strum", "alberti"),
          keys=(24, 25, 105, 22, 0), leads=(40, 105, 110, 22), tempi=_LIVE),
    Style("metal", (100, 210), ("metal", "backbeat"), ("eighths", "sixteenths"), ("power",),
          keys=(29, 30), tempi=_LIVE),
    Style("funk", (90, 125), ("funk",), ("syncopated", "sixteenths"), ("random", "sixteenths"),
          swing16=(0.5, 0.58), keys=(27, 28, 4, 7, 16), tempi=_LIVE),
    Style("ballad", (55, 90), ("backbeat", "hands"), ("long", "two"),
          ("arpeggio", "pad", "alberti", "halves", "stabs", "triplets"), metres=(4, 4, 4, 3),
          keys=(0, 1, 4, 24, 46, 48), tempi=_SLOW, drumless=0.65, weight=2.0),
    Style("piano", (60, 130), ("hands",), ("long", "quarters"),
          ("alberti", "arpeggio", "stabs", "sixteenths"), metres=(4, 4, 3), keys=(0, 1, 2, 6),
          tempi=("rubato", "human", "live"), drumless=0.95),
    Style("strings", (60, 150), ("march",), ("long", "quarters", "eighths"),
          ("sixteenths", "pad", "stabs", "arpeggio"), metres=(4, 3, 4, 5), kits=(48,),
          keys=(48, 49, 45, 44, 60, 61), leads=(40, 68, 71, 73, 56), basses=(43, 42, 58),
          tempi=("rubato", "live", "human", "steady"), drumless=0.75),
    Style("folk", (75, 140), ("hands",), ("long", "two"), ("strum", "arpeggio", "alberti"),
          metres=(4, 4, 3, 6), keys=(24, 25, 105, 15, 21), tempi=_LIVE, drumless=0.6),
    Style("ambient", (60, 120), ("hands", "half_time"), ("long",), ("pad", "arpeggio"),
          keys=(88, 89, 91, 94, 95, 48), tempi=("steady", "drift"), drumless=0.7),
    Style("soul", (55, 92), ("slow", "slow", "backbeat"), ("syncopated", "long", "two"),
          ("pad", "stabs", "arpeggio", "triplets", "random"), swing16=(0.5, 0.64),
          kits=(0, 8, 16, 24, 25), keys=(0, 4, 5, 7, 16, 26, 27, 48), tempi=_LIVE, weight=2.2),
    Style("rolls", (120, 165), ("rolls",), ("long", "syncopated"), ("pad", "arpeggio", "stabs",
          "random"), kits=(24, 25), keys=(8, 11, 12, 46, 50, 81, 88, 95), tempi=("steady",),
          weight=1.6),
    Style("slow six", (120, 205), ("sixes", "sixes", "backbeat"), ("two", "long"),
          ("halves", "stabs", "arpeggio", "pad"), metres=(6,), keys=(0, 1, 4, 16, 18, 24, 48),
          tempi=_LIVE, weight=1.6),
    Style("skank", (100, 190), ("skank",), ("walking", "two", "quarters", "eighths"),
          ("offbeats", "offbeats", "late"), keys=(0, 16, 21, 25, 27, 28), tempi=_LIVE, weight=1.6),
    Style("indie", (105, 175), ("toms", "toms", "backbeat"), ("eighths", "quarters", "syncopated"),
          ("strum", "arpeggio", "offbeats", "power", "random"), keys=(24, 25, 26, 27, 28, 30),
          tempi=_LIVE, weight=1.6),
    Style("rapid", (165, 214), ("backbeat", "four_floor", "train", "swing", "skank"),
          ("eighths", "quarters", "walking"), ("power", "strum", "late", "offbeats", "stabs"),
          metres=(4, 4, 4, 3), keys=(0, 25, 27, 29, 30), tempi=_LIVE, weight=1.6),
    Style("chorale", (55, 120), ("hands",), ("long", "quarters", "two"),
          ("halves", "stabs", "pad", "alberti"), metres=(4, 4, 3),
          tempi=("rubato", "human", "live"), keys=(0, 19, 20, 40, 41, 48, 49, 52, 53),
          leads=(40, 52, 53, 68, 73), basses=(42, 43), drumless=0.9, weight=1.6),
    Style("motown", (95, 150), ("stomp", "stomp", "backbeat"),
          ("syncopated", "walking", "eighths", "two"),
          ("late", "stabs", "offbeats", "answers", "random"), keys=(0, 16, 17, 25, 26, 27, 11),
          tempi=_LIVE, weight=1.6),
    Style("hardcore", (145, 214), ("polka", "polka", "dbeat", "metal"),
          ("eighths", "quarters", "two"), ("power", "power", "eighths", "late", "strum"),
          keys=(29, 30, 28, 21, 105), tempi=_LIVE, weight=1.8),
    Style("half step", (132, 152), ("half_step", "half_step", "rolls", "half_time"),
          ("long", "syncopated", "eighths", "two"), ("pad", "stabs", "random", "arpeggio"),
          kits=(24, 25, 0), keys=(50, 81, 88, 90, 4, 0, 62), tempi=("steady",), weight=1.5),
    Style("slow jam", (56, 84), ("slow", "dusty", "hip_hop", "half_step", "sparse"),
          ("syncopated", "long", "two"), ("pad", "stabs", "triplets", "arpeggio", "halves"),
          swing16=(0.5, 0.64), kits=(24, 25, 8, 0), keys=(4, 5, 0, 26, 16, 88), tempi=_LIVE,
          weight=1.6),
    Style("lo-fi", (64, 94), ("dusty",), ("syncopated", "long", "two"),
          ("pad", "stabs", "charleston", "random", "halves"), swing=(0.5, 0.66),
          swing16=(0.5, 0.62), kits=(25, 24, 0, 32), keys=(4, 5, 0, 2, 11, 24, 26),
          tempi=("steady", "human"), weight=1.8),
    Style("offbeat", (90, 190), ("skank", "sparse", "backbeat", "one_drop", "polka"),
          ("walking", "quarters", "two", "syncopated"), ("upstrokes", "offbeats", "offbeats"),
          keys=(25, 26, 27, 28, 16, 21, 0), tempi=_LIVE, weight=1.6),
    Style("drummed", (84, 150), ("three_two", "three_two", "toms", "hands"),
          ("two", "long", "syncopated", "tumbao"), ("strum", "answers", "random", "offbeats"),
          keys=(25, 27, 12, 15, 24, 0, 21), tempi=_LIVE, weight=1.2),
    Style("bare", (70, 170), ("sparse",), ("long", "quarters", "walking", "syncopated", "two"),
          ("pad", "eighths", "arpeggio", "strum", "answers", "halves"), tempi=_LIVE, weight=1.2),
    Style("carnival", (98, 172), ("carnival", "carnival", "four_floor", "three_two"),
          ("syncopated", "eighths", "two", "tumbao"), ("offbeats", "late", "random", "stabs"),
          kits=(0, 8, 16, 24, 25), keys=(0, 16, 27, 50, 61, 62, 81, 114),
          tempi=("steady", "human", "drift"), weight=1.8),
    Style("twelve", (58, 190), ("shuffle", "shuffle", "slow", "swing", "backbeat", "sparse"),
          ("walking", "quarters", "long", "eighths", "two"),
          ("stabs", "charleston", "late", "triplets", "answers"), swing=(0.6, 0.67),
          keys=(0, 3, 16, 17, 25, 26, 27, 22), tempi=_LIVE, bars=(12,), chords=_TWELVE,
          weight=1.8),
    Style("short parts", (84, 150), ("backbeat", "four_floor", "hip_hop", "rolls", "half_step"),
          ("syncopated", "eighths", "long", "offbeat"), ("pad", "stabs", "sixteenths", "strum"),
          kits=(0, 16, 24, 25), bars=(4, 4, 8), weight=1.8),
)  # fmt: skip

EXAM: tuple[Style, ...] = (
    Style("disco", (108, 132), ("disco",), ("octaves",), ("offbeats", "sixteenths"),
          keys=(7, 28, 50), leads=(61, 62, 80), tempi=("human",)),
    Style("indie", (118, 168), ("tom_rock",), ("eighths",), ("strum", "arpeggio"),
          keys=(27, 26), tempi=("drift",)),
    Style("ska", (120, 170), ("ska",), ("walking",), ("offbeats",), keys=(27, 17),
          leads=(57, 58, 65), tempi=("live",)),
    Style("bossa", (110, 150), ("bossa",), ("two",), ("charleston",), kits=(40, 32),
          keys=(24,), tempi=("human",)),
    Style("rnb", (62, 84), ("slow_jam",), ("syncopated",), ("pad",), swing16=(0.54, 0.6),
          kits=(24, 8), keys=(4, 5), tempi=("steady",)),
    Style("trap", (126, 152), ("trap",), ("long",), ("arpeggio",), kits=(25,),
          keys=(11, 46, 88), tempi=("steady",)),
    Style("synthwave", (84, 118), ("gated",), ("sixteenths",), ("pad", "arpeggio"),
          kits=(24,), keys=(50, 81, 90), tempi=("steady",)),
    Style("gospel", (150, 190), ("gospel6",), ("two",), ("halves", "stabs"), metres=(6,),
          keys=(16, 17, 0), leads=(52, 53), tempi=("live",)),
    Style("musette", (150, 190), ("musette",), ("two",), ("late",), metres=(3,), keys=(21,),
          leads=(21, 40), basses=(32,), tempi=("live",)),
    Style("prog", (100, 150), ("prog",), ("eighths",), ("power", "arpeggio"), metres=(5, 7),
          keys=(29, 18), tempi=("human",)),
    Style("bebop", (150, 205), ("brushes",), ("walking",), ("late",), swing=(0.58, 0.64),
          kits=(40,), keys=(0,), leads=(65, 56), basses=(32,), tempi=("live",)),
    Style("singer", (60, 96), ("hands",), ("long",), ("arpeggio", "halves"), keys=(24, 0),
          tempi=("rubato",), drumless=1.0),
    Style("quartet", (66, 126), ("hands",), ("quarters",), ("alberti", "halves"), metres=(4, 3),
          keys=(48, 40, 41), leads=(40, 68), basses=(42,), tempi=("rubato",), drumless=1.0),
)  # fmt: skip


def _hits(*hits: tuple[tuple[float, ...], int, float]) -> grooves.Bar:
    return [(p, key, loud) for places, key, loud in hits for p in places]


_EIGHTHS = tuple(i / 2 for i in range(8))
_SIXTEENTHS = tuple(i / 4 for i in range(16))

FIXED: dict[str, grooves.Bar] = {
    "disco": _hits(((0, 1, 2, 3), 36, 1), ((1, 3), 38, 0.9), ((0.5, 1.5, 2.5, 3.5), 46, 0.7),
                   (_SIXTEENTHS, 54, 0.35)),
    "tom_rock": _hits(((0, 1.5, 2), 36, 1), ((1, 3), 38, 0.8), (_EIGHTHS, 43, 0.6)),
    "ska": _hits(((1, 3), 36, 0.9), ((1, 3), 38, 0.8), ((0.5, 1.5, 2.5, 3.5), 42, 0.7)),
    "bossa": _hits(((0, 1.5, 2, 3.5), 36, 0.7), ((0, 1.5, 3), 37, 0.6), (_EIGHTHS, 42, 0.4)),
    "slow_jam": _hits(((0, 0.75, 2.25), 36, 1), ((1, 3), 39, 0.9), (_EIGHTHS, 42, 0.45)),
    "trap": _hits(((0, 1.75, 2.5), 36, 1), ((2,), 39, 1), (_EIGHTHS, 42, 0.5),
                  ((3.25, 3.5, 3.75), 42, 0.4)),
    "gated": _hits(((0, 2), 36, 1), ((1, 3), 40, 1), (_SIXTEENTHS, 42, 0.3)),
    "gospel6": _hits(((0, 2.5), 36, 0.9), ((3,), 38, 0.95), ((0, 1, 2, 3, 4, 5), 51, 0.55)),
    "musette": _hits(((0,), 36, 0.9), ((1, 2), 38, 0.35)),
    "brushes": _hits(((0, 1, 2, 3), 51, 0.6), ((1.5, 3.5), 51, 0.45), ((1, 3), 44, 0.6),
                     ((1.5,), 38, 0.3)),
    "prog": _hits(((0, 2.5), 36, 1), ((1, 3), 38, 0.9), ((0, 1, 2, 3, 4, 5, 6), 51, 0.6),
                  ((4.5,), 36, 0.8), ((5,), 38, 0.8)),
}  # fmt: skip
"""Grooves of the held-out family: written by hand, not drawn."""
