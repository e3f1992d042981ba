"""What was heard in the song, with a person's edits in force.

``Storyboard.edits`` holds up to five things: ``analysis``, a list of typed edits that name moments
and so survive a new analysis; ``beatGrid`` and ``sections``, whole lists that replace what was
heard; ``lyrics``, timed lines that replace the aligned ones; ``heardLyrics``, these, to go back to.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from musicapp_pipeline.analysis.corrections import corrected
from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import Storyboard
from musicapp_pipeline.storyboard.lyric_form import lines_from, with_words

_KEPT: Final = 8
"""Analyses kept at a time; those of long songs take some megabytes each."""


def analysis_of(board: Storyboard, edits: Mapping[str, Any] | None = None) -> SongAnalysis:
    """The analysis behind a storyboard, edited; by other edits than its own if they are given.

    Raises:
        NotFound: the song has not been heard yet.
    """
    if not board.analysis:
        raise NotFound("storyboard", board.project_id)
    edits = board.edits if edits is None else edits
    return edited(*sources(board, edits), json.dumps(edits))


def uncorrected(board: Storyboard, edits: Mapping[str, Any] | None = None) -> SongAnalysis:
    """What was heard, and what the words tell of the form, before any edit."""
    return _worded(*sources(board, board.edits if edits is None else edits))


def sources(board: Storyboard, edits: Mapping[str, Any]) -> tuple[str, str]:
    """The analysis and the lines, as JSON: what is worked out from the same text is the same."""
    return json.dumps(board.analysis), json.dumps(edits.get("lyrics", board.lyrics_data))


@lru_cache(_KEPT)
def _worded(heard: str, lines: str) -> SongAnalysis:
    analysis = SongAnalysis.model_validate_json(heard)
    return with_words(analysis, lines_from(json.loads(lines)))


@lru_cache(_KEPT)
def edited(heard: str, lines: str, edits: str) -> SongAnalysis:
    """The analysis of ``sources`` after edits, JSON too."""
    return corrected(_worded(heard, lines), json.loads(edits))
