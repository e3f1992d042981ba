"""The one base class of every error that storyboard raises."""

from musicapp_pipeline.errors import MusicAppError


class StoryboardError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.storyboard``."""

    code = "storyboard_error"
