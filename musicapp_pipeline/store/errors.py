"""The one base class of every error that store raises."""

from musicapp_pipeline.errors import MusicAppError


class StoreError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.store``."""

    code = "store_error"
