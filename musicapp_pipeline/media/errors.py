"""The one base class of every error that media raises."""

from musicapp_pipeline.errors import MusicAppError


class MediaError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.media``."""

    code = "media_error"
