"""The song that is shipped: "Wave of Light", words and music written for this project."""

from fractions import Fraction

from musicapp_pipeline.demo.songmaker.score import Lyric, Note, Part, Song

TITLE = "Wave of Light"
ARTIST = "MusicApp Pipeline"


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
    *((0.0, 0.5, 74), (0.5, 0.5, 71), (1.0, 1.0, 74), (2.5, 0.5, 76), (3.0, 0.75, 74)),
    *((4.0, 0.5, 74), (4.5, 0.5, 69), (5.0, 1.0, 74), (6.5, 0.5, 71), (7.0, 0.75, 69)),
    *((8.0, 0.5, 71), (8.5, 0.5, 67), (9.0, 1.0, 71), (10.5, 0.5, 74), (11.0, 0.75, 71)),
    *((12.0, 0.5, 72), (12.5, 0.5, 67), (13.0, 1.0, 72), (14.5, 0.5, 71), (15.0, 0.75, 69)),
)
VERSE = (
    _even(0.0, "Mor-ning moves a-cross the bay,", 59, 59, 62, 62, 64, 62, 59),
    _even(4.0, "Paints the win-dows one by one,", 57, 57, 62, 62, 64, 62, 57),
    _even(8.0, "All the roads we threw a-way", 59, 59, 64, 64, 67, 64, 62),
    _even(12.0, "Turn to gold be-neath the sun.", 60, 60, 62, 62, 64, 66, 67),
)
CHORUS = (
    _line(
        0.0,
        "Car-ry me home on a wave of light,",
        *((1.0, 64), (0.5, 67), (0.5, 69), (2.0, 71)),
        *((0.5, 69), (0.5, 69), (1.0, 69), (0.5, 67), (1.25, 66)),
    ),
    _line(
        8.0,
        "Car-ry me o-ver the edge of night.",
        *((1.0, 67), (0.5, 67), (0.5, 69), (1.5, 71), (0.5, 69)),
        *((0.5, 67), (1.0, 71), (0.5, 69), (1.75, 67)),
    ),
)
BRIDGE = (
    _line(
        0.0,
        "May-be the sum-mer will fade to blue,",
        *((1.0, 64), (0.5, 64), (0.5, 62), (1.0, 64), (1.0, 62)),
        *((0.5, 59), (1.0, 64), (0.5, 62), (1.5, 59)),
    ),
    _line(
        8.0,
        "But I will re-mem-ber the songs we knew.",
        *((0.5, 60), (0.5, 62), (0.5, 64), (0.5, 64), (1.0, 67), (0.5, 64), (0.5, 62)),
        *((1.0, 66), (0.5, 64), (2.0, 69)),
    ),
)
OUTRO = (
    _line(0.0, "Car-ry me home,", (1.0, 64), (0.5, 67), (0.5, 69), (3.5, 71)),
    _line(14.0, "Car-ry me home.", (1.0, 64), (0.5, 66), (0.5, 69), (3.0, 67)),
)


def demo_song() -> Song:
    """The shipped song: 112 beats a minute in G, six parts of four bars, 53.6 s."""
    verse_chords, chorus_chords = ("G", "D/F#", "Em", "C"), ("C", "D", "Em", "G")
    quiet = frozenset({"keys", "hook", "pad"})
    loud = frozenset({"drums", "bass", "pad", "keys", "arp", "crash", "fill"})
    parts = (
        Part("Intro", "intro", 4, verse_chords, 0.35, quiet | {"riser"}, hook=HOOK),
        Part(
            *("Verse", "verse", 4, verse_chords, 0.6),
            layers=frozenset({"beat", "bass", "keys", "riser", "fill"}),
            lyrics=VERSE,
        ),
        Part("Chorus 1", "chorus", 4, chorus_chords, 0.95, loud, CHORUS, harmony=True),
        Part(
            *("Bridge", "bridge", 4, ("Am", "Em", "C", "D"), 0.35),
            layers=frozenset({"pad", "keys", "riser"}),
            lyrics=BRIDGE,
        ),
        Part("Chorus 2", "chorus", 4, chorus_chords, 1.0, loud, CHORUS, harmony=True),
        Part(
            *("Outro", "outro", 4, ("C", "D", "Em", "D"), 0.4),
            layers=quiet | {"beat", "bass"},
            lyrics=OUTRO,
            hook=HOOK[:0],
        ),
    )
    return Song(TITLE, "pop", Fraction(112), 4, parts, key=7, seed=2026)
