"""What the storyboard is planned from: the song as heard, its words, and a person's corrections."""

import pytest

from musicapp_pipeline.api.storyboard.heard import analysis_of
from musicapp_pipeline.defs.storyboard.body import heard
from musicapp_pipeline.store.models import Storyboard
from musicapp_pipeline.storyboard.lyric_form import lines_from
from musicapp_pipeline_tests.api.world import analysis

WORDS = ["one two three", "four five six", "seven and eight"]
ROWS = [
    {"text": text, "startTime": 2.0 + 4.5 * n, "endTime": 4.0 + 4.5 * n, "confidence": 0.8}
    for n, text in enumerate([*WORDS, "something else here", "and another one", *WORDS])
]


def board(**edits):
    return Storyboard(
        id="b", project_id="p", analysis=analysis().to_dict(), edits=edits, lyrics_data=ROWS
    )


@pytest.mark.parametrize(
    "edits",
    [
        {},
        {"sections": [{"name": "Hook", "startTime": 0, "endTime": 40, "type": "chorus"}]},
        {"beatGrid": {"bpm": 90.0, "beats": [{"time": float(t), "strength": 1} for t in range(9)]}},
        {"analysis": [{"kind": "shift_beats", "milliseconds": 20}]},
        {"lyrics": [{"text": "la", "startTime": 1, "endTime": 2}]},
    ],
    ids=["none", "sections", "beats", "typed", "lyrics"],
)
def test_the_plan_follows_from_what_the_api_shows(edits):
    made = board(**edits)
    assert heard(made, lines_from(edits.get("lyrics", ROWS))) == analysis_of(made)


def test_a_persons_sections_outlast_another_storyboard():
    hook = {"name": "Hook", "startTime": 0, "endTime": 40, "type": "chorus"}
    assert [s.name for s in heard(board(sections=[hook]), lines_from(ROWS)).sections] == ["Hook"]


def test_the_words_name_the_chorus():
    types = [s.type for s in analysis_of(board()).sections]
    assert types == ["chorus", "verse", "chorus"]
