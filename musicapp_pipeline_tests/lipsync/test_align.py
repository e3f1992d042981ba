"""Alignment: every word gets its place, in order, as written; sung words get the right one."""

import json
from itertools import pairwise

import numpy as np
import pytest

from musicapp_pipeline import demo
from musicapp_pipeline.lipsync.align import align, align_lines, align_voice, lines_of
from musicapp_pipeline.lipsync.errors import BadSegment
from musicapp_pipeline.lipsync.lyrics import parse_lyrics
from musicapp_pipeline.lipsync.visemes import checked
from musicapp_pipeline.lipsync.vocals import SAMPLE_RATE, Vocals
from musicapp_pipeline.media.audio import read_stereo, write_wav

SONG = demo.song_path()
LYRICS = SONG.with_name("lyrics.txt").read_text("utf-8")
TRUTH = json.loads(SONG.with_name("truth.json").read_text("utf-8"))
FIRST_LINE = "Morning moves across the bay,"
FROM, UNTIL = 8.2, 12.2
"""Where the song's first line is sung, with a little room."""


@pytest.fixture(scope="module")
def sung():
    """The demo song, aligned once."""
    return align(SONG, LYRICS)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Four seconds of the demo song: its first line."""
    samples = read_stereo(SONG, SAMPLE_RATE)
    path = tmp_path_factory.mktemp("clip") / "line.wav"
    write_wav(path, samples[:, int(FROM * SAMPLE_RATE) : int(UNTIL * SAMPLE_RATE)], SAMPLE_RATE)
    return path


def assert_sound(found, written, seconds):
    """What holds for every alignment: all words, in order, as written, inside the audio."""
    assert [w.text for w in found.words] == written
    for entry in (*found.words, *found.phonemes):
        assert 0 <= entry.start <= entry.end <= seconds + 0.02
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(found.words))
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(found.phonemes))
    assert all(0 <= w.confidence <= 1 for w in found.words)
    assert list(checked(found.phonemes)) == list(found.phonemes)


def test_the_demo_song_s_words_are_all_there_in_order(sung):
    written = [word for line in parse_lyrics(LYRICS) for word in line.words]
    assert written == [w["text"] for w in TRUTH["words"]]
    assert_sound(sung, written, TRUTH["duration"])
    assert sung.notes == ()


def test_the_demo_song_s_words_begin_where_they_are_sung(sung):
    errors = np.array(
        [abs(w.start - t["start"]) for w, t in zip(sung.words, TRUTH["words"], strict=True)]
    )
    # Measured: 11 ms in the middle, 52 ms at nine of ten, 68 of 74 within a tenth.
    assert np.median(errors) < 0.025
    assert np.percentile(errors, 90) < 0.12
    assert (errors < 0.1).mean() > 0.85


def test_words_end_where_they_are_let_go(sung):
    errors = np.array(
        [abs(w.end - t["end"]) for w, t in zip(sung.words, TRUTH["words"], strict=True)]
    )
    assert np.median(errors) < 0.05


def test_misplaced_words_say_that_they_are_unsure(sung):
    pairs = list(zip(sung.words, TRUTH["words"], strict=True))
    right = [w.confidence for w, t in pairs if abs(w.start - t["start"]) < 0.05]
    wrong = [w.confidence for w, t in pairs if abs(w.start - t["start"]) > 0.3]
    assert np.median(right) > 0.85
    assert not wrong or max(wrong) < np.median(right) - 0.2


def test_phones_lie_inside_their_words(sung):
    at = 0
    for word in sung.words:
        inside = []
        while at < len(sung.phonemes) and sung.phonemes[at].end <= word.end:
            inside.append(sung.phonemes[at])
            at += 1
        assert inside
        assert (inside[0].start, inside[-1].end) == (word.start, word.end)
    assert at == len(sung.phonemes)


def test_lines_are_their_words_intervals(sung):
    lines = lines_of(sung, parse_lyrics(LYRICS))
    assert [line.text for line in lines] == [line.text for line in parse_lyrics(LYRICS)]
    assert (lines[0].start, lines[0].end) == (sung.words[0].start, sung.words[4].end)


def test_an_interval_is_aligned_in_the_song_s_own_time(clip):
    whole, part = align(SONG, FIRST_LINE, start=FROM, end=UNTIL), align(clip, FIRST_LINE)
    assert_sound(part, FIRST_LINE.split(), UNTIL - FROM)
    for mine, theirs, truth in zip(whole.words, part.words, TRUTH["words"], strict=False):
        assert mine.start == pytest.approx(theirs.start + FROM, abs=0.03)
        assert mine.start == pytest.approx(truth["start"], abs=0.15)


def test_equal_input_gives_equal_words(clip):
    assert align(clip, FIRST_LINE) == align(clip, FIRST_LINE)


@pytest.mark.parametrize("lyrics", ["", "\n \n", "[Chorus]\nVerse 2:\n", "🎵 … !"])
def test_lyrics_without_words_give_no_entries(clip, lyrics):
    found = align(clip, lyrics)
    assert (found.words, found.phonemes, found.method) == ((), (), "none")
    assert found.notes


@pytest.mark.parametrize("word", ["Morning", "夜", "007", "Zzzxq!"])
def test_one_word_alone_is_placed(clip, word):
    found = align(clip, word)
    assert_sound(found, [word], 4.0)
    assert found.phonemes


@pytest.mark.parametrize(
    "lyrics",
    [
        "夜に 駆ける\nさくら が 咲く",
        "любовь моя\nночь темна",
        "αγάπη μου",
        "مَرْحَبًا يا حبيبي",
        "사랑해 너를",
        "สวัสดี ชาวโลก",
        "LOVE夜 déjà-vu Straße",
    ],
)
def test_other_scripts_give_an_entry_a_word_as_written(clip, lyrics):
    found = align(clip, lyrics)
    assert_sound(found, lyrics.split(), 4.0)
    assert found.phonemes
    foreign = [w for w in found.words if not w.text.isascii()]
    assert all(w.confidence <= 0.95 for w in foreign)
    assert any("nearest English sounds" in note for note in found.notes)


def test_a_word_without_sounds_shares_the_room_between_its_neighbours(clip):
    found = align(clip, "Morning ② moves")
    assert_sound(found, ["Morning", "②", "moves"], 4.0)
    before, unheard, after = found.words
    assert unheard.confidence == 0
    assert (unheard.start, unheard.end) == (before.end, after.start)
    assert any("②" in note for note in found.notes)


@pytest.mark.parametrize("times", [40, 1000])
def test_far_more_words_than_fit_are_spread_and_not_trusted(clip, times):
    found = align(clip, "\n".join([FIRST_LINE] * times))
    assert_sound(found, FIRST_LINE.split() * times, 4.0)
    assert {w.confidence for w in found.words} == {0.0}
    assert any("do not fit" in note for note in found.notes)


def test_words_crammed_into_too_little_sound_are_not_trusted(clip):
    found = align(clip, "\n".join([FIRST_LINE] * 6))
    assert_sound(found, FIRST_LINE.split() * 6, 4.0)
    assert np.mean([w.confidence for w in found.words]) < 0.5


@pytest.mark.parametrize("seconds", [0.005, 0.1, 3.0])
def test_silence_spreads_the_words_evenly_and_trusts_none(tmp_path, seconds):
    path = tmp_path / "silence.wav"
    write_wav(path, np.zeros((2, int(seconds * SAMPLE_RATE)), np.float32), SAMPLE_RATE)
    found = align(path, "one two\nthree")
    assert_sound(found, ["one", "two", "three"], seconds)
    assert {w.confidence for w in found.words} == {0.0}
    assert found.words[-1].end == pytest.approx(seconds, abs=0.002)
    assert not found.phonemes
    assert any("silent" in note for note in found.notes)


def test_noise_is_aligned_without_failing():
    noise = np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE).astype(np.float32) * 0.1
    voice = Vocals(noise, SAMPLE_RATE, "raw", -20.0)
    found = align_voice(voice, parse_lyrics("nobody says this"))
    assert_sound(found, ["nobody", "says", "this"], 3.0)


def test_an_interval_outside_the_audio_is_refused(clip):
    with pytest.raises(BadSegment):
        align(clip, FIRST_LINE, start=9.0)


def test_stamped_lines_are_believed_without_listening(tmp_path):
    lines = align_lines(
        tmp_path / "never read.wav", "[00:01.00]One\n[00:05.50]Two three", duration=7
    )
    assert [(line.text, line.start) for line in lines] == [("One", 1.0), ("Two three", 5.5)]
    assert [line.end for line in lines] == pytest.approx([2.8, 7.0])


def test_stamped_lines_never_overlap(tmp_path):
    lyrics = "[00:01.00]One two three four five\n[00:01.50]Six"
    lines = align_lines(tmp_path / "never read.wav", lyrics, duration=2)
    assert lines[0].end <= lines[1].start
    assert lines[1].end <= 2


def test_unstamped_lines_are_heard(clip):
    [line] = align_lines(clip, FIRST_LINE)
    truth = TRUTH["words"]
    assert line.start == pytest.approx(truth[0]["start"] - FROM, abs=0.15)
    assert line.end == pytest.approx(truth[4]["end"] - FROM, abs=0.25)
    assert align_lines(clip, "[Chorus]") == []
