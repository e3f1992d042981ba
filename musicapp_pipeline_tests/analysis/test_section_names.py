"""A section that a person named is of the kind that its name says."""

import pytest

from musicapp_pipeline.analysis.corrections import corrected
from musicapp_pipeline.analysis.model import SECTION_TYPES
from musicapp_pipeline.analysis.section_names import kind_said, type_of
from musicapp_pipeline_tests.analysis.test_edits import song


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Refrain", "chorus"),
        ("Hook", "chorus"),
        ("Drop A", "chorus"),
        ("post-chorus", "chorus"),
        ("Final Chorus (double)", "chorus"),
        ("Pre-Chorus 2", "prechorus"),
        ("pre chorus", "prechorus"),
        ("PreChorus", "prechorus"),
        ("Build-up", "prechorus"),
        ("Guitar solo", "instrumental"),
        ("Instrumental break", "instrumental"),
        ("Break", "breakdown"),
        ("Middle 8", "bridge"),
        ("middle eight", "bridge"),
        ("Coda", "outro"),
        ("Verse1", "verse"),
        ("chorus_2", "chorus"),
        *((kind.upper(), kind) for kind in SECTION_TYPES),
    ],
)
def test_a_name_says_its_kind(name: str, kind: str) -> None:
    assert kind_said(name) == kind


@pytest.mark.parametrize("name", ["Heartbreak", "Teil A", "Introvert", "♫", "7"])
def test_a_name_that_says_nothing_is_a_verse(name: str) -> None:
    assert kind_said(name) is None
    assert type_of(name) == "verse"


def test_a_list_of_names_is_read_so() -> None:
    rows = [
        {"name": "Opening", "startTime": 0, "endTime": 10},
        {"name": "Refrain", "startTime": 10, "endTime": 20},
        {"name": "Drop", "type": "breakdown", "startTime": 20, "endTime": 30},
    ]
    sections = corrected(song(), {"sections": rows}).sections
    assert [s.type for s in sections] == ["intro", "chorus", "breakdown"]
