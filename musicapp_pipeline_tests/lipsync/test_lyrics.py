"""Lyrics as people paste them become lines of words, as written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.lipsync.lyrics import parse_lyrics


def words(lyrics):
    return [list(line.words) for line in parse_lyrics(lyrics)]


@pytest.mark.parametrize(
    ("lyrics", "expected"),
    [
        ("Hello world", [["Hello", "world"]]),
        ("one\ntwo three", [["one"], ["two", "three"]]),
        ("one\r\ntwo\rthree", [["one"], ["two"], ["three"]]),
        ("\ufeffone\n\n \t \ntwo", [["one"], ["two"]]),
        ("Don't stop, (never) stop!", [["Don't", "stop,", "(never)", "stop!"]]),
        ("I love you — always", [["I", "love", "you", "always"]]),
        ("rock & roll", [["rock", "&", "roll"]]),
        ("... !? ♪ 🎵", []),
        ("♪ la la ♪", [["la", "la"]]),
        ("love 🎵 love🎵", [["love", "love🎵"]]),
        ("夜に 駆ける", [["夜に", "駆ける"]]),
        ("夜に\u3000駆ける", [["夜に", "駆ける"]]),
        ("", []),
    ],
)
def test_a_word_is_what_stands_between_spaces_and_can_be_sung(lyrics, expected):
    assert words(lyrics) == expected


@pytest.mark.parametrize(
    "heading",
    [
        "[Chorus]", "[Verse 1: Somebody]", "{Bridge}", "Verse 2:", "CHORUS", "(Chorus)",
        "Pre-Chorus", "Post chorus", "Outro x2", "Chorus (2x)",
        "Verse II", "- Bridge -", "Hook", "Instrumental",
    ],
)  # fmt: skip
def test_headings_are_not_sung(heading):
    assert words(f"{heading}\nI sing") == [["I", "sing"]]


@pytest.mark.parametrize(
    "line",
    [
        "Cross the bridge with me",
        "Verse after verse",
        "Hook me up",
        "My solo flight",
        "Chorus line",
    ],
)
def test_a_line_that_only_speaks_of_a_chorus_is_sung(line):
    assert words(line) == [line.split()]


@pytest.mark.parametrize(
    "line", ["Sing it again x2", "Sing it again (x3)", "Sing it again 2x", "Sing it again ×4"]
)
def test_repeat_marks_are_not_sung(line):
    assert words(line) == [["Sing", "it", "again"]]


def test_lrc_stamps_are_times_and_tags_are_nothing():
    lines = parse_lyrics("[ar:Us]\n[ti:Song]\n[00:12.50]First <00:13.00>line\n[01:02.345]Second\n")
    assert [(line.text, line.time) for line in lines] == [("First line", 12.5), ("Second", 62.345)]


def test_a_line_with_several_stamps_is_sung_at_each_in_order():
    lines = parse_lyrics("[00:20.00][00:05.00]Again\n[00:10.00]Between")
    assert [(line.text, line.time) for line in lines] == [
        ("Again", 5.0),
        ("Between", 10.0),
        ("Again", 20.0),
    ]


@pytest.mark.parametrize(
    ("offset", "time"), [("500", 9.5), ("-500", 10.5), ("99999", 0.0), ("soon", 10.0)]
)
def test_a_positive_lrc_offset_shows_lines_earlier_but_never_before_the_song(offset, time):
    [line] = parse_lyrics(f"[offset:{offset}]\n[00:10.00]Now")
    assert line.time == time


def test_lines_keep_their_order_when_only_some_are_stamped():
    lines = parse_lyrics("[00:20.00]Late\nUnstamped\n[00:05.00]Early")
    assert [line.text for line in lines] == ["Late", "Unstamped", "Early"]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_words_that_are_in_it_in_order(text):
    at = 0
    for line in parse_lyrics(text):
        assert line.words
        assert line.time is not None or all(word in line.text for word in line.words)
        for word in line.words:
            assert not any(map(str.isspace, word))
            if line.time is None:
                # Stamps and headings may lie between, never a reordering.
                found = text.find(word, at)
                assert found >= 0 or "[" in text or "{" in text or "<" in text
                at = max(at, found)
