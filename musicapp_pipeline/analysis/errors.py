"""The one base class of every error that analysis raises."""

from musicapp_pipeline.errors import MusicAppError


class AnalysisError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.analysis``."""

    code = "analysis_error"


class BadEdit(AnalysisError):
    """An edit of beats or sections that does not fit the song."""

    code = "bad_edit"
