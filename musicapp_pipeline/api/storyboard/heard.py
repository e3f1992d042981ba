"""What was heard in the song, with a person's edits in force.

``Storyboard.edits`` holds up to five things: ``analysis``, a list of typed edits that name moments
and so survive a new analysis; ``beatGrid`` and ``sections``, whole lists that replace what was
heard; ``lyrics``, timed lines that replace the aligned ones; ``heardLyrics``, these, to go back to.
"""

from musicapp_pipeline.analysis.corrections import corrected
from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import Storyboard
from musicapp_pipeline.storyboard.lyric_form import lines_from, with_words


def analysis_of(board: Storyboard) -> SongAnalysis:
    """The analysis behind a storyboard, edited.

    Raises:
        NotFound: the song has not been heard yet.
    """
    if not board.analysis:
        raise NotFound("storyboard", board.project_id)
    return corrected(uncorrected(board), board.edits)


def uncorrected(board: Storyboard) -> SongAnalysis:
    """What was heard, and what the words tell of the form, before any edit."""
    lines = lines_from(board.edits.get("lyrics", board.lyrics_data))
    return with_words(SongAnalysis.model_validate(board.analysis), lines)
