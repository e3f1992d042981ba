"""The one base class of every error that api raises."""

from musicapp_pipeline.errors import MusicAppError


class ApiError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.api``."""

    code = "api_error"
