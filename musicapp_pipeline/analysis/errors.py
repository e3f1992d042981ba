"""The one base class of every error that analysis raises."""

from musicapp_pipeline.errors import MusicAppError


class AnalysisError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.analysis``."""

    code = "analysis_error"
