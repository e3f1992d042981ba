"""The singer: vowels on their notes, consonants short, pitch where the score says."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.demo.songmaker.composer import compose
from musicapp_pipeline.demo.songmaker.errors import BadScore
from musicapp_pipeline.demo.songmaker.voice import singer, syllables
from musicapp_pipeline.demo.songmaker.voice.flite import Phone, Speech
from musicapp_pipeline.demo.songmaker.voice.phonetics import LONGEST, VOWELS, onset_length
from musicapp_pipeline.demo.songmaker.voice.pitch import Manner, melody
from musicapp_pipeline.demo.songmaker.voice.syllables import Syllable, syllabify
from musicapp_pipeline.demo.songmaker.voice.timing import Slot, anchors, place

SPOKEN = {
    "carry": "k ae r iy",
    "me": "m iy",
    "home": "hh ow m",
    "and": "ae n d",
    "strings": "s t r ih ng z",
}


def speech(*words, spoken=None):
    """As if flite had said the words: 80 ms a phone, pauses around."""
    names = spoken or " ".join(SPOKEN[word] for word in words)
    phones, at = [Phone("pau", 0.0, 0.2)], 0.2
    for name in names.split():
        phones.append(Phone(name, at, at + 0.08))
        at += 0.08
    phones.append(Phone("pau", at, at + 0.2))
    return Speech(np.zeros(16_000), 16_000, tuple(phones))


@pytest.fixture(autouse=True)
def no_flite(monkeypatch):
    monkeypatch.setattr(
        syllables, "_phones_alone", lambda word, _voice: tuple(SPOKEN[word].split())
    )


def shape(parts):
    return [
        (s.word, "".join(p.name for p in s.onset), s.nucleus.name, [p.name for p in s.coda])
        for s in parts
    ]


def test_syllables_take_as_many_leading_consonants_as_english_allows():
    assert shape(syllabify(speech("carry", "me", "home"), "car-ry me home", "x")) == [
        (0, "k", "ae", []),
        (0, "r", "iy", []),
        (1, "m", "iy", []),
        (2, "hh", "ow", ["m"]),
    ]


def test_a_reduced_word_still_ends_where_it_ends():
    """In a line "and" loses its d and changes its vowel."""
    said = speech(spoken="m iy ax n s t r ih ng z")
    assert shape(syllabify(said, "me and strings", "x")) == [
        (0, "m", "iy", []),
        (1, "", "ax", ["n"]),
        (2, "str", "ih", ["ng", "z"]),
    ]


def test_a_wrong_hyphen_is_refused_naming_the_word():
    with pytest.raises(BadScore, match="'ho-me' is written with 2 syllables but spoken with 1"):
        syllabify(speech("home"), "ho-me", "x")


@pytest.mark.parametrize(
    ("between", "taken"),
    [(("s", "t", "r"), 3), (("n", "d"), 1), (("ng",), 0), ((), 0), (("k", "s", "t", "r"), 3)],
)
def test_consonants_between_vowels_are_shared(between, taken):
    assert onset_length(between) == taken


consonants = st.lists(st.sampled_from(sorted(LONGEST)), max_size=3)


@st.composite
def sung_lines(draw):
    """Syllables of any phones and lengths on notes of any rhythm."""
    parts, slots, source, at = [], [], 0.1, 1.0
    for word in range(draw(st.integers(1, 8))):
        groups = []
        for names in (draw(consonants), [draw(st.sampled_from(sorted(VOWELS)))], draw(consonants)):
            phones = []
            for name in names:
                length = draw(st.floats(0.03, 0.25))
                phones.append(Phone(name, source, source + length))
                source += length
            groups.append(tuple(phones))
        parts.append(Syllable(word, groups[0], groups[1][0], groups[2]))
        length = draw(st.floats(0.2, 2.0))
        slots.append(Slot(at, at + length))
        at += length + draw(st.sampled_from([0.0, 0.0, 0.05, 0.5]))
    return tuple(parts), tuple(slots)


@settings(deadline=None)
@given(sung_lines())
def test_every_vowel_starts_with_its_note(line):
    parts, slots = line
    vowels = [phone for phone in place(parts, slots) if phone.name in VOWELS]
    assert [v.start for v in vowels] == pytest.approx([slot.start for slot in slots])


@settings(deadline=None)
@given(sung_lines())
def test_phones_follow_each_other_and_consonants_stay_short(line):
    sung = place(*line)
    for before, after in itertools.pairwise(sung):
        assert before.end <= after.start + 1e-6
    for phone in sung:
        assert phone.end >= phone.start
        if phone.name not in VOWELS:
            assert phone.end - phone.start <= LONGEST[phone.name] + 0.09 + 1e-6


@settings(deadline=None)
@given(sung_lines())
def test_the_speech_is_never_played_backwards(line):
    song, spoken = anchors(place(*line))
    assert np.all(np.diff(song) > 0)
    assert np.all(np.diff(spoken) >= -1e-9)


def test_pitch_reaches_each_note_and_glides_between():
    slots = (Slot(0.5, 1.0), Slot(1.0, 2.0))
    times = np.arange(0.4, 2.0, 0.005)
    steady = Manner(vibrato=0.0, drift=0.0)
    pitch = melody(times, slots, (60, 67), steady)
    assert pitch[(times > 0.75) & (times < 0.9)] == pytest.approx(60, abs=0.05)
    assert pitch[(times > 1.3) & (times < 1.9)] == pytest.approx(67, abs=0.05)
    assert np.max(np.abs(np.diff(pitch))) < 1.0


def test_vibrato_comes_late_and_only_on_held_notes():
    slots = (Slot(0.0, 0.3), Slot(0.3, 2.0))
    times = np.arange(0.0, 2.0, 0.005)
    pitch = melody(times, slots, (60, 60), Manner(drift=0.0))
    assert np.std(pitch[(times > 0.15) & (times < 0.3)]) < 0.05
    assert 0.15 < np.std(pitch[(times > 1.0) & (times < 1.9)]) < 0.35


@pytest.mark.full
@pytest.mark.skipif(not singer.available(), reason="flite and pyworld are needed to sing")
def test_a_composed_song_is_sung_with_the_truth_of_its_words(monkeypatch):
    monkeypatch.undo()
    song = compose("pop", 12.0, seed=2)
    vocals = singer.perform(song)
    words = [w for part in song.parts for line in part.lyrics for w in line.text.split()]
    assert [word["text"] for word in vocals.words] == words
    assert np.max(np.abs(vocals.lead)) > 0.01
