"""The errors of assembly: one base, and one class for each thing a person can act on."""

from musicapp_pipeline.errors import MusicAppError


class AssemblyError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.assembly``."""

    code = "assembly_error"


class BadClip(AssemblyError):
    """A clip that is truncated, damaged or has no moving pictures."""

    code = "bad_clip"


class ClipTooShort(AssemblyError):
    """The clip ends before its scene does."""

    code = "clip_too_short"


class BadSpec(AssemblyError):
    """A size that H.264 cannot hold."""

    code = "bad_mezzanine_spec"


class CannotStitch(AssemblyError):
    """Segments that cannot be joined without re-encoding."""

    code = "cannot_stitch"
