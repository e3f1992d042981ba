"""Who sings when."""

from itertools import pairwise

import pytest

from musicapp_pipeline.storyboard.lyrics import LineTrack, joined, parted, vocal_style_of
from musicapp_pipeline.storyboard.model import TimedLine


def line(text, start, end):
    return TimedLine(text=text, start_time=start, end_time=end)


OVERLAPPING = (line("b", 4, 8), line("a", 2, 5), line("c", 7.5, 7.5), line("d", 20, 22))


def test_overlapping_voices_are_not_counted_twice():
    track = LineTrack(OVERLAPPING, 30)
    assert track.coverage(0, 10) == pytest.approx(0.6)
    assert track.coverage(8, 20) == 0
    assert track.coverage(5, 5) == 0


def test_lines_come_in_the_order_they_begin():
    assert LineTrack(OVERLAPPING, 30).texts_of([(0, 10), (10, 30)]) == ["a\nb\nc", "d"]


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (4.8, 7.0, "b"),
        (4.6, 7.0, "a\nb"),
        (7.8, 20.2, ""),
        (7.5, 7.9, "b\nc"),
        (21.5, 30, "d"),
    ],
)
def test_a_line_belongs_to_a_scene_in_which_a_word_of_it_is_heard(start, end, text):
    assert LineTrack(OVERLAPPING, 30).texts_of([(start, end)]) == [text]


def test_a_line_that_begins_after_the_song_is_none():
    track = LineTrack((line("late", 31, 33), line("  ", 1, 2), line("back", 5, 4)), 30)
    assert [x.text for x in track.lines] == ["back"]
    assert track.lines[0].end_time == 5


def test_cuts_know_whether_they_fall_into_singing():
    track = LineTrack(OVERLAPPING, 30)
    assert track.inside(4.5)
    assert not track.inside(2.1)
    assert track.starts_near(19.8)
    assert not track.starts_near(20.5)


@pytest.mark.parametrize(
    ("words", "seconds", "style"),
    [(4, 4, "sings"), (16, 4, "raps"), (11, 4, "sings"), (12, 4, "raps")],
)
def test_many_words_a_second_are_rapped(words, seconds, style):
    assert vocal_style_of([line("yo " * words, 0, seconds)] * 3) == style


def test_without_times_nobody_raps():
    assert vocal_style_of([]) == vocal_style_of([line("yo " * 90, 3, 3)]) == "sings"


DIVIDED = (line("Best believe me when I say", 10, 14), line("so", 14, 14.4))


@pytest.mark.parametrize(
    ("cuts", "texts"),
    [
        ((0, 10, 30), ["", "Best believe me when I say\nso"]),
        ((0, 10.5, 30), ["", "Best believe me when I say\nso"]),
        ((0, 12, 30), ["Best believe…", "…me when I say\nso"]),
        ((0, 13.4, 30), ["Best believe me when I say", "so"]),
        ((0, 14, 30), ["Best believe me when I say", "so"]),
        ((0, 12, 13, 30), ["Best believe…", "…me when…", "…I say\nso"]),
        ((0, 11, 12, 30), ["Best believe…", "", "…me when I say\nso"]),
    ],
)
def test_a_line_that_a_cut_divides_is_quoted_once(cuts, texts):
    assert LineTrack(DIVIDED, 30).texts_of(list(pairwise(cuts))) == texts


@pytest.mark.parametrize(
    ("cut", "texts"),
    [
        (10.5, ["", "If the night should take my voice away"]),
        (12.6, ["If the night should take my voice away", ""]),
        (10.8, ["If the night…", "…should take my voice away"]),
    ],
)
def test_words_that_hardly_reach_over_a_cut_go_with_their_line(cut, texts):
    track = LineTrack((line("If the night should take my voice away", 10, 13),), 30)
    assert track.texts_of([(0, cut), (cut, 30)]) == texts


def test_words_far_apart_are_not_lost():
    track = LineTrack((line("one two three", 0, 9),), 30)
    assert track.texts_of([(0, 3), (3, 6), (6, 9)]) == ["one two three", "", ""]


def test_what_is_sung_where_nothing_is_planned_is_nobodys():
    track = LineTrack((line("one two three four", 0, 4),), 30)
    assert track.texts_of([(2, 9)]) == ["three four"]


def test_scripts_without_spaces_are_not_divided():
    track = LineTrack((line("愛が燃える", 2, 6),), 30)
    assert track.texts_of([(0, 4), (4, 8), (8, 9)]) == ["愛が燃える", "愛が燃える", ""]


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("one two…", "…three four", "one two three four"),
        ("one", "two", "one\ntwo"),
        ("", "two", "two"),
        ("one…", "", "one…"),
    ],
)
def test_scenes_that_become_one_have_whole_lines_again(first, second, whole):
    assert joined(first, second) == whole


@pytest.mark.parametrize(
    ("text", "cut", "halves"),
    [
        ("MY WORDS for all of it", 5.0, ("MY WORDS…", "…for all of it")),
        ("first line here\nsecond line too", 5.0, ("first line here", "second line too")),
        ("first line here\nsecond line too", 2.0, ("", "first line here\nsecond line too")),
        ("mine", 5.0, ("mine", "mine")),
        ("", 5.0, ("", "")),
    ],
)
def test_words_without_times_are_parted_at_the_cut(text, cut, halves):
    assert parted(text, 0.0, cut, 10.0) == halves
