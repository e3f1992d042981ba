"""The errors of ``musicapp_pipeline.lipsync``: one base, typed subclasses."""

from musicapp_pipeline.errors import MusicAppError


class LipSyncError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.lipsync``."""

    code = "lipsync_error"


class BadSegment(LipSyncError):
    """The asked-for interval does not lie in the audio."""

    code = "bad_segment"


class BadPhonemes(LipSyncError):
    """The phoneme list is not what ``musicapp align`` prints."""

    code = "bad_phonemes"


class NoUsableMouth(LipSyncError):
    """No face in the clip is large, frontal and uncovered enough to move its mouth."""

    code = "no_usable_mouth"


class FaceTrackerUnavailable(LipSyncError):
    """The landmark model cannot be loaded on this machine."""

    code = "face_tracker_unavailable"
