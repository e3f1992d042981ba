"""What was heard in the song, with a person's edits in force.

``Storyboard.edits`` holds up to five things: ``analysis``, a list of typed edits that name moments
and so survive a new analysis; ``beatGrid`` and ``sections``, whole lists that replace what was
heard; ``lyrics``, timed lines that replace the aligned ones; ``heardLyrics``, these, to go back to.
"""

from collections.abc import Mapping
from typing import Any

from musicapp_pipeline.analysis.corrections import corrected
from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import Storyboard
from musicapp_pipeline.storyboard.lyric_form import lines_from, with_words


def analysis_of(board: Storyboard, edits: Mapping[str, Any] | None = None) -> SongAnalysis:
    """The analysis behind a storyboard, edited; by other edits than its own if they are given.

    Raises:
        NotFound: the song has not been heard yet.
    """
    if not board.analysis:
        raise NotFound("storyboard", board.project_id)
    edits = board.edits if edits is None else edits
    return corrected(uncorrected(board, edits), edits)


def uncorrected(board: Storyboard, edits: Mapping[str, Any] | None = None) -> SongAnalysis:
    """What was heard, and what the words tell of the form, before any edit."""
    lines = lines_from((board.edits if edits is None else edits).get("lyrics", board.lyrics_data))
    return with_words(SongAnalysis.model_validate(board.analysis), lines)
