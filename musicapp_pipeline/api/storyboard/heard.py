"""What was heard in the song, with a person's edits on it."""

from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import Storyboard


def analysis_of(board: Storyboard) -> SongAnalysis:
    """The analysis behind the storyboard.

    Raises:
        NotFound: the song has not been heard yet.
    """
    if not board.analysis:
        raise NotFound("storyboard", board.project_id)
    analysis = SongAnalysis.model_validate(board.analysis)
    if not board.edits:
        return analysis
    from musicapp_pipeline.analysis.edits import Edits, merge_edits

    return merge_edits(analysis, Edits.model_validate(board.edits))
