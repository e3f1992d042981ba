"""Songs made by chance: the same style, length and seed give the same song."""

from fractions import Fraction

import numpy as np

from musicapp_pipeline.demo.songmaker import lyric_bank
from musicapp_pipeline.demo.songmaker.errors import BadScore
from musicapp_pipeline.demo.songmaker.form import Stretch, plan_form
from musicapp_pipeline.demo.songmaker.harmony import degree_chord
from musicapp_pipeline.demo.songmaker.melody import compose_hook, compose_line
from musicapp_pipeline.demo.songmaker.score import Lyric, Note, Part, Song
from musicapp_pipeline.demo.songmaker.styles import Style, style_named

LEAD_IN = 0.25
SHORTEST_TAIL = 1.5
BARS_A_LINE = 2
_LAYERS = {
    "intro": {"keys", "pad", "hook", "shaker", "riser"},
    "verse": {"beat", "bass", "keys", "pad", "fill"},
    "chorus": {"drums", "bass", "pad", "keys", "arp", "crash", "fill"},
    "bridge": {"pad", "keys", "bass", "shaker", "build", "riser"},
    "instrumental": {"drums", "bass", "pad", "hook", "crash"},
    "outro": {"beat", "bass", "keys", "pad", "hook"},
}
_ENERGY = {
    "intro": 0.35,
    "verse": 0.6,
    "chorus": 1.0,
    "bridge": 0.4,
    "instrumental": 0.85,
    "outro": 0.45,
}
_CENTRE = {"verse": 62, "chorus": 67, "bridge": 64}
_LINES = {
    "verse": lyric_bank.VERSE,
    "chorus": lyric_bank.CHORUS,
    "bridge": lyric_bank.BRIDGE,
}


def compose(
    style: str = "pop", seconds: float = 60.0, seed: int = 0, bpm: Fraction | None = None
) -> Song:
    """Write a song.

    Args:
        style: a name in ``styles.STYLES``.
        seconds: how long the finished song is, exactly.
        seed: chance; any integer from 0.
        bpm: beats a minute, if it should not be left to chance.

    Raises:
        BadScore: no such style, or too short for four bars.
    """
    manner = style_named(style)
    rng = np.random.default_rng([seed, *style.encode()])
    drawn = Fraction(int(rng.integers(manner.bpm[0], manner.bpm[1] + 1)))
    tempo = drawn if bpm is None else bpm
    bar = float(manner.metre * 60 / tempo)
    bars = int((seconds - LEAD_IN - SHORTEST_TAIL) / bar) // 2 * 2
    if bars < 4:
        least = LEAD_IN + SHORTEST_TAIL + 4 * bar
        raise BadScore(
            f"{seconds:g} s is too short for a song at {float(tempo):g} beats a minute;"
            f" ask for at least {least:.1f} s",
            field="seconds",
            value=seconds,
            allowed=f"{least:.1f} or more",
        )
    key = int(rng.integers(0, 12))
    parts = _parts(manner, plan_form(bars), key, rng)
    first, second = (str(rng.choice(words)) for words in lyric_bank.TITLES)
    tail = seconds - LEAD_IN - bars * bar
    return Song(f"{first} {second}", style, tempo, manner.metre, parts, key, seed, LEAD_IN, tail)


def _parts(
    style: Style, form: tuple[Stretch, ...], key: int, rng: np.random.Generator
) -> tuple[Part, ...]:
    order = rng.permutation(len(style.progressions))
    chords = {
        kind: tuple(
            degree_chord(key, degree) for degree in style.progressions[order[i % len(order)]]
        )
        for i, kind in enumerate(("verse", "chorus", "bridge"))
    }
    tunes = {kind: int(rng.integers(0, 2**31)) for kind in _LAYERS}
    hook_seed = int(rng.integers(0, 2**31))
    first_line = int(rng.integers(0, len(lyric_bank.VERSE) // 4)) * 4
    parts, verses = [], 0
    for stretch in form:
        own = chords.get(stretch.type, chords["verse"])
        lyrics: tuple[Lyric, ...] = ()
        hook: tuple[Note, ...] = ()
        if stretch.type in _LINES:
            first = first_line + 4 * verses if stretch.type == "verse" else 0
            verses += stretch.type == "verse"
            lyrics = _lyrics(stretch, first, style.metre, key, own, tunes[stretch.type])
        else:
            hook = compose_hook(stretch.bars, style.metre, own, np.random.default_rng(hook_seed))
        parts.append(
            Part(
                stretch.name,
                stretch.type,
                stretch.bars,
                own,
                _ENERGY[stretch.type],
                frozenset(_LAYERS[stretch.type]),
                lyrics,
                hook,
                harmony=stretch.type == "chorus",
            )
        )
    return tuple(parts)


def _lyrics(
    stretch: Stretch, first: int, metre: int, key: int, chords: tuple[str, ...], tune: int
) -> tuple[Lyric, ...]:
    """One line every two bars; the same place in a part has the same tune each time."""
    lines = _LINES[stretch.type]
    return tuple(
        compose_line(
            lines[(first + index) % len(lines)],
            start=index * BARS_A_LINE * metre,
            metre=metre,
            bars=BARS_A_LINE,
            key=key,
            chords=chords,
            centre=_CENTRE[stretch.type],
            rng=np.random.default_rng([tune, index % 4]),
        )
        for index in range(stretch.bars // BARS_A_LINE)
    )
