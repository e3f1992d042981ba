"""What the band plays in each style, as patterns of sixteenths: one character a step.

Drums: ``X`` accented, ``x`` normal, ``o`` soft, ``.`` silent. Bass: ``R`` root, ``O`` octave,
``F`` fifth, ``-`` held, ``.`` silent. Chords: ``C`` struck, ``-`` held, ``.`` silent.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from musicapp_pipeline.demo.songmaker.errors import BadScore


@dataclass(frozen=True)
class Style:
    """A way of playing; patterns last one bar."""

    name: str
    metre: int
    bpm: tuple[int, int]
    full: Mapping[str, str]
    light: Mapping[str, str]
    bass: str
    bass_light: str
    chords: str
    arpeggio: str
    progressions: tuple[tuple[int, ...], ...]
    """Scale degrees, one a bar."""


_POP = Style(
    name="pop",
    metre=4,
    bpm=(96, 124),
    full={
        "kick": "X...x...X...x...",
        "snare": "....X.......X...",
        "clap": "....x.......x...",
        "hat": "x.x.x.x.x.x.x.x.",
        "open": "..x...x...x...x.",
    },
    light={
        "kick": "X.....x.x.......",
        "snare": "....x.......x...",
        "hat": "x.o.x.o.x.o.x.o.",
    },
    bass="R-R-R-O-R-R-F-O-",
    bass_light="R-----R-R-----F-",
    chords="C-----C---C-----",
    arpeggio="x.x.x.x.x.x.x.x.",
    progressions=((0, 4, 5, 3), (5, 3, 0, 4), (0, 5, 3, 4), (3, 4, 0, 5)),
)
_WALTZ = Style(
    name="waltz",
    metre=3,
    bpm=(92, 132),
    full={
        "kick": "X...........",
        "snare": "....x...x...",
        "hat": "x.o.x.o.x.o.",
    },
    light={"kick": "X...........", "shaker": "....x...x..."},
    bass="R---------F-",
    bass_light="R-----------",
    chords="....C--.C--.",
    arpeggio="x.x.x.x.x.x.",
    progressions=((0, 3, 4, 0), (0, 5, 1, 4), (3, 0, 4, 5)),
)
_BALLAD = Style(
    name="ballad",
    metre=4,
    bpm=(62, 80),
    full={
        "kick": "X.....x.X.......",
        "snare": "....X.......X...",
        "hat": "x.x.x.x.x.x.x.x.",
    },
    light={"kick": "x.......x.......", "rim": "....x.......x...", "shaker": "x.o.x.o.x.o.x.o."},
    bass="R-----R-R-----F-",
    bass_light="R-------F-------",
    chords="C-------C-------",
    arpeggio="x.x.x.x.x.x.x.x.",
    progressions=((0, 4, 5, 3), (0, 2, 3, 4), (5, 3, 0, 4)),
)
_DANCE = Style(
    name="dance",
    metre=4,
    bpm=(124, 136),
    full={
        "kick": "X...X...X...X...",
        "clap": "....X.......X...",
        "open": "..X...X...X...X.",
        "hat": "x.xox.xox.xox.xo",
    },
    light={"kick": "X...X...X...X...", "hat": "..x...x...x...x."},
    bass="..R-..R-..R-..O-",
    bass_light="R-------R-------",
    chords="C--.C-.C..C-.C-.",
    arpeggio="xxxxxxxxxxxxxxxx",
    progressions=((5, 3, 0, 4), (5, 0, 4, 3), (3, 4, 5, 0)),
)
STYLES: Mapping[str, Style] = {s.name: s for s in (_POP, _WALTZ, _BALLAD, _DANCE)}


def style_named(name: str) -> Style:
    """The style of that name.

    Raises:
        BadScore: there is none.
    """
    if name not in STYLES:
        raise BadScore(
            f"there is no style {name!r}; choose one of {', '.join(STYLES)}",
            field="style",
            value=name,
            allowed=tuple(STYLES),
        )
    return STYLES[name]
