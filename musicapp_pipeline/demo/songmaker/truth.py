"""What is known about a made song, exactly: the truth that analyses are measured against."""

from typing import TypedDict

from musicapp_pipeline.demo.songmaker.score import Song


class SectionTime(TypedDict):
    """One part of the song, seconds."""

    name: str
    start_time: float
    end_time: float
    type: str


class WordTime(TypedDict):
    """One sung word, seconds."""

    text: str
    start: float
    end: float


class PhonemeTime(TypedDict):
    """One sung ARPAbet phone, seconds."""

    phoneme: str
    start: float
    end: float


class Truth(TypedDict):
    """The contents of ``truth.json``; seconds from the first decoded sample."""

    title: str
    style: str
    lead: str
    """``sung`` or ``ooh``, the wordless synthetic voice (then there are no words)."""
    duration: float
    bpm: float
    metre: int
    beats: list[float]
    downbeats: list[float]
    sections: list[SectionTime]
    words: list[WordTime]
    phonemes: list[PhonemeTime]


def truth_of(
    song: Song, lead: str, words: tuple[WordTime, ...], phonemes: tuple[PhonemeTime, ...]
) -> Truth:
    """The truth about a rendered song. The final chord's downbeat is the last beat."""
    sections = [
        SectionTime(
            name=part.name,
            start_time=round(song.seconds(start), 6) if start else 0.0,
            end_time=round(song.seconds(start + part.bars * song.metre), 6),
            type=part.type,
        )
        for start, part in song.placed()
    ]
    sections[-1]["end_time"] = round(song.duration, 6)
    beats = [round(song.seconds(beat), 6) for beat in range(song.beats + 1)]
    return Truth(
        title=song.title,
        style=song.style,
        lead=lead,
        duration=round(song.duration, 6),
        bpm=float(song.bpm),
        metre=song.metre,
        beats=beats,
        downbeats=beats[:: song.metre],
        sections=sections,
        words=[_word(word) for word in words],
        phonemes=[_phoneme(phone) for phone in phonemes],
    )


def _word(word: WordTime) -> WordTime:
    return WordTime(text=word["text"], start=round(word["start"], 4), end=round(word["end"], 4))


def _phoneme(phone: PhonemeTime) -> PhonemeTime:
    return PhonemeTime(
        phoneme=phone["phoneme"], start=round(phone["start"], 4), end=round(phone["end"], 4)
    )
