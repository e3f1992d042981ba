"""The form of a song by its words: what returns is the chorus, and nobody sings an instrumental."""

from itertools import pairwise

import pytest
from hypothesis import given, settings

from musicapp_pipeline.storyboard.lyric_form import NOTE, lines_from, with_words
from musicapp_pipeline.storyboard.model import TimedLine
from musicapp_pipeline.storyboard.refrains import Refrain, find_refrains
from musicapp_pipeline_tests.storyboard.songs import song
from musicapp_pipeline_tests.storyboard.strategies import analyses, lyric_lines

VERSE_1 = ["Rain is falling on the station", "I can hear the evening train"]
VERSE_2 = ["Paper boats and broken promises", "find their way beyond the bay"]
CHORUS = [
    "Hold me closer to the fire",
    "let the morning come alone",
    "lift me higher, lift me higher",
]
FORM = (
    ("intro", 8, 0.2),
    ("verse", 8, 0.6),
    ("chorus", 8, 0.65),
    ("instrumental", 8, 0.6),
    ("verse", 8, 0.6),
    ("chorus", 8, 0.65),
    ("outro", 8, 0.2),
)
BAR = 2.0
"""Seconds, at 120 BPM."""


def sung(*stanzas, confidence=0.9, bars=8):
    """Each stanza as the bar it begins in and its lines, which share its bars after a pickup."""
    return [
        TimedLine(
            text=text,
            start_time=(bar + n * bars / len(lines)) * BAR - 0.3,
            end_time=(bar + (n + 0.8) * bars / len(lines)) * BAR,
            confidence=confidence,
        )
        for bar, lines in stanzas
        for n, text in enumerate(lines)
    ]


LINES = sung((8, VERSE_1), (16, CHORUS), (32, VERSE_2), (40, CHORUS))


def heard_as(*starts):
    """The song with only these boundaries and types heard, as ``(bar, type)``."""
    analysis, _ = song(120.0, FORM)
    section = analysis.sections[0]
    edges = [bar * BAR for bar, _ in starts] + [analysis.duration]
    return analysis.model_copy(
        update={
            "sections": tuple(
                section.model_copy(
                    update={"name": kind, "type": kind, "start_time": a, "end_time": b}
                )
                for (_, kind), (a, b) in zip(starts, pairwise(edges), strict=True)
            )
        }
    )


def form(analysis):
    return [(round(s.start_time / BAR), s.name) for s in analysis.sections]


TRUE_FORM = [
    (0, "intro"),
    (8, "verse 1"),
    (16, "chorus 1"),
    (24, "instrumental"),
    (32, "verse 2"),
    (40, "chorus 2"),
    (48, "outro"),
]


@pytest.mark.parametrize(
    "starts",
    [
        [(0, "intro"), (8, "chorus"), (48, "outro")],
        [(0, "intro"), (8, "chorus"), (16, "verse"), (24, "bridge"), (40, "bridge"), (48, "outro")],
        [(0, "intro"), (7, "verse"), (17, "verse"), (24, "chorus"), (33, "chorus"), (48, "outro")],
        [(0, "verse")],
    ],
)
def test_the_words_tell_chorus_verse_and_instrumental(starts):
    found = with_words(heard_as(*starts), LINES)
    names = [name for _, name in form(found)]
    assert names == [name for _, name in TRUE_FORM]
    for (bar, _), (true, _) in zip(form(found), TRUE_FORM, strict=True):
        assert abs(bar - true) <= 1  # a boundary that was heard a bar beside stays
    assert NOTE in found.notes


def test_what_was_heard_right_is_left_as_it_is():
    analysis = heard_as(*[(bar, name.split()[0]) for bar, name in TRUE_FORM])
    assert with_words(analysis, LINES) is analysis


@pytest.mark.parametrize(
    "lines",
    [
        [],
        LINES[:3],
        sung((8, VERSE_1), (16, CHORUS), (40, CHORUS), confidence=0.1),
    ],
    ids=["none", "too few", "not placed"],
)
def test_words_that_say_nothing_change_nothing(lines):
    analysis = heard_as((0, "intro"), (8, "chorus"), (48, "outro"))
    assert with_words(analysis, lines) is analysis


def test_a_part_that_leads_to_a_louder_one_within_a_return_is_a_prechorus():
    louder = (("verse", 8, 0.5), ("prechorus", 4, 0.6), ("chorus", 8, 0.95)) * 2
    analysis, _ = song(120.0, louder)
    sections = [s.model_copy(update={"type": "chorus"}) for s in analysis.sections]
    sections[0] = sections[0].model_copy(update={"type": "verse"})
    analysis = analysis.model_copy(update={"sections": tuple(sections)})
    rise = ["and here it comes", "and here we go"]
    verses = sung((0, VERSE_1), (20, VERSE_2))
    lines = verses + sung((8, rise + CHORUS), (28, rise + CHORUS), bars=12)
    found = with_words(analysis, lines)
    assert [s.type for s in found.sections] == ["verse", "prechorus", "chorus"] * 2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(analyses(), lyric_lines())
def test_sections_always_tile_the_song(analysis, lines):
    found = with_words(analysis, lines)
    if analysis.sections:
        assert found.sections[0].start_time == analysis.sections[0].start_time
        assert found.sections[-1].end_time == analysis.sections[-1].end_time
    assert all(a.end_time == b.start_time for a, b in pairwise(found.sections))
    assert {s.start_time for s in analysis.sections} <= {s.start_time for s in found.sections}


@pytest.mark.parametrize(
    "lines",
    [
        sung((8, ["same hook"] * 8), (32, ["same hook"] * 8)),
        sung((16, CHORUS[:2]), (20, VERSE_1)),
        [line.model_copy(update={"start_time": 1.0, "end_time": 1.4}) for line in LINES],
    ],
    ids=["one hook", "the first chorus alone", "all in one place"],
)
def test_lyrics_that_are_not_the_whole_songs_shatter_nothing(lines):
    analysis = heard_as(*[(bar, name.split()[0]) for bar, name in TRUE_FORM])
    found = [kind.split()[0] for _, kind in form(with_words(analysis, lines))]
    assert found.count("instrumental") <= 1
    assert len(found) <= len(TRUE_FORM) + 1


def test_rows_of_a_storyboard_are_lines():
    rows = [
        {"text": "a", "startTime": 1.0, "endTime": 2.0},
        {"text": "b", "startTime": 2.0, "endTime": 3.0, "confidence": 0.25},
    ]
    assert [line.confidence for line in lines_from(rows)] == [1.0, 0.25]


@pytest.mark.parametrize(
    ("lines", "returns"),
    [
        ("a b C D e f C D", [(2, 4), (6, 8)]),
        ("a b C D C D e f C D", [(2, 6), (8, 10)]),
        ("P C D e P C D f C D", [(1, 3), (5, 7), (8, 10)]),
        ("C D E F a C D E F b C D", [(0, 4), (5, 9), (10, 12)]),
        ("a b c d", []),
        ("a a a a", []),
        ("a b H H H H c d e H H H H f", [(2, 6), (9, 13)]),
        ("a X b X c X", []),
        ("", []),
    ],
)
def test_the_lines_that_come_back_together_are_the_chorus(lines, returns):
    texts = [
        f"{letter * 9} one line" if letter.islower() else letter * 30 for letter in lines.split()
    ]
    assert find_refrains(texts) == tuple(Refrain(*r) for r in returns)


def test_a_word_changed_case_or_signs_do_not_hide_a_return():
    lines = [*CHORUS, *VERSE_1, *(line.upper() + "!" for line in CHORUS)]
    lines[6] = "Let the evening come alone"
    assert find_refrains(lines) == (Refrain(0, 3), Refrain(5, 8))
