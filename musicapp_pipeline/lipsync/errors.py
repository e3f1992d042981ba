"""The one base class of every error that lipsync raises."""

from musicapp_pipeline.errors import MusicAppError


class LipSyncError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.lipsync``."""

    code = "lipsync_error"
