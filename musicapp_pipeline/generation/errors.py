"""The one base class of every error that generation raises."""

from musicapp_pipeline.errors import MusicAppError


class GenerationError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.generation``."""

    code = "generation_error"
