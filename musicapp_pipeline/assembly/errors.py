"""The one base class of every error that assembly raises."""

from musicapp_pipeline.errors import MusicAppError


class AssemblyError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.assembly``."""

    code = "assembly_error"
