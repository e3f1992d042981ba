"""From lyric lines with notes to vocal tracks and the exact times of words and phones."""

from dataclasses import dataclass, replace

import numpy as np

from musicapp_pipeline.demo.songmaker.harmony import third_above
from musicapp_pipeline.demo.songmaker.score import Lyric, Part, Song
from musicapp_pipeline.demo.songmaker.sound.signal import Mono, add_at, samples
from musicapp_pipeline.demo.songmaker.truth import PhonemeTime, WordTime
from musicapp_pipeline.demo.songmaker.voice import flite, world
from musicapp_pipeline.demo.songmaker.voice.phonetics import arpabet
from musicapp_pipeline.demo.songmaker.voice.pitch import Manner
from musicapp_pipeline.demo.songmaker.voice.syllables import syllabify
from musicapp_pipeline.demo.songmaker.voice.timing import Slot, SungPhone, place

LEAD = Manner()
DOUBLES = (
    Manner(cents=-9.0, vibrato=0.25, drift=0.1, late=0.014, seed=1),
    Manner(cents=8.0, vibrato=0.36, drift=0.1, late=0.021, seed=2),
)
HARMONIES = (
    Manner(cents=3.0, vibrato=0.22, drift=0.08, late=0.01, seed=3),
    Manner(cents=-4.0, vibrato=0.28, drift=0.08, late=0.017, seed=4),
)


@dataclass(frozen=True)
class Vocals:
    """The singer's tracks, as long as the song, and what is sung when."""

    lead: Mono
    doubles: tuple[Mono, ...]
    harmonies: tuple[Mono, ...]
    words: tuple[WordTime, ...]
    phonemes: tuple[PhonemeTime, ...]


def available() -> bool:
    """Whether words can be sung here: flite and pyworld are both installed."""
    return flite.available() and world.available()


def perform(
    song: Song, voice: str = "rms", formants: float = 1.15, stretch: float = 1.15
) -> Vocals:
    """Sing every line of the song.

    Args:
        song: the score.
        voice: a voice of flite's.
        formants: see ``world.analyse``.
        stretch: how slowly the source is spoken; slower speech is articulated more.
    """
    length = samples(song.duration)
    tracks = [np.zeros(length) for _ in range(5)]
    words: list[WordTime] = []
    phonemes: list[PhonemeTime] = []
    for start, part in song.placed():
        for line in part.lyrics:
            slots = _slots(song, start, line)
            speech = flite.speak(line.text, voice, stretch)
            phones = place(syllabify(speech, line.syllables, voice), slots)
            words += _words(line, phones)
            phonemes += [
                PhonemeTime(phoneme=arpabet(p.name), start=p.start, end=p.end) for p in phones
            ]
            analysed = world.analyse(speech, formants)
            for track, (pitches, manner) in zip(
                tracks, _takes(song, part, start, line, len(words)), strict=False
            ):
                at, wave = world.sing(analysed, phones, slots, pitches, manner)
                add_at(track, samples(at), wave)
    return Vocals(tracks[0], tuple(tracks[1:3]), tuple(tracks[3:5]), tuple(words), tuple(phonemes))


def _slots(song: Song, start: int, line: Lyric) -> tuple[Slot, ...]:
    return tuple(
        Slot(song.seconds(start + n.beat), song.seconds(start + n.beat + n.beats))
        for n in line.notes
    )


def _takes(
    song: Song, part: Part, start: int, line: Lyric, salt: int
) -> list[tuple[tuple[int, ...], Manner]]:
    """What is sung at once: the lead, and with harmony two doubles and a second voice twice."""
    tune = tuple(note.pitch for note in line.notes)
    takes = [(tune, LEAD)]
    if part.harmony:
        second = tuple(
            third_above(note.pitch, song.key, part.chords[_bar(song, note.beat, part)])
            for note in line.notes
        )
        takes += [(tune, manner) for manner in DOUBLES]
        takes += [(second, manner) for manner in HARMONIES]
    return [(pitches, replace(m, seed=m.seed + 10 * salt + start)) for pitches, m in takes]


def _bar(song: Song, beat: float, part: Part) -> int:
    return int(max(beat, 0.0) // song.metre) % len(part.chords)


def _words(line: Lyric, phones: tuple[SungPhone, ...]) -> list[WordTime]:
    out = []
    for index, text in enumerate(line.text.split()):
        own = [phone for phone in phones if phone.word == index]
        out.append(WordTime(text=text, start=own[0].start, end=own[-1].end))
    return out
