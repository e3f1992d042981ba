"""The song that is shipped: "Wave of Light", words and music written for this project."""

from fractions import Fraction

from musicapp_pipeline.demo.songmaker.score import Lyric, Note, Part, Song

TITLE = "Wave of Light"


def _line(start: float, syllables: str, *notes: tuple[float, int]) -> Lyric:
    """Notes as (beats, pitch), one after the other; a pitch of 0 is a rest."""
    out, at = [], start
    for beats, pitch in notes:
        if pitch:
            out.append(Note(at, beats, pitch))
        at += beats
    return Lyric(syllables, tuple(out))


def _even(start: float, syllables: str, *pitches: int) -> Lyric:
    """Quavers, the last one held for a dotted quaver."""
    lengths = [0.5] * (len(pitches) - 1) + [0.75]
    return _line(start, syllables, *zip(lengths, pitches, strict=True))


def _tune(*notes: tuple[float, float, int]) -> tuple[Note, ...]:
    return tuple(Note(*note) for note in notes)


HOOK = _tune(
    *((0.0, 0.5, 72), (0.5, 0.5, 69), (1.0, 1.0, 72), (2.5, 0.5, 74), (3.0, 0.75, 72)),
    *((4.0, 0.5, 72), (4.5, 0.5, 67), (5.0, 1.0, 72), (6.5, 0.5, 69), (7.0, 0.75, 67)),
    *((8.0, 0.5, 69), (8.5, 0.5, 65), (9.0, 1.0, 69), (10.5, 0.5, 72), (11.0, 0.75, 69)),
    *((12.0, 0.5, 70), (12.5, 0.5, 65), (13.0, 1.0, 70), (14.5, 0.5, 69), (15.0, 0.75, 67)),
)
VERSE = (
    _even(0.0, "Mor-ning moves a-cross the bay,", 57, 57, 60, 60, 62, 60, 57),
    _even(4.0, "Paints the win-dows one by one,", 55, 55, 60, 60, 62, 60, 55),
    _even(8.0, "All the roads we threw a-way", 57, 57, 62, 62, 65, 62, 60),
    _even(12.0, "Turn to gold be-neath the sun.", 58, 58, 60, 60, 62, 64, 65),
)
CHORUS = (
    _line(
        0.0,
        "Car-ry me home on a wave of light,",
        *((1.0, 62), (0.5, 65), (0.5, 67), (2.0, 69)),
        *((0.5, 67), (0.5, 67), (1.0, 67), (0.5, 65), (1.25, 64)),
    ),
    _line(
        8.0,
        "Car-ry me o-ver the edge of night.",
        *((1.0, 65), (0.5, 65), (0.5, 67), (1.5, 69), (0.5, 67)),
        *((0.5, 65), (1.0, 69), (0.5, 67), (1.75, 65)),
    ),
)
BRIDGE = (
    _line(
        0.0,
        "May-be the sum-mer will fade to blue,",
        *((1.0, 62), (0.5, 62), (0.5, 60), (1.0, 62), (1.0, 60)),
        *((0.5, 57), (1.0, 62), (0.5, 60), (1.5, 57)),
    ),
    _line(
        8.0,
        "But I will re-mem-ber the songs we knew.",
        *((0.5, 58), (0.5, 60), (0.5, 62), (0.5, 62), (1.0, 65), (0.5, 62), (0.5, 60)),
        *((1.0, 64), (0.5, 62), (2.0, 67)),
    ),
)
OUTRO = (
    _line(0.0, "Car-ry me home,", (1.0, 62), (0.5, 65), (0.5, 67), (3.5, 69)),
    _line(14.0, "Car-ry me home.", (1.0, 62), (0.5, 64), (0.5, 67), (3.0, 65)),
)
ECHO = _tune(
    *((6.5, 0.5, 69), (7.0, 0.75, 67), (8.0, 0.5, 69), (8.5, 0.5, 65), (9.0, 1.0, 69)),
    *((10.5, 0.5, 72), (11.0, 0.75, 69), (12.0, 0.5, 70), (12.5, 0.5, 67), (13.0, 1.0, 70)),
)


def demo_song() -> Song:
    """The shipped song: 112 beats a minute in F, six parts of four bars, 53.6 s."""
    verse_chords, chorus_chords = ("F", "C/E", "Dm", "Bb"), ("Bb", "C", "Dm", "F")
    soft = frozenset({"keys", "pad", "shaker"})
    full = frozenset({"drums", "bass", "pad", "keys", "arp", "crash", "fill"})
    parts = (
        Part("Intro", "intro", 4, verse_chords, 0.4, soft | {"hook", "riser"}, hook=HOOK),
        Part(
            *("Verse", "verse", 4, verse_chords, 0.6),
            layers=frozenset({"beat", "bass", "keys", "pad", "riser", "fill"}),
            lyrics=VERSE,
        ),
        Part("Chorus 1", "chorus", 4, chorus_chords, 0.95, full, CHORUS, harmony=True),
        Part(
            *("Bridge", "bridge", 4, ("Gm", "Dm", "Bb", "C"), 0.4),
            layers=soft | {"riser", "build"},
            lyrics=BRIDGE,
        ),
        Part("Chorus 2", "chorus", 4, chorus_chords, 1.0, full, CHORUS, harmony=True),
        Part(
            *("Outro", "outro", 4, ("Bb", "C", "Dm", "C"), 0.5),
            layers=soft | {"beat", "bass", "hook"},
            lyrics=OUTRO,
            hook=ECHO,
        ),
    )
    return Song(TITLE, "pop", Fraction(112), 4, parts, key=5, seed=2026)
