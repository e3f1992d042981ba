"""When each lyric word, and each of its phones, is sung."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from musicapp_pipeline.lipsync.acoustic.engine import PlacedWord, place
from musicapp_pipeline.lipsync.lyrics import LyricLine, parse_lyrics
from musicapp_pipeline.lipsync.model import Alignment, Line, Phoneme, Word
from musicapp_pipeline.lipsync.pronounce import Pronunciation, pronounce
from musicapp_pipeline.lipsync.vocals import Vocals, extract_vocals

METHOD = "viterbi-en-us"
_LINE_STAMPED = 0.9
"""Confidence of a line whose time the person wrote down."""


def align(
    audio: Path,
    lyrics: str,
    *,
    start: float = 0.0,
    end: float | None = None,
    stem: Path | None = None,
) -> Alignment:
    """Place every word of ``lyrics`` in ``audio``.

    Args:
        audio: a song or a scene of one, any format ffmpeg reads.
        lyrics: as pasted; headings, LRC stamps and blank lines are not words.
        start, end: the interval of ``audio`` that the lyrics belong to, seconds.
        stem: the voice alone, if there is one; otherwise it is taken out of the mix.

    Returns:
        One entry a word, in order, the text as written, in seconds from the beginning of
        ``audio``. Words that could not be placed are spread between their neighbours with
        confidence 0.

    Raises:
        BadSegment: if the interval is empty or outside the audio.
        MediaError: if the audio cannot be decoded.
    """
    lines = parse_lyrics(lyrics)
    if not lines:
        return Alignment(method="none", notes=("There are no words to place.",))
    voice = extract_vocals(audio, stem=stem, start=start, end=end)
    return align_voice(voice, lines, offset=start)


def align_voice(voice: Vocals, lines: Sequence[LyricLine], *, offset: float = 0.0) -> Alignment:
    """Place the words of ``lines`` in a voice; ``offset`` is added to every time."""
    written = [word for line in lines for word in line.words]
    spoken = [pronounce(word) for word in written]
    notes = _spelling_notes(written, spoken)
    placed = _placed(voice, lines, spoken, notes)
    words, phonemes = _spread(written, placed, voice.seconds)
    return Alignment(
        words=tuple(_later_word(w, offset) for w in words),
        phonemes=tuple(_later_phone(p, offset) for p in phonemes),
        method=f"{METHOD}+{voice.method}",
        notes=tuple(notes),
    )


def align_lines(
    audio: Path, lyrics: str, *, stem: Path | None = None, duration: float | None = None
) -> list[Line]:
    """When each lyric line of a whole song is sung.

    Lines that carry LRC stamps keep them; the rest are heard in the recording.

    Args:
        duration: the song's seconds, to end a last stamped line; the audio's length by default.
    """
    lines = parse_lyrics(lyrics)
    if not lines:
        return []
    if all(line.time is not None for line in lines):
        return _stamped(lines, duration)
    alignment = align_voice(extract_vocals(audio, stem=stem), lines)
    return lines_of(alignment, lines)


def lines_of(alignment: Alignment, lines: Sequence[LyricLine]) -> list[Line]:
    """The intervals of ``lines`` whose words, in order, are ``alignment``'s."""
    out, at = [], 0
    for line in lines:
        words = alignment.words[at : at + len(line.words)]
        at += len(line.words)
        out.append(
            Line(
                text=line.text,
                start=words[0].start,
                end=words[-1].end,
                confidence=float(np.median([w.confidence for w in words])),
            )
        )
    return out


def _stamped(lines: Sequence[LyricLine], duration: float | None) -> list[Line]:
    """LRC says when a line begins; it ends when its words can have been sung, or at the next."""
    starts = [line.time or 0.0 for line in lines]
    ends = [*starts[1:], duration if duration is not None else starts[-1] + 4.0]
    return [
        Line(
            text=line.text,
            start=start,
            end=max(start, min(end, start + 1.0 + 0.8 * len(line.words))),
            confidence=_LINE_STAMPED,
        )
        for line, start, end in zip(lines, starts, ends, strict=True)
    ]


def _placed(
    voice: Vocals, lines: Sequence[LyricLine], spoken: Sequence[Pronunciation], notes: list[str]
) -> list[PlacedWord | None]:
    known = [k for k, word in enumerate(spoken) if word.variants]
    nowhere: list[PlacedWord | None] = [None] * len(spoken)
    if voice.silent:
        notes.append("The recording is silent: the words are spread evenly.")
        return nowhere
    if not known:
        return nowhere
    line_of = [n for n, line in enumerate(lines) for _ in line.words]
    found = place(
        voice.samples,
        [spoken[k].variants for k in known],
        [line_of[k] for k in known],
        second=voice.mix,
    )
    if found is None:
        notes.append(
            f"{len(known)} words do not fit into {voice.seconds:.1f} s of sound: "
            "they are spread evenly."
        )
        return nowhere
    for k, word in zip(known, found, strict=True):
        nowhere[k] = word.trusted(spoken[k].trust)
    return nowhere


def _spelling_notes(written: Sequence[str], spoken: Sequence[Pronunciation]) -> list[str]:
    def some(source: str) -> str:
        return ", ".join(
            dict.fromkeys(w for w, p in zip(written, spoken, strict=True) if p.source == source)
        )

    notes = []
    if rough := some("rough"):
        notes.append(f"Read with the nearest English sounds: {rough[:200]}")
    if unknown := some("none"):
        notes.append(f"No sounds known, placed between their neighbours: {unknown[:200]}")
    return notes


def _spread(
    written: Sequence[str], placed: Sequence[PlacedWord | None], seconds: float
) -> tuple[list[Word], list[Phoneme]]:
    """Words and phones; a run of unplaced words shares the room between its neighbours."""
    words: list[Word] = []
    phonemes: list[Phoneme] = []
    k = 0
    while k < len(written):
        found = placed[k]
        if found is not None:
            words.append(
                Word(text=written[k], start=found.start, end=found.end, confidence=found.confidence)
            )
            phonemes += [Phoneme(phoneme=p.phone, start=p.start, end=p.end) for p in found.phones]
            k += 1
            continue
        run = k
        while run < len(written) and placed[run] is None:
            run += 1
        begin = words[-1].end if words else 0.0
        following = placed[run] if run < len(written) else None
        words += _shared(written[k:run], begin, following.start if following else seconds)
        k = run
    return words, phonemes


def _shared(texts: Sequence[str], begin: float, end: float) -> list[Word]:
    """Each text gets a part of the interval in proportion to its length."""
    edges = begin + (end - begin) * np.cumsum([0, *map(len, texts)]) / sum(map(len, texts))
    return [
        Word(text=text, start=float(a), end=float(b), confidence=0.0)
        for text, a, b in zip(texts, edges[:-1], edges[1:], strict=True)
    ]


def _later_word(word: Word, by: float) -> Word:
    return word.model_copy(update={"start": _ms(word.start + by), "end": _ms(word.end + by)})


def _later_phone(phone: Phoneme, by: float) -> Phoneme:
    return phone.model_copy(update={"start": _ms(phone.start + by), "end": _ms(phone.end + by)})


def _ms(seconds: float) -> float:
    return round(seconds, 3)
