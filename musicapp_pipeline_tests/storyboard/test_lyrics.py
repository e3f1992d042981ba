"""Who sings when."""

import pytest

from musicapp_pipeline.storyboard.lyrics import LineTrack, vocal_style_of
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
    assert [x.text for x in LineTrack(OVERLAPPING, 30).between(0, 10)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("start", "end", "texts"),
    [
        (4.8, 7.0, ["b"]),
        (4.6, 7.0, ["a", "b"]),
        (7.8, 20.2, []),
        (7.5, 7.9, ["b", "c"]),
        (21.5, 30, ["d"]),
    ],
)
def test_a_line_belongs_to_a_scene_in_which_a_word_of_it_is_heard(start, end, texts):
    assert [x.text for x in LineTrack(OVERLAPPING, 30).between(start, end)] == texts


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
